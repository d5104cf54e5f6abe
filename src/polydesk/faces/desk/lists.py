"""Lists of tickets: the standing views, one page by key, and rows ready to be shown (PL-201)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.db.models import F, Model, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from polydesk.directory.actors import Actor
from polydesk.directory.models import Company, Person
from polydesk.features import search, sla
from polydesk.features.sla.models import Clock
from polydesk.tickets.models import Queue, Ticket
from polydesk.web import cursors
from polydesk.web.pages import url
from polydesk.web.statements import Both, fetch_all, listed

from . import words
from .naming import named
from .shown import Due, Row
from .vocabulary import Vocabulary

PAGE = 50
CAP = 1000
FAR = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Standing:
    """A view that everybody has; `late` counts are shown in red."""

    key: str
    name: Any
    query: str
    icon: str
    late: bool = False


STANDING = (
    Standing("inbox", _("Inbox"), "status:open assignee:none", "inbox"),
    Standing("mine", _("Mine"), "status:open assignee:me", "user-round"),
    Standing("team", _("Team"), "status:open team:mine", "users-round"),
    Standing("late", _("Breaching"), "status:open due<4h", "alarm-clock", late=True),
    Standing("open", _("All open"), "status:open", "circle-dot"),
    Standing("all", _("All tickets"), "", "layers"),
)


@dataclass(frozen=True, slots=True)
class Order:
    """A way to sort: the column (never null in the database's eyes) and the direction of its first click."""

    key: str
    name: Any
    expression: Any
    column: str
    down: bool


ORDERS = {
    order.key: order
    for order in (
        Order("updated", _("Last change"), F("active_at"), "active_at", True),
        Order("created", _("Newest"), F("id"), "id", True),
        Order("priority", _("Priority"), Coalesce("priority_level", Value(0)), "level", True),
        Order("due", _("Due first"), Coalesce("due_at", Value(FAR)), "due", False),
        Order("title", _("Title"), F("title"), "title", False),
    )
}
SHOWN = (
    "id",
    "title",
    "phase",
    "status",
    "priority",
    "priority_level",
    "kind",
    "requester_id",
    "company_id",
    "assignee_id",
    "assigned_teams",
    "queue_id",
    "category_id",
    "due_at",
    "active_at",
    "created_at",
    "version",
    "latest_message",
    "latest_side",
    "closed_at",
)


@dataclass(slots=True)
class Asked:
    """Which list is asked for: the view's key (or a saved view's number), its text, order and place."""

    view: str = ""
    q: str = ""
    sort: str = ""
    after: str = ""

    @classmethod
    def of(cls, values: QueryDict) -> Asked:
        return cls(*(values.get(name, "")[:2000] for name in ("view", "q", "sort", "after")))

    @property
    def order(self) -> tuple[Order, bool]:
        """The order and whether it goes down; an unknown one is the usual one."""
        order = ORDERS.get(self.sort.lstrip("-+"), ORDERS["updated"])
        return order, not order.down if self.sort.startswith("+") else order.down

    def link(self, **changed: str) -> str:
        """The address of this list with something changed; a change of filters starts at the top."""
        return url("desk:list") + _query({"view": self.view, "q": self.q, "sort": self.sort} | changed)

    @property
    def context(self) -> str:
        """What an opened ticket carries along, so that the list beside it stays this one."""
        return _query({"view": self.view, "q": self.q, "sort": self.sort, "after": self.after})


def _query(values: dict[str, str]) -> str:
    """A view's name stands for its text; a list without either is everything."""
    if values["view"]:
        values = values | {"q": ""}
    text = urlencode({n: v for n, v in values.items() if v or (n == "q" and not values["view"])})
    return f"?{text}" if text else ""


@dataclass(slots=True)
class Page:
    rows: list[Row] = field(default_factory=list)
    older: str = ""
    error: str = ""


def tickets(actor: Actor, q: str) -> QuerySet[Ticket]:
    """The visible tickets that a query text names."""
    return search.tickets(actor, q)


def page(
    actor: Actor,
    asked: Asked,
    vocabulary: Vocabulary,
    *,
    here: int = 0,
    size: int = PAGE,
    only: set[int] | None = None,
) -> Page:
    """One page by key, whatever the length of the list; of it `only` some rows when they are named."""
    order, down = asked.order
    try:
        found = tickets(actor, asked.q).annotate(sort_key=order.expression)
        if asked.after:
            found = found.filter(_after(asked, down))
    except search.QueryError as error:
        return Page(error=gettext("Column %(column)d: %(why)s.") % {"column": error.column, "why": error.message})
    except cursors.BadCursor:
        return Page(error=gettext("This page of the list is gone. Begin at the top."))
    sign = "-" if down else ""
    raw = list(found.order_by(f"{sign}sort_key", f"{sign}id").values(*SHOWN, "sort_key")[: size + 1])
    older = ""
    if len(raw) > size:
        raw = raw[:size]
        last = raw[-1]
        older = cursors.encode([_plain(last["sort_key"]), last["id"]], scope=_scope(asked))
    if only is not None:
        raw = [r for r in raw if r["id"] in only]
    return Page(rows(actor, raw, vocabulary, asked, here=here), older)


def _scope(asked: Asked) -> str:
    return f"desk:{asked.q}:{asked.sort}"


def _plain(value: Any) -> Any:
    return value


def _after(asked: Asked, down: bool) -> Q:
    key, pk = cursors.decode(asked.after, scope=_scope(asked))
    way = "lt" if down else "gt"
    return Q(**{f"sort_key__{way}": key}) | Q(**{"sort_key": key, f"id__{way}": pk})


def rows(
    actor: Actor, raw: Iterable[dict[str, Any]], vocabulary: Vocabulary, asked: Asked | None = None, *, here: int = 0
) -> list[Row]:
    """Rows with the words of the organization; a statement for their names, one for the clocks, one for what the reader
    has seen."""
    raw, now = list(raw), timezone.now()
    names = named(_mentioned(raw))
    ids = [r["id"] for r in raw if r["latest_side"] == "customer"]
    clocks = sla.clocks([r["id"] for r in raw])
    address = url("desk:ticket", number=0)[:-1]
    seen = dict(fetch_all(_SEEN, (actor.person_id, listed(ids)))) if ids else {}
    return [
        Row(
            number=r["id"],
            title=r["title"] or gettext("(no title)"),
            url=f"{address}{r['id']}",
            phase=r["phase"],
            status=vocabulary.status(r["status"]),
            level=r["priority_level"] or 0,
            priority=vocabulary.priority(r["priority"]),
            requester=names[Person].get(r["requester_id"], ""),
            company=names[Company].get(r["company_id"], ""),
            assignee=names[Person].get(r["assignee_id"], ""),
            team=", ".join(vocabulary.teams.get(t, "") for t in r["assigned_teams"]),
            queue=names[Queue].get(r["queue_id"], ""),
            kind=vocabulary.kind(r["kind"]),
            category=vocabulary.categories.get(r["category_id"], ""),
            due=due(r["due_at"], r["created_at"], r["phase"], r["closed_at"], now, clocks.get(r["id"])),
            updated=r["active_at"],
            created=r["created_at"],
            unread=r["latest_side"] == "customer"
            and r["phase"] in ("new", "open", "waiting")
            and seen.get(r["id"], -1) < (r["latest_message"] or 0),
            here=r["id"] == here,
            version=r["version"],
        )
        for r in raw
    ]


_SEEN = Both(
    "SELECT ticket_id, message FROM desk_seen WHERE person_id = %s AND ticket_id = ANY(%s)",
    "SELECT ticket_id, message FROM desk_seen WHERE person_id = %s AND ticket_id IN (SELECT value FROM json_each(%s))",
)


def _mentioned(raw: list[dict[str, Any]]) -> dict[type[Model], set[int]]:
    """The people, companies and queues that these rows mention."""
    columns = {Person: ("requester_id", "assignee_id"), Company: ("company_id",), Queue: ("queue_id",)}
    return {model: {r[name] for r in raw for name in names if r[name]} for model, names in columns.items()}


def due(
    at: dt.datetime | None,
    since: dt.datetime,
    phase: str,
    closed: dt.datetime | None,
    now: dt.datetime,
    clock: Clock | None = None,
) -> Due | None:
    """What runs out next, the service level's clock before the promised date: quiet until a quarter is left, amber,
    red when it is over; done ones say how it ended."""
    if clock is not None and clock.paused_at is not None:
        return Due(gettext("paused"), "paused", gettext("The clock stands still"))
    if clock is not None and (clock.due is not None or at is None):
        at, since = clock.due, clock.started
        if at is None:
            return None if clock.met is None else _ended(bool(clock.met), "")
    if at is None:
        return None
    title = gettext("Due %(moment)s") % {"moment": words.exact(at)}
    if phase in ("solved", "closed", "dropped"):
        return _ended(closed is None or closed <= at, title)
    if phase == "waiting" and now < at:
        return Due(gettext("paused"), "paused", title)
    if now >= at:
        return Due(gettext("%(span)s over") % {"span": words.span(now - at)}, "breached", title, 0)
    whole = max((at - since).total_seconds(), 1)
    share = min(1.0, (at - now).total_seconds() / whole)
    soon = share <= 0.25 or at - now < dt.timedelta(hours=1)
    text = gettext("%(span)s left") % {"span": words.span(at - now)} if soon else words.span(at - now)
    return Due(text, "soon" if soon else "", title, share)


def _ended(met: bool, title: str) -> Due:
    return Due(gettext("met") if met else gettext("late"), "met" if met else "missed", title)


def capped(found: QuerySet[Ticket], cap: int = CAP) -> str:
    """A count that never counts further than anybody reads."""
    number = found.order_by()[: cap + 1].count()
    return f"{words.count(cap)}+" if number > cap else str(number)
