"""Compares feed and export of a server with its API, read by python-icalendar.

    icalendar-oracle.py URL FILE.ics...

Makes a calendar with everything a schedule can be, reads it back both ways and compares value by value; then imports each file,
exports it, and compares every property of every event that has a name we do not understand.
"""

import json
import sys
import urllib.parse
import urllib.request
import zoneinfo
from datetime import date, datetime, timedelta, timezone

zoneinfo.reset_tzpath(to=[])  # the tzdata package, not whatever this machine has

import icalendar  # noqa: E402, after the zones are chosen

URL, FILES = sys.argv[1], sys.argv[2:]
OURS = {"DTSTAMP", "CREATED", "LAST-MODIFIED", "SEQUENCE", "UID", "DTSTART", "DTEND", "DURATION", "RRULE", "EXDATE", "RDATE"}
OURS |= {"RECURRENCE-ID", "SUMMARY", "DESCRIPTION", "LOCATION", "TRANSP"}
checked = 0


def call(method, path, body=None, token=None, kind="application/json"):
    headers = {"authorization": f"Bearer {token}"} if token else {}
    data = None
    if body is not None:
        headers["content-type"] = kind
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
    if method == "PATCH":
        headers["if-match"] = "*"
    with urllib.request.urlopen(urllib.request.Request(URL + path, data, headers, method=method)) as reply:
        return reply.read()


def same(what, ours, theirs):
    global checked
    checked += 1
    if ours != theirs:
        sys.exit(f"{what}: the API says {ours!r}, the file {theirs!r}")


def account(name):
    body = {"email": f"{name}@example.org", "password": "a long enough passphrase", "display_name": name, "time_zone": "Asia/Seoul"}
    return json.loads(call("POST", "/api/v1/auth/signup", body))["access_token"]


def read(text):
    """The calendar, which must be the only one and free of what icalendar could not read; lines of at most 75 octets."""
    assert all(len(line) <= 75 for line in text.split(b"\r\n")), "a line is too long"
    assert b"\n" not in text.replace(b"\r\n", b""), "a line ends without CR"
    calendar = icalendar.Calendar.from_ical(text)
    for component in calendar.walk():
        same(f"errors of {component.name}", [], component.errors)
    return calendar


def instant(value):
    return value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def compare(item, event):
    """A schedule, or an occurrence that is unlike the rest, with its event."""
    name = item["title"]
    same(name, item["title"], str(event["SUMMARY"]))
    same(f"{name}: description", item["description"], str(event.get("DESCRIPTION", "")))
    same(f"{name}: location", item["location"], str(event.get("LOCATION", "")))
    same(f"{name}: kind", item["kind"], str(event.get("X-CAMPANILE-KIND", "event")))
    same(f"{name}: busy", item["busy"], event["TRANSP"] == "OPAQUE")
    same(f"{name}: labels", CALLED.get(item["category_id"], []) + item["tags"], [str(name) for name in event.categories])
    start, end = event.decoded("DTSTART"), event.decoded("DTEND", event.decoded("DTSTART"))
    if item["all_day"]:
        same(f"{name}: start", (date, item["start"], item["end"]), (type(start), start.isoformat(), end.isoformat()))
        return
    same(f"{name}: start", (item["start_at"], item["end_at"]), (instant(start), instant(end)))
    same(f"{name}: wall", item["start"], start.replace(tzinfo=None).isoformat())
    if item["time_zone"] != "UTC":
        same(f"{name}: zone", item["time_zone"], event["DTSTART"].params["TZID"])


def alarms(event):
    found = []
    for alarm in event.walk("VALARM"):
        trigger = alarm.decoded("TRIGGER")
        if isinstance(trigger, datetime):
            found.append(("at", instant(trigger)))
        else:
            found.append((alarm["TRIGGER"].params.get("RELATED", "START").lower(), int(-trigger.total_seconds())))
    return found


def seconds(text):
    return int(icalendar.vDuration.from_ical(text).total_seconds())


def reminders(item):
    return [
        ("at", reminder["at"]) if reminder.get("at") else (reminder.get("relative_to") or "start", seconds(reminder["before"]))
        for reminder in item["reminders"]
    ]


SCHEDULES = [
    {
        "title": "Review; of \"plans\", 회의", "description": "First\nsecond, with \\ and ; " + "가나다라 " * 60, "location": "5, 서울",
        "start": "2026-10-26T01:30:00", "duration": "PT45M", "time_zone": "America/New_York", "kind": "deep-work",
        "recurrence": {"rrule": "FREQ=DAILY;UNTIL=20270401", "exdates": ["2026-11-30T01:30:00"], "rdates": ["2026-12-24T16:00:00"]},
        "reminders": [{"before": "PT30M"}, {"before": "PT5M", "relative_to": "end"}, {"at": "2026-12-22T12:00:00Z"}],
        "tags": ["deep; work", "주간, 회의", "back\\slash"],
    },
    {"title": "Holiday", "start": "2026-12-28", "end": "2027-01-02", "all_day": True, "reminders": []},
    {"title": "Birthday", "start": "2026-12-01", "all_day": True, "busy": False, "recurrence": {"rrule": "FREQ=YEARLY"}},
    {"title": "Point", "start": "2026-12-03T10:00:00Z", "time_zone": "UTC", "busy": False},
    {"title": "Half past", "start": "2027-04-04T01:45:00", "duration": "PT1H", "time_zone": "Australia/Lord_Howe"},
    {"title": "Prayer", "start": "2026-12-04T12:00:00", "duration": "PT1H", "time_zone": "Africa/Casablanca",
     "recurrence": {"rrule": "FREQ=MONTHLY;BYDAY=-1FR;COUNT=24"}},
]
CHANGES = [
    ("2026-11-25T01:30:00", {"title": "Moved", "start": "2026-11-26T11:00:00"}),
    ("2026-12-02T01:30:00", {"busy": False, "location": "Elsewhere"}),
]

