"""Bodies and queries, read strictly: no conversion, no trimming, every fault gathered (SE-042 … SE-047)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpRequest

from polydesk.web import bodies

from .errors import Failure, invalid

INT32 = 2**31 - 1
INT64 = 2**63 - 1
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
REQUIRED = "This field is required."


def number(text: str) -> int | None:
    """A number of a path; None when no row can have it (SE-047)."""
    found = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
    return found if 0 < found <= INT64 else None


def is_uuid(text: str) -> bool:
    """Is it a UUID in its usual spelling (SE-058)?"""
    return _UUID.fullmatch(text) is not None


def body(request: HttpRequest) -> dict[str, Any]:
    """The members of the body; an absent or empty one is `{}`."""
    if not bodies.raw(request).strip():
        return {}
    found = bodies.read(request)
    if not isinstance(found, dict):
        raise Failure(400, "The body must be a JSON object.")
    return found


class Faults:
    """What is wrong with the fields of one request."""

    def __init__(self) -> None:
        self.faults: dict[str, str] = {}

    def fault(self, field: str, message: str) -> None:
        """Remember the first fault of a field."""
        self.faults.setdefault(field, message)

    def check(self) -> None:
        """Raise all that was found."""
        if self.faults:
            raise invalid(self.faults.items())


class Body(Faults):
    """The members of a JSON body, each asked for with its type; unknown ones are never looked at."""

    def __init__(self, members: dict[str, Any]) -> None:
        super().__init__()
        self.members = members

    def text(
        self, name: str, *, required: bool = False, limit: int = 0, nullable: bool = False, empty: bool = False
    ) -> str | None:
        """A string, not blank unless `empty`; None when absent."""
        value = self._take(name, required, nullable)
        if value is None:
            return None
        if not isinstance(value, str):
            self.fault(name, "This must be a string.")
            return None
        if not empty and not value.strip():
            self.fault(name, "This must not be empty.")
            return None
        if limit and len(value) > limit:
            self.fault(name, f"This may have at most {limit} characters.")
            return None
        return value

    def word(self, name: str, words: Sequence[str], *, required: bool = False) -> str | None:
        """One of a closed list."""
        value = self._take(name, required)
        if value is not None and (not isinstance(value, str) or value not in words):
            self.fault(name, f"This must be one of {', '.join(words)}.")
            return None
        return value

    def whole(self, name: str, low: int, high: int, *, required: bool = False) -> int | None:
        """A whole number; true and 4.5 are none, nor is "5"."""
        value = self._take(name, required)
        if value is None:
            return None
        if not _is_whole(value) or not low <= value <= high:
            self.fault(name, f"This must be an integer from {low} to {high}.")
            return None
        return int(value)

    def texts(
        self, name: str, *, required: bool = False, least: int = 0, most: int = 0, limit: int = 0
    ) -> list[str] | None:
        """An array of strings in the order given; with `limit` none is blank or longer."""
        items = self._items(name, required, least, most)
        for index, item in enumerate(items or ()):
            if not isinstance(item, str):
                self.fault(f"{name}.{index}", "This must be a string.")
            elif limit and not (item.strip() and len(item) <= limit):
                self.fault(f"{name}.{index}", f"This must have 1 to {limit} characters.")
        return items

    def wholes(self, name: str, *, required: bool = False) -> list[int] | None:
        """An array of whole numbers."""
        items = self._items(name, required)
        for index, item in enumerate(items or ()):
            if not _is_whole(item):
                self.fault(f"{name}.{index}", "This must be an integer.")
        return items

    def uuids(self, name: str, *, required: bool = False, least: int = 0, most: int = 10) -> list[uuid.UUID]:
        """An array of UUIDs, each counted once (SE-077)."""
        items = self.texts(name, required=required, least=least, most=most) or []
        for index, item in enumerate(items):
            if isinstance(item, str) and not is_uuid(item):
                self.fault(f"{name}.{index}", "This must be a UUID.")
        return list(dict.fromkeys(uuid.UUID(item) for item in items if isinstance(item, str) and is_uuid(item)))

    def _take(self, name: str, required: bool, nullable: bool = False) -> Any:
        if name not in self.members:
            if required:
                self.fault(name, REQUIRED)
            return None
        value = self.members[name]
        if value is None and not nullable:
            self.fault(name, "This must not be null.")
        return value

    def _items(self, name: str, required: bool, least: int = 0, most: int = 0) -> list[Any] | None:
        items = self._take(name, required)
        if items is None:
            return None
        if not isinstance(items, list):
            self.fault(name, "This must be an array.")
            return None
        if len(items) < least or (most and len(items) > most):
            self.fault(name, f"This must have {least} to {most} items.")
            return None
        return items


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


class Query(Faults):
    """The parameters of an address; unknown ones are never looked at (SE-046)."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__()
        self.given = request.GET

    def flag(self, name: str) -> bool:
        """true, false, 1 or 0 in any letter case."""
        value = self.given.get(name)
        if value is None:
            return False
        if value.lower() not in ("true", "false", "1", "0"):
            self.fault(name, "This must be true or false.")
        return value.lower() in ("true", "1")

    def whole(self, name: str, default: int, most: int) -> int:
        """Decimal digits from 1 to `most`."""
        value = self.given.get(name)
        if value is None:
            return default
        found = number(value)
        if found is None or found > most:
            self.fault(name, f"This must be an integer from 1 to {most}.")
            return default
        return found

    def word(self, name: str, words: Iterable[str], default: str) -> str:
        """One of a closed list."""
        value = self.given.get(name, default)
        words = list(words)
        if value not in words:
            self.fault(name, f"This must be one of {', '.join(words)}.")
            return default
        return value

    def text(self, name: str, *, empty: bool = True) -> str:
        """Any text without NUL; an empty one is like none unless `empty` forbids it."""
        value = self.given.get(name)
        if value is not None and not value.strip() and not empty:
            self.fault(name, "This must not be empty.")
        return self._plain(name, value or "")

    def texts(self, name: str, words: Sequence[str] = (), *, most: int = 0) -> list[str]:
        """A repeated parameter, of a closed list when `words` are given."""
        values = [self._plain(name, value) for value in self.given.getlist(name)]
        if words and any(value not in words for value in values):
            self.fault(name, f"Each must be one of {', '.join(words)}.")
        if most and len(values) > most:
            self.fault(name, f"This may be given at most {most} times.")
        return values

    def _plain(self, name: str, value: str) -> str:
        if "\x00" in value:
            self.fault(name, "A NUL character is not allowed.")
        return value
