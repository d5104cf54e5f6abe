"""Lists: pages, filters, search and order (centurion.md section 13)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict

from . import errors
from .errors import Faults

SIZE, MOST = 10, 100
NOT_A_CHOICE = "Select a valid choice. {} is not one of the available choices."
NOT_A_ROW = "Select a valid choice. That choice is not one of the available choices."
_OURS = ("page[number]", "page[size]", "search", "filter[search]", "sort", "ordering", "format")


class Page:
    """Which page of what size was asked for (CE-251)."""

    def __init__(self, query: QueryDict) -> None:
        self.size = _whole(query.get("page[size]"), SIZE) or SIZE
        self.size = min(max(self.size, 1), MOST)
        self.number = _whole(query.get("page[number]"), 1)

    def of(self, count: int) -> slice:
        """Where the page stands among so many; past the end is a 404 (CE-286)."""
        if self.number is None or not 1 <= self.number <= self.pages(count):
            raise errors.detail(404, "Invalid page.")
        return slice((self.number - 1) * self.size, self.number * self.size)

    def pages(self, count: int) -> int:
        """How many there are, an empty list having one."""
        return max(1, -(-count // self.size))


def _whole(text: str | None, default: int) -> int | None:
    if not text:
        return default
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None


def answer(
    request: HttpRequest, rows: Any, show: Callable[[Sequence[Any]], list[Any]], *, count: int | None = None
) -> dict[str, Any]:
    """The page of `rows` (a queryset or a list) with its links (CE-250, CE-255)."""
    page = Page(request.GET)
    total = count if count is not None else len(rows) if isinstance(rows, list) else rows.count()
    where = page.of(total)
    found = list(rows[where]) if total else []
    number, last = page.number or 1, page.pages(total)

    def link(target: int | None) -> str | None:
        return _address(request, target, page.size) if target else None

    return {
        "results": show(found),
        "meta": {"pagination": {"page": number, "pages": last, "count": total}},
        "links": {
            "first": link(1),
            "last": link(last),
            "next": link(number + 1 if number < last else None),
            "prev": link(number - 1 if number > 1 else None),
        },
    }


def _address(request: HttpRequest, number: int, size: int) -> str:
    query = request.GET.copy()
    query["page[number]"] = str(number)
    if "page[size]" in query:
        query["page[size]"] = str(size)
    pairs = [(name, value) for name, values in sorted(query.lists()) for value in values]
    return request.build_absolute_uri(f"{request.path}?{urlencode(pairs)}")


def filters(query: QueryDict, known: Sequence[str]) -> dict[str, str]:
    """What `filter[x]` and plain `x` ask for; an unknown `filter[…]` is refused, other parameters are not (CE-253)."""
    found = {}
    for name in query:
        inner = name[7:-1] if name.startswith("filter[") and name.endswith("]") else ""
        if inner and inner not in known and name not in _OURS:
            raise errors.Fault(400, [f"invalid filter[{inner}]"])
        word = inner or name
        if word in known and (value := query.get(name, "")) != "":
            found[word] = value
    return found


def search(query: QueryDict) -> str:
    """The text looked for; NUL is in no text."""
    return (query.get("search") or query.get("filter[search]") or "").replace("\x00", "").strip()[:200]


def order(query: QueryDict, known: dict[str, str], default: str = "pk") -> list[str]:
    """Columns to order by; unknown names are refused (CE-254). The number decides between equals."""
    asked = query.get("sort") or query.get("ordering") or ""
    columns = []
    for word in (part.strip() for part in asked.split(",") if part.strip()):
        name = word.lstrip("-")
        if name not in known:
            raise errors.Fault(400, [f"invalid sort parameter: {name}"])
        columns.append(("-" if word.startswith("-") else "") + known[name])
    return [*columns, default] if columns else [default]


def chosen(faults: Faults, name: str, value: str, choices: Any) -> int | None:
    """The number of a filter by an enumeration."""
    if value.isascii() and value.isdigit() and len(value) < 12 and int(value) in choices:
        return int(value)
    faults.add(name, NOT_A_CHOICE.format(value[:100]))
    return None


def row_id(faults: Faults, name: str, value: str) -> int | None:
    """The id of a filter by an object."""
    if value.isascii() and value.isdigit() and 0 < int(value[:19]) < 2**63 and len(value) <= 19:
        return int(value)
    faults.add(name, NOT_A_ROW)
    return None


def truth(faults: Faults, name: str, value: str) -> bool | None:
    """Yes or no of a filter."""
    found = {"true": True, "1": True, "false": False, "0": False}.get(value.lower())
    if found is None:
        faults.add(name, NOT_A_CHOICE.format(value[:100]))
    return found
