"""What a field of this face is, and how a value sent for it is read (CE-008, CE-231, CE-242, CE-281)."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

MOST = 2**63 - 1
LONGEST_TEXT = 200_000
EMPTY: tuple[Any, ...] = (None, "", [], {})


class Invalid(ValueError):
    """The value is not one of this field; the text is the sentence for the client."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field with its metadata (CE-263). `core` is the engine's word or the row's attribute, `to` names the objects
    that a relationship points at, `writers` who may write it (section 4.4)."""

    name: str
    type: str
    label: str
    help_text: str = ""
    core: str = ""
    to: str = ""
    many: bool = False
    required: bool = False
    read_only: bool = False
    write_only: bool = False
    null: bool = True
    blank: bool = False
    max_length: int = 0
    low: int = -MOST - 1
    high: int = MOST
    choices: Mapping[int, str] | None = None
    initial: Any = None
    writers: frozenset[str] = field(default_factory=frozenset)
    show: Callable[[Any], Any] | None = None
    """How a row shows it, where that is not the attribute `core`."""


def read(declared: Field, value: Any, choices: Mapping[int, str] | None = None) -> Any:
    """The value as Python knows it; Invalid with the words of the original."""
    if value is None:
        if declared.null and not declared.many:
            return None
        raise Invalid("This field may not be null.")
    if declared.many:
        if not isinstance(value, list):
            raise Invalid(f'Expected a list of items but got type "{_type(value)}".')
        return list(dict.fromkeys(reference(item) for item in value))
    if declared.type == "Choice":
        return choice(value, choices if choices is not None else declared.choices or {})
    return _READERS[declared.type](declared, value)


def text(declared: Field, value: Any) -> str:
    """Text; blanks around it are taken away, as the original does."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Invalid("Not a valid string.")
    found = str(value)
    if "\x00" in found:
        raise Invalid("Null characters are not allowed.")
    if any(0xD800 <= ord(c) <= 0xDFFF for c in found):
        raise Invalid("Surrogate characters are not allowed.")
    found = found.strip()
    if not found and not declared.blank:
        raise Invalid("This field may not be blank.")
    longest = declared.max_length or LONGEST_TEXT
    if len(found) > longest:
        raise Invalid(f"Ensure this field has no more than {longest} characters.")
    return found


def integer(declared: Field, value: Any) -> int:
    """A whole number within the field's bounds."""
    try:
        if isinstance(value, bool) or (isinstance(value, float) and not math.isfinite(value)):
            raise ValueError
        number = int(value.strip()[:30]) if isinstance(value, str) else int(value)
        if number != value and isinstance(value, float):
            raise ValueError
    except (TypeError, ValueError) as error:
        raise Invalid("A valid integer is required.") from error
    if number < declared.low:
        raise Invalid(f"Ensure this value is greater than or equal to {declared.low}.")
    if number > declared.high:
        raise Invalid(f"Ensure this value is less than or equal to {declared.high}.")
    return number


_TRUE = ("true", "t", "y", "yes", "on", "1", 1, True)
_FALSE = ("false", "f", "n", "no", "off", "0", 0, False)


def boolean(declared: Field, value: Any) -> bool:
    """Yes or no in the usual spellings."""
    plain = value.lower() if isinstance(value, str) else value
    if isinstance(plain, str | bool | int | float):
        if plain in _TRUE:
            return True
        if plain in _FALSE:
            return False
    raise Invalid("Must be a valid boolean.")


def choice(value: Any, choices: Mapping[int, str]) -> int:
    """One of the numbers of an enumeration; its text form counts too (CE-008)."""
    shown = value if isinstance(value, str) else str(value)
    if isinstance(value, str | int) and not isinstance(value, bool):
        for number in choices:
            if str(number) == shown:
                return number
    raise Invalid(f'"{shown[:100]}" is not a valid choice.')


def moment(declared: Field, value: Any) -> dt.datetime:
    """A date-time with any offset; without one it is in the current time zone (CE-242, RC-014)."""
    try:
        found = parse_datetime(value.strip()) if isinstance(value, str) else None
        if found is None:
            raise ValueError
        if found.tzinfo is None:
            found = timezone.make_aware(found)
        return found.astimezone(dt.UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid(
            "Datetime has wrong format. Use one of these formats instead: "
            "YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."
        ) from error


def reference(value: Any) -> int:
    """The id of an object; the object itself, as an answer showed it, is understood too."""
    if isinstance(value, dict) and "id" in value:
        value = value["id"]
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise Invalid(f"Incorrect type. Expected pk value, received {_type(value)}.")
    if isinstance(value, str) and not (value.isascii() and value.isdigit() and len(value) <= 19):
        raise Invalid(f"Incorrect type. Expected pk value, received {_type(value)}.")
    number = int(value)
    if not 0 < number <= MOST:
        raise Invalid(unknown(number))
    return number


def unknown(value: Any) -> str:
    """What is said of an id that names nothing."""
    return f'Invalid pk "{value}" - object does not exist.'


def _reference(declared: Field, value: Any) -> int | None:
    if value == "" and declared.null:
        return None
    return reference(value)


def _type(value: Any) -> str:
    return type(value).__name__


_READERS: dict[str, Callable[[Field, Any], Any]] = {
    "String": text,
    "Markdown": text,
    "Integer": integer,
    "Boolean": boolean,
    "DateTime": moment,
    "Relationship": _reference,
}
