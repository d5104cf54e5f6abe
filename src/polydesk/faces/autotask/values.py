"""The dialect's value types: what a client may send for each and how it is shown (AT-013 … AT-015)."""

from __future__ import annotations

import datetime as dt
import math
import re
from decimal import Decimal, InvalidOperation
from typing import Any

INTEGERS = ("integer", "long")
NUMBERS = ("decimal", "double")
LONGEST_FILTER_TEXT = 8000
_INT64 = range(-(2**63), 2**63)
_INTEGER = re.compile(r"\s*[+-]?\d{1,19}\s*", re.ASCII)
_MOMENT = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7})\d*)?)?\s*(Z|[+-]\d{2}:?\d{2})?)?",
    re.ASCII | re.IGNORECASE,
)


class Wrong(ValueError):
    """A value that its type cannot hold."""


def parse(kind: str, value: Any, *, flag: bool = False) -> Any:
    """The Python value of what a client sent; None for null and, except for text, for the empty string."""
    if value is None or (value == "" and kind != "string"):
        return None
    if kind in INTEGERS:
        return integer(value, flag=flag)
    if kind in NUMBERS:
        return decimal(value)
    if kind == "datetime":
        return moment(value)
    if kind == "boolean":
        return boolean(value)
    return text(value)


def integer(value: Any, *, flag: bool = False) -> int:
    """A whole number, also as a numeric string; a `flag` takes true and false as 1 and 0."""
    if flag and (isinstance(value, bool) or str(value).lower() in ("true", "false")):
        return int(str(value).lower() == "true")
    if isinstance(value, bool):
        raise Wrong("a whole number is needed")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        value = int(value)
    if not isinstance(value, int) or value not in _INT64:
        raise Wrong("a whole number is needed")
    return value


def decimal(value: Any) -> Decimal:
    """A number, also as a numeric string."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Wrong("a number is needed")
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        raise Wrong("a number is needed") from None
    if not found.is_finite() or abs(found) >= 10**15 or found.as_tuple().exponent < -30:  # type: ignore[operator]
        raise Wrong("a number in a sensible range is needed")
    return found


def boolean(value: Any) -> bool:
    """True or false, also as words."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise Wrong("true or false is needed")


def moment(value: Any) -> dt.datetime:
    """A moment in UTC to the millisecond: with Z, an offset, no zone (UTC), or a bare date."""
    found = _MOMENT.fullmatch(value.strip()) if isinstance(value, str) and len(value) < 64 else None
    if not found:
        raise Wrong("a date and time is needed")
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    milliseconds = int((fraction or "0").ljust(3, "0")[:3])
    try:
        local = dt.datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), milliseconds * 1000
        )
        return local.replace(tzinfo=_zone(zone)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise Wrong("a date and time is needed") from None


def _zone(text: str | None) -> dt.timezone:
    if not text or text in "Zz":
        return dt.UTC
    sign = -1 if text[0] == "-" else 1
    return dt.timezone(sign * dt.timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))


def text(value: Any) -> str:
    """Text; numbers are taken as they are written."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Wrong("text is needed")
    return str(value)


def shown(value: Any) -> Any:
    """A value as answers carry it: moments in UTC with Z, numbers as JSON numbers."""
    if isinstance(value, dt.datetime):
        return show_moment(value)
    if isinstance(value, dt.date):
        return f"{value.isoformat()}T00:00:00Z"
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def show_moment(value: dt.datetime) -> str:
    """`2026-01-31T09:30:00Z`, with three fractional digits when there are any."""
    utc = value.astimezone(dt.UTC)
    return utc.isoformat(timespec="milliseconds" if utc.microsecond else "seconds")[:-6] + "Z"


def hours(seconds: int | None) -> float | None:
    """Seconds as hours with at most four decimals (RC-079)."""
    return None if seconds is None else round(seconds / 3600, 4)


def seconds(value: Decimal | float | None) -> int | None:
    """Hours to the nearest whole second (RC-079)."""
    return None if value is None else math.floor(float(value) * 3600 + 0.5)
