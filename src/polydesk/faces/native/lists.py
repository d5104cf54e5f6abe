"""Lists: filters of listed names, pages by key with links both ways, counts that stop (PL-104, RS-090, RS-152)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, Generic, Literal, TypeVar
from urllib.parse import urlencode

import msgspec
from django.db.models import Model, Q, QuerySet
from msgspec import UNSET, Meta, Struct, UnsetType

from polydesk.directory.actors import Actor
from polydesk.features import search
from polydesk.tickets.statements import filters
from polydesk.tickets.statements.reading import ORDERS, Order
from polydesk.tickets.statements.visible import Condition
from polydesk.web import cursors

from . import errors
from .wire import Call

T = TypeVar("T")
Limit = Annotated[int, Meta(ge=1, le=500, description="Rows per page.")]
Cursor = Annotated[
    Annotated[str, Meta(max_length=500)] | None, Meta(description="Where to go on: taken from a `next` or `prev` link.")
]
COUNT_AT_MOST = 1000


class Links(Struct):
    """Addresses of the neighbouring pages; null at the end."""

    next: str | None
    prev: str | None


class Count(Struct):
    """How many there are; `more` says that the counting stopped there."""

    value: int
    more: bool


class Page(Struct, Generic[T]):
    """A page of a list."""

    items: list[T]
    links: Links
    count: Count | UnsetType | None = UNSET


class ListQuery(Struct, forbid_unknown_fields=True):
    """Parameters of every list."""

    limit: Limit = 50
    cursor: Cursor = None
    count: Annotated[
        Literal["none", "exact", "capped"], Meta(description="Whether to count, exactly or up to 1,000.")
    ] = "none"


# --- tickets

Ids = Annotated[
    Annotated[str, Meta(max_length=8000)] | None, Meta(description="Ids separated by commas; `none` for not set.")
]
People = Annotated[
    Annotated[str, Meta(max_length=8000)] | None, Meta(description="Ids separated by commas; `me` and `none` too.")
]
Words = Annotated[
    Annotated[str, Meta(max_length=8000)] | None, Meta(description="One or several, separated by commas.")
]
Text = Annotated[Annotated[str, Meta(max_length=300)] | None, Meta(description="Exactly this.")]
Moment = Annotated[Annotated[dt.datetime, Meta(tz=True)] | None, Meta(description="With its zone.")]
PEOPLE = ("requester", "creator", "assignee", "colleague", "watcher")
WORDS = ("kind", "status", "phase", "priority", "channel", "access")
EXACT = ("title", "external_system", "external_ref", "external_id")
# What customers may narrow by: nothing that they are not shown (RS-091).
FOR_CUSTOMERS = frozenset(
    {"id", "kind", "status", "phase", "access", "company", "requester", "category", "title"}
    | {f"{name}_{side}" for name in ("created", "due", "solved", "closed") for side in ("after", "before")}
)
SORTS_FOR_CUSTOMERS = frozenset({"id", "created_at", "title", "due_at"})


def _filter_type(name: str) -> Any:
    return People if name in PEOPLE else Words if name in WORDS else Text if name in EXACT else Ids


_MOMENTS = [f"{name}_{side}" for name in filters.MOMENTS for side in ("after", "before")]
FILTERS = (*filters.EQUALS, *filters.THROUGH, *_MOMENTS)
_SORTS = tuple(sign + name for name in ORDERS for sign in ("", "-"))
_QUERY = [
    ("limit", Limit, 50),
    ("cursor", Cursor, None),
    (
        "count",
        Annotated[Literal["none", "exact", "capped"], Meta(description="Whether to count, exactly or up to 1,000.")],
        "none",
    ),
    ("sort", Annotated[Literal[_SORTS], Meta(description="Ascending, or descending with a minus.")], "-id"),
    (
        "fields",
        Annotated[
            Annotated[str, Meta(max_length=2000)] | None, Meta(description="Only these members, separated by commas.")
        ],
        None,
    ),
    (
        "include",
        Annotated[
            Annotated[str, Meta(max_length=200)] | None,
            Meta(description="Sub-resources to send along, separated by commas."),
        ],
        None,
    ),
    (
        "q",
        Annotated[
            Annotated[str, Meta(max_length=2000)] | None,
            Meta(description="A query such as `status:open assignee:me priority>=high`."),
        ],
        None,
    ),
    ("deleted", Annotated[bool, Meta(description="Deleted tickets instead, for those who may delete.")], False),
    *((name, _filter_type(name), None) for name in (*filters.EQUALS, *filters.THROUGH)),
    *((name, Moment, None) for name in _MOMENTS),
]
TicketQuery = msgspec.defstruct(
    "TicketQuery", _QUERY, namespace={"__doc__": "What to list."}, forbid_unknown_fields=True, kw_only=True
)


def conditions(actor: Actor, query: Any) -> list[Condition]:
    """The filters of a query as conditions with bound values."""
    found: list[Condition] = []
    for name in FILTERS:
        value = getattr(query, name)
        if value is None:
            continue
        if not actor.is_staff and name not in FOR_CUSTOMERS:
            raise errors.fault(name, "unknown", "There is no such parameter.")
        if name in _MOMENTS:
            moment, _, side = name.rpartition("_")
            compare = filters.since if side == "after" else filters.until
            found.append(compare(moment, _utc(name, value)))
        else:
            found.append(filters.among(name, _values(actor, name, value), seen=not actor.is_staff))
    return found


def _utc(name: str, value: dt.datetime) -> dt.datetime:
    try:
        return value.astimezone(dt.UTC)
    except (OverflowError, ValueError):
        raise errors.fault(name, "out_of_range", "This moment is out of range.") from None


def _values(actor: Actor, name: str, text: str) -> list[Any]:
    if name in EXACT:
        return [text]
    words = [word.strip() for word in text.split(",")]
    if len(words) > 1000:
        raise errors.fault(name, "too_many", "At most 1,000 values.")
    return words if name in WORDS else [_number(actor, name, word) for word in words]


def _number(actor: Actor, name: str, word: str) -> int | None:
    if word == "none" and name in filters.EQUALS and name != "id":
        return None
    if word == "me" and name in PEOPLE and actor.person_id:
        return actor.person_id
    if word.isascii() and word.isdigit() and len(word) < 20 and int(word) < 2**63:
        return int(word)
    raise errors.fault(name, "invalid", f"“{word[:40]}” is no id.")


def searched(actor: Actor, query: Any) -> Condition | None:
    """The condition that `q` means."""
    if query.q is None:
        return None
    with faults_of_q():
        return search.condition(actor, query.q)


@contextmanager
def faults_of_q() -> Iterator[None]:
    """A fault of the query is a 400 that points at its column (PL-104)."""
    try:
        yield
    except search.QueryError as error:
        problem = errors.fault("q", "syntax", str(error))
        problem.members["column"] = error.column
        raise problem from None


def order(actor: Actor, sort: str) -> tuple[Order, bool]:
    """The order of a listed name and whether it goes down."""
    name = sort.removeprefix("-")
    if not actor.is_staff and name not in SORTS_FOR_CUSTOMERS:
        raise errors.fault("sort", "unknown", "This list cannot be sorted so.")
    return ORDERS[name], sort.startswith("-")


# --- pages

Key = tuple[Any, ...]
Fetch = Callable[[Key | None, bool, int], Sequence[tuple[Any, Key]]]
"""(after, forward, limit) -> rows with their keys, in walking order."""


def page(call: Call, fetch: Fetch) -> tuple[list[Any], Links]:
    """The rows of the page that the cursor names, and the links to its neighbours."""
    query = call.query
    scope = _scope(call)
    after, forward = _position(query.cursor, scope)
    found = list(fetch(after, forward, query.limit + 1))
    more = len(found) > query.limit
    found = found[: query.limit]
    if not forward:
        found.reverse()
    before = after is not None if forward else more
    behind = more if forward else True
    links = Links(
        next=_link(call, scope, found[-1][1], forward=True) if found and behind else None,
        prev=_link(call, scope, found[0][1], forward=False) if found and before else None,
    )
    return [row for row, _ in found], links


def _position(cursor: str | None, scope: str) -> tuple[Key | None, bool]:
    if cursor is None:
        return None, True
    try:
        way, *key = cursors.decode(cursor, scope=scope)
    except cursors.BadCursor:
        raise errors.fault("cursor", "invalid", "This is not a cursor of this list with these filters.") from None
    return tuple(key), way == "n"


def _link(call: Call, scope: str, key: Key, *, forward: bool) -> str:
    cursor = cursors.encode(["n" if forward else "p", *key], scope=scope)
    given = {name: value for name, value in call.request.GET.items() if name != "cursor"}
    return f"{call.request.path}?{urlencode({**given, 'cursor': cursor})}"


def _scope(call: Call) -> str:
    """A cursor belongs to one list: its address, filters and order, and the one who walks it (RS-117)."""
    narrowing = {
        n: v for n, v in call.request.GET.items() if n not in ("cursor", "limit", "count", "fields", "include")
    }
    return f"{call.request.path}?{urlencode(sorted(narrowing.items()))}#{call.actor.organization_id}"


def count(call: Call, capped: Callable[[int | None], int]) -> Count | UnsetType | None:
    """The count that was asked for; `capped` counts up to a number, or all."""
    if call.query.count == "none":
        return UNSET
    most = None if call.query.count == "exact" else COUNT_AT_MOST
    number = capped(None if most is None else most + 1)
    return Count(min(number, most) if most else number, most is not None and number > most)


def rows(call: Call, found: QuerySet[Any], *, key: str = "id", descending: bool = False) -> tuple[list[Any], Links]:
    """A page of a queryset by key, the id deciding between equals."""
    keys = ("id",) if key == "id" else (key, "id")

    def fetch(after: Key | None, forward: bool, limit: int) -> list[tuple[Model, Key]]:
        down = descending is forward
        narrowed = found if after is None else found.filter(_behind(keys, after, down))
        ordered = narrowed.order_by(*(f"-{k}" if down else k for k in keys))
        return [(row, tuple(getattr(row, k) for k in keys)) for row in ordered[:limit]]

    return page(call, fetch)


def _behind(keys: Sequence[str], after: Key, down: bool) -> Q:
    sign = "lt" if down else "gt"
    if len(keys) == 1:
        return Q(**{f"{keys[0]}__{sign}": after[0]})
    first, second = keys
    return Q(**{f"{first}__{sign}": after[0]}) | Q(**{first: after[0], f"{second}__{sign}": after[1]})


def split(text: str | None, known: Sequence[str], parameter: str) -> list[str]:
    """A list of names separated by commas, all of them known."""
    names = [name.strip() for name in text.split(",")] if text else []
    unknown = [name for name in names if name not in known]
    if unknown:
        raise errors.fault(parameter, "unknown", f"There is no “{unknown[0][:60]}” here.")
    return names
