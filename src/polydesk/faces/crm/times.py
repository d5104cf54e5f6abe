"""Dates and date-times as this API's clients write them (CR-044, CR-059, RC-014)."""

from __future__ import annotations

import datetime as dt
import re

from django.utils import timezone

_DAY = r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
_CLOCK = r"(?P<clock>[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)"
# An unescaped + arrives as a blank before the offset.
_MOMENT = re.compile(rf"{_DAY}(?:[Tt ]{_CLOCK}(?P<zone>[Zz]|[-+ ][0-9]{{2}}:?[0-9]{{2}})?)?")


def moment(text: str) -> dt.datetime:
    """A moment in UTC; without an offset it is the server's time. ValueError when it is none."""
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    said = dt.datetime.fromisoformat(f"{found['day']}T{found['clock'] or '00:00'}")
    zone = (found["zone"] or "").upper().replace(" ", "+")
    if zone and zone != "Z":
        sign = -1 if zone[0] == "-" else 1
        hours, minutes = int(zone[1:3]), int(zone[-2:])
        aware = said.replace(tzinfo=dt.timezone(sign * dt.timedelta(hours=hours, minutes=minutes)))
    else:
        aware = said.replace(tzinfo=dt.UTC if zone else timezone.get_default_timezone())
    try:
        return aware.astimezone(dt.UTC)
    except OverflowError as error:
        raise ValueError(text) from error


def day(text: str) -> dt.date:
    """The date of a date or date-time, cut off as it is written. ValueError when it is none."""
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    return dt.datetime.fromisoformat(f"{found['day']}T{found['clock'] or '00:00'}").date()
