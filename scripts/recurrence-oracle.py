"""Answers recurrence cases with python-dateutil: lines of tab-separated fields in, the same lines with the answer out.

    zone  start  rrule  rdates  exdates  from  to  seconds     ->     ...  wall=instant,wall=instant

dateutil gives wall-clock dates and nothing else; COUNT, UNTIL, the start, RDATE and EXDATE are applied here, instants come from
zoneinfo by the rule of RFC 5545, 3.3.5 (fold=0: a gap keeps the offset before it, a fold takes the first). Where dateutil
reads a rule differently, the rule is rewritten so that it says the same to dateutil; docs/recurrence.md explains each.
"""

import itertools
import sys
import zoneinfo
from datetime import datetime, timedelta, timezone

from dateutil.rrule import rrulestr

zoneinfo.reset_tzpath(to=[])  # the tzdata package, not whatever this machine has
WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
UTC = "%Y-%m-%dT%H:%M:%SZ"
DAY = timedelta(days=1)


def instant(wall, zone):
    return wall.replace(tzinfo=zone, fold=0).astimezone(timezone.utc)


def walls_of(parts, start):
    """The wall times of the rule without its end, told to dateutil so that it means the same."""
    parts = {name: value for name, value in parts.items() if name not in ("COUNT", "UNTIL")}
    weekly = parts["FREQ"] == "WEEKLY"
    # Weeks without a weekday: the start's (RFC 5545: what is open comes from DTSTART); dateutil takes the whole week.
    if "BYWEEKNO" in parts and not {"BYDAY", "BYMONTHDAY", "BYYEARDAY"} & parts.keys():
        parts["BYDAY"] = WEEKDAYS[start.weekday()]
    # Plain weekdays beside numbered ones: a union; dateutil intersects the two kinds.
    days = parts.get("BYDAY", "").split(",")
    plain = [day for day in days if len(day) == 2]
    if plain and len(plain) < len(days):
        most = 53 if parts["FREQ"] == "YEARLY" and "BYMONTH" not in parts else 5
        each = [f"{number}{day}" for day in plain for number in range(1, most + 1)]
        parts["BYDAY"] = ",".join([day for day in days if len(day) > 2] + each)
    # BYSETPOS counts in the whole week; dateutil's first week begins with the start.
    if weekly and "BYSETPOS" in parts:
        first = WEEKDAYS.index(parts.get("WKST", "MO"))
        back = (start.weekday() - first) % 7
        parts.setdefault("BYDAY", WEEKDAYS[start.weekday()])
        start -= back * DAY
    if {"52", "53", "-52", "-53"} & set(parts.get("BYWEEKNO", "").split(",")):
        return by_week_number(parts, start)
    return rrulestr(";".join(f"{name}={value}" for name, value in parts.items()), dtstart=start)


def by_week_number(parts, start):
    """What BYWEEKNO chooses, counted here: dateutil takes the number of weeks of last year from this year's length, and does
    not know that the 52nd or 53rd last week of next year can reach into this one ("TODO" in its source)."""
    first = WEEKDAYS.index(parts.get("WKST", "MO"))
    numbers = {int(number) for number in parts["BYWEEKNO"].split(",")}

    def number(day):  # the week belongs to the year its fourth day lies in
        middle = day - ((day.weekday() - first) % 7 - 3) * DAY
        return middle.year, (middle.timetuple().tm_yday - 1) // 7 + 1

    def chosen(wall):
        year, week = number(wall)
        last = number(datetime(year, 12, 31))
        weeks = last[1] if last[0] == year else number(datetime(year, 12, 24))[1]
        return week in numbers or week - weeks - 1 in numbers

    positions = [int(position) for position in parts.get("BYSETPOS", "").split(",") if position]
    rest = ";".join(f"{name}={value}" for name, value in parts.items() if name not in ("BYWEEKNO", "BYSETPOS"))
    walls = filter(chosen, rrulestr(rest, dtstart=start.replace(month=1, day=1)))
    for _, of_year in itertools.groupby(walls, key=lambda wall: wall.year):
        of_year = list(of_year)
        many = len(of_year)
        places = {position - 1 if position > 0 else many + position for position in positions}
        yield from (wall for at, wall in enumerate(of_year) if not positions or at in places)


def by_rule(text, start, zone, ceiling):
    """The start, and what the rule gives after it, as far as COUNT and UNTIL let it."""
    parts = dict(part.split("=") for part in text.split(";"))
    count, until = int(parts.get("COUNT", 0)), parts.get("UNTIL")

    def is_in(wall):
        if until is None:
            return True
        if until.endswith("Z"):
            return instant(wall, zone) <= datetime.strptime(until, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
        if "T" in until:
            return wall <= datetime.strptime(until, "%Y%m%dT%H%M%S")
        return wall < datetime.strptime(until, "%Y%m%d") + DAY

    yield start
    given = 1
    for wall in walls_of(parts, start):
        if wall > ceiling or given == count:
            return
        if wall <= start:
            continue
        given += 1
        if is_in(wall):
            yield wall


def answer(line):
    name, start, rule, rdates, exdates, first, end, seconds = line
    zone = zoneinfo.ZoneInfo(name)
    dates = lambda text: {datetime.fromisoformat(date) for date in text.split(",") if date}
    first, end = (datetime.strptime(text, UTC).replace(tzinfo=timezone.utc) for text in (first, end))
    start, length = datetime.fromisoformat(start), timedelta(seconds=int(seconds))
    ceiling = end.replace(tzinfo=None) + 2 * DAY
    walls = set(by_rule(rule, start, zone, ceiling)) | dates(rdates)
    happening = sorted((instant(wall, zone), wall) for wall in walls - dates(exdates))
    return ",".join(
        f"{wall.isoformat()}={int((at - EPOCH).total_seconds())}"
        for at, wall in happening
        if at < end and (at + length > first or at >= first)
    )


for line in sys.stdin:
    fields = line.rstrip("\n").split("\t")[:8]
    print("\t".join([*fields, answer(fields)]))
