"""The rail beside every page: the standing views, the reader's and his teams' own, and the other pages."""

from __future__ import annotations

import contextlib
import time
from typing import NamedTuple

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from polydesk.directory import sharing
from polydesk.directory.actors import Actor
from polydesk.directory.models import Membership, Organization
from polydesk.features import search
from polydesk.features.notifications import inbox
from polydesk.features.search.models import View
from polydesk.web.pages import url
from polydesk.web.statements import fetch_all

from . import lists, preferences
from .shown import Frame, Group, Item


def frame(request: HttpRequest, *, here: str = "") -> Frame:
    """What stands around a page; `here` is the key of a view or page."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    person = request.person  # type: ignore[attr-defined]
    liked = preferences.of(request)
    views = saved(actor)
    counts = _counts(actor, [s.query for s in lists.STANDING if s.key != "all"] + [v.query for v in views])
    standing = [
        Item(str(s.name), _list(s.key), s.icon, counts.get(s.query), here == s.key, s.late) for s in lists.STANDING
    ]
    own = [Item(v.name, _list(str(v.pk)), "bookmark", counts.get(v.query), here == str(v.pk)) for v in views]
    told = Item(_("Notifications"), url("desk:notifications"), "bell", unread(request), here == "notifications")
    groups = [
        Group("", [told, *standing]),
        *([Group(_("Views"), own)] if own else []),
        Group(_("Desk"), _pages(actor, here)),
    ]
    names = dict(_organizations(actor))
    house = names.pop(actor.organization_id, person.organization.name)
    return Frame(
        house=house,
        me=person.name,
        person=person.pk,
        nav=groups,
        others=sorted(names.items(), key=lambda pair: pair[1]),
        **{name: liked[name] for name in ("theme", "density", "rail", "facts", "keys")},
    )


def unread(request: HttpRequest) -> str:
    """How many notifications wait; empty for none."""
    count: int = request.unread  # type: ignore[attr-defined]
    return "" if count < 1 else str(count) if count < 100 else "99+"


def has_looked_at(request: HttpRequest, ticket: int) -> None:
    """What the reader was told of a ticket is read once he looks at it. No statement when nothing waits."""
    if request.unread:  # type: ignore[attr-defined]
        request.unread -= inbox.mark(request.actor, ticket=ticket)  # type: ignore[attr-defined]


def saved(actor: Actor) -> list[View]:
    """The reader's own views, those of his teams and everybody's."""
    return sharing.read(actor, _first)


def _first(visible: Q) -> QuerySet[View]:
    return View.objects.filter(visible).order_by("position", "name", "id")[:30]


def _list(view: str) -> str:
    return f"{url('desk:list')}?view={view}"


def _pages(actor: Actor, here: str) -> list[Item]:
    pages = [
        ("triage", _("Triage"), "list-checks"),
        ("board", _("Board"), "square-kanban"),
        ("calendar", _("Calendar"), "calendar"),
        ("reports", _("Reports"), "chart-column"),
        ("replies", _("Templates"), "message-square-quote"),
    ]
    if actor.is_admin:
        pages.append(("admin", _("Administration"), "settings-2"))
    return [Item(name, url(f"desk:{key}"), icon, here=here == key) for key, name, icon in pages]


_MEMBER_OF = """SELECT o.id, o.name FROM directory_membership m
    JOIN directory_organization o ON o.id = m.organization_id
    WHERE m.person_id = %s AND m.is_active AND m.side = %s LIMIT 50"""


def _organizations(actor: Actor) -> list[tuple[int, str]]:
    """Where else the reader may go."""
    if actor.is_superuser:
        return list(Organization.objects.order_by("name").values_list("id", "name")[:50])
    return fetch_all(_MEMBER_OF, (actor.person_id, Membership.STAFF))  # type: ignore[return-value]


# Counting every view at every page would cost more than the page; what a reader does himself he sees at once.
FRESH = 15.0
SELDOM = 200
"""So many times as long as it took a number holds: a desk of a million tickets is no slower for its numbers."""


class Counted(NamedTuple):
    """A number with the moment when it was counted, and how many seconds it holds."""

    at: float = float("-inf")
    number: str = ""
    holds: float = 0.0


_counted: dict[tuple[int, int | None, str], Counted] = {}


def forget_counts(actor: Actor) -> None:
    """After somebody changed something, his own counts are taken anew, but for those that take long."""
    mine = (actor.organization_id, actor.person_id)
    for key in [k for k, known in _counted.items() if k[:2] == mine and known.holds <= FRESH]:
        _counted.pop(key, None)


def count(actor: Actor, q: str) -> str:
    """How many tickets a query finds, counted no further than anybody reads, and at most every few seconds. Raises
    QueryError."""
    key, now = (actor.organization_id, actor.person_id, q), time.monotonic()
    known = _counted.get(key, Counted())
    if now - known.at > known.holds:
        if len(_counted) > 5_000:
            _counted.clear()
        number = lists.capped(lists.tickets(actor, q))
        took = time.monotonic() - now
        known = _counted[key] = Counted(now, number, max(FRESH, SELDOM * took))
    return known.number


def _counts(actor: Actor, views: list[str]) -> dict[str, str]:
    """How many tickets each view holds; a view that cannot be read has no number."""
    counts = {}
    for text in dict.fromkeys(views):
        with contextlib.suppress(search.QueryError):
            counts[text] = count(actor, text)
    return counts