ada = account("ada")
work = json.loads(call("POST", "/api/v1/categories", {"name": "Work, 집"}, ada))["id"]
CALLED = {work: ["Work, 집"]}
SCHEDULES[0]["category_id"] = SCHEDULES[1]["category_id"] = work
made = [json.loads(call("POST", "/api/v1/schedules?on_conflict=allow", body, ada)) for body in SCHEDULES]
for which, change in CHANGES:
    path = f"/api/v1/schedules/{made[0]['id']}?scope=this&recurrence_id={which}&on_conflict=allow"
    call("PATCH", path, change, ada)
feed = json.loads(call("POST", "/api/v1/calendar/feeds", {"name": "Oracle", "privacy": "full"}, ada))["url"]
address = urllib.parse.urlsplit(feed)
texts = [call("GET", "/api/v1/calendar/export", token=ada), call("GET", f"{address.path}?{address.query}")]
for text in texts:
    calendar = read(text)
    zones = {zone["TZID"] for zone in calendar.walk("VTIMEZONE")}
    same("zones", {"America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"}, zones)
    events = {}
    for event in calendar.walk("VEVENT"):
        events.setdefault(str(event["UID"]).removesuffix("@campanile"), []).append(event)
    same("schedules", {item["id"] for item in made}, set(events))
    for item in made:
        item = json.loads(call("GET", f"/api/v1/schedules/{item['id']}", token=ada))
        [master] = [event for event in events[item["id"]] if "RECURRENCE-ID" not in event]
        compare(item, master)
        same(f"{item['title']}: reminders", reminders(item), alarms(master))
        for event in events[item["id"]]:
            if "RECURRENCE-ID" in event:
                which = event.decoded("RECURRENCE-ID").replace(tzinfo=None).isoformat()
                compare(json.loads(call("GET", f"/api/v1/schedules/{item['id']}?recurrence_id={which}", token=ada)), event)
    same("changed occurrences", len(CHANGES), sum("RECURRENCE-ID" in event for event in calendar.walk("VEVENT")))
    rule = events[made[0]["id"]][0]["RRULE"]
    same("until", [datetime(2027, 4, 2, 3, 59, 59, tzinfo=timezone.utc)], rule["UNTIL"])
    # Each zone as we describe it, beside zoneinfo: the hours of two years.
    for zone in calendar.walk("VTIMEZONE"):
        known, described = zoneinfo.ZoneInfo(zone["TZID"]), zone.to_tz(lookup_tzid=False)
        at = datetime(2026, 11, 1)
        while at < datetime(2028, 11, 1):
            theirs = at.replace(tzinfo=described).utcoffset()
            if at.replace(tzinfo=known, fold=0).utcoffset() == at.replace(tzinfo=known, fold=1).utcoffset():
                same(f"{zone['TZID']} at {at}", at.replace(tzinfo=known).utcoffset(), theirs)
            at += timedelta(hours=1)


def unknown(calendar):
    """What of each event has a name that we do not understand, as icalendar writes it."""
    found = {}
    for event in calendar.walk("VEVENT"):
        if str(event.get("STATUS")) == "CANCELLED":
            continue
        key = (str(event["UID"]), event["RECURRENCE-ID"].to_ical() if "RECURRENCE-ID" in event else b"")
        lines = [name for name, _ in event.property_items(recursive=False) if name not in OURS | {"BEGIN", "END"}]
        found[key] = sorted(f"{name} {value.params.to_ical() if hasattr(value, 'params') else b''} {value.to_ical()}"
                            for name, value in event.property_items(recursive=False) if name in lines)
    return found


for number, path in enumerate(FILES):
    theirs = open(path, "rb").read()
    person = account(f"file{number}")
    call("POST", "/api/v1/calendar/import", theirs, person, "text/calendar")
    export = call("GET", "/api/v1/calendar/export", token=person)
    same(path, unknown(icalendar.Calendar.from_ical(theirs)), unknown(read(export)))
    other = account(f"other{number}")
    call("POST", "/api/v1/calendar/import", export, other, "text/calendar")
    same(f"{path}, twice", unknown(read(export)), unknown(read(call("GET", "/api/v1/calendar/export", token=other))))

print(f"{checked} values of feed, export and {len(FILES)} imported files agree with python-icalendar {icalendar.__version__}")
