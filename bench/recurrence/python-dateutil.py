"""One case of `bench recurrence`, by python-dateutil: how many occurrences it finds, and the microseconds that takes."""
import sys
import time
from datetime import datetime, timezone

from dateutil import tz
from dateutil.rrule import rrulestr

text, zone, millis = sys.argv[1], sys.argv[2], int(sys.argv[3])
ends = [datetime.fromtimestamp(int(text), timezone.utc) for text in sys.argv[4:6]]


def expand():
    rules = rrulestr(text, forceset=True, tzids=tz.gettz)
    return len(rules.between(ends[0], ends[1], inc=True)) if ends else sum(1 for _ in rules)


found, times, began = expand(), 0, time.perf_counter()
while (took := time.perf_counter() - began) < millis / 1000 or times == 0:
    expand()
    times += 1
print(found, took * 1e6 / times)
