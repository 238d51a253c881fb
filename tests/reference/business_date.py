"""Business dates by Python's zoneinfo (analytics.md section 12).

A case walks from one instant to another in equal steps and notes every step at which the business date changes; a walk across a
change of clocks can go back by a day. Python's own copy of the zones (package tzdata) is used, not the system's.
"""

import datetime
import zoneinfo

from record import case, versions, write

zoneinfo.reset_tzpath(to=[])
UTC = datetime.timezone.utc
MINUTE = datetime.timedelta(minutes=1)


def business_date(instant, zone, day_start):
    local = instant.astimezone(zone)
    return local.date() - datetime.timedelta(days=1) if local.time() < day_start else local.date()


def text(instant):
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def walk(zone, first, days, day_start, step=15):
    start = datetime.datetime.fromisoformat(first).replace(tzinfo=UTC)
    n, held, changes = days * 24 * 60 // step, None, []
    for k in range(n):
        instant = start + k * step * MINUTE
        date = business_date(instant, zoneinfo.ZoneInfo(zone), datetime.time.fromisoformat(day_start))
        if date != held:
            changes.append([text(instant), date.isoformat()])
            held = date
    return case(f"{zone} {first} {day_start}", {"zone": zone, "day_start": day_start, "start": text(start), "step_minutes": step, "n": n}, {"changes": changes})


STARTS = ("00:00", "00:30", "01:30", "02:30", "04:00", "12:00", "23:45")
WALKS = [
    ("Europe/Madrid", "2024-03-29", 4), ("Europe/Madrid", "2024-10-25", 4), ("America/Chicago", "2025-03-07", 4), ("America/Chicago", "2025-10-31", 4),
    ("Australia/Lord_Howe", "2024-04-04", 4), ("Australia/Lord_Howe", "2024-10-03", 4), ("Asia/Kathmandu", "1985-12-29", 5), ("Asia/Kathmandu", "2024-05-01", 3),
    ("Asia/Kolkata", "2024-05-01", 3), ("Pacific/Apia", "2011-12-28", 5), ("Pacific/Kwajalein", "1993-08-18", 5), ("America/St_Johns", "2011-03-11", 4),
    ("America/Sao_Paulo", "2018-11-02", 4), ("America/Sao_Paulo", "2018-02-16", 4), ("Africa/Casablanca", "2019-05-03", 4), ("Pacific/Chatham", "2023-09-22", 4),
    ("Asia/Tehran", "2021-03-20", 4), ("UTC", "2024-02-28", 3), ("Europe/Dublin", "2023-10-27", 4), ("America/Scoresbysund", "2024-03-29", 4),
]
ONE = [("Asia/Kolkata", "2031-03-10T22:10", "04:00"), ("Europe/Madrid", "2031-03-30T01:30", "00:00"), ("America/Chicago", "2031-03-09T08:30", "04:00")]


def one(zone, instant, day_start):
    """An example of the contract: a walk of one step."""
    at = datetime.datetime.fromisoformat(instant).replace(tzinfo=UTC)
    date = business_date(at, zoneinfo.ZoneInfo(zone), datetime.time.fromisoformat(day_start))
    given = {"zone": zone, "day_start": day_start, "start": text(at), "step_minutes": 15, "n": 1}
    return case(f"contract, {zone}", given, {"changes": [[text(at), date.isoformat()]]})


cases = [one(*example) for example in ONE]
cases += [walk(zone, first, days, day_start) for zone, first, days in WALKS for day_start in STARTS]
write("business_date", "Python zoneinfo", versions("tzdata"), "business_date.py", cases)
