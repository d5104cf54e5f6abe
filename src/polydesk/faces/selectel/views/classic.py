"""The classic family's deprecated four: create, list, get, update (SE-009 … SE-012)."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpRequest

from polydesk.directory.actors import Actor

from .. import fields, finding, opening, reading, sharing
from ..auth import check_may
from ..folding import Fold
from ..opening import Wish
from ..reading import INT32, Body, Query
from ..rules import NEEDS_A_PROJECT

SORTS = {
    "created_at": "created_at",
    "updated_at": "public_active_at",
    "number": "pk",
    "summary": Fold("title"),
    "status": finding.by_status(),
}


def create(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """SE-100 … SE-105."""
    check_may(actor, "create")
    wish = _wish(Body(reading.body(request)))
    return fields.classic(opening.create(actor, wish))


def _wish(body: Body) -> Wish:
    access = body.word("access_level", fields.ACCESS_LEVELS) or "all_users"
    projects = body.texts("keystone_projects", least=1, most=1, limit=fields.LONGEST_PROJECT)
    wish = Wish(
        summary=body.text("summary", required=True, limit=fields.LONGEST_SUMMARY) or "",
        comment=body.text("comment_body", required=True, limit=fields.LONGEST_COMMENT) or "",
        access=access,
        projects=projects or [],
        files=body.uuids("files", least=1),
        topic=body.text("topic_key"),
        notice=body.whole("notice_id", -INT32 - 1, INT32),
    )
    if access == "project_users" and projects is None:
        body.fault("keystone_projects", NEEDS_A_PROJECT)
    body.check()
    return wish


def listed(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """SE-110 … SE-114."""
    query = Query(request)
    page, size = query.whole("page", 1, INT32), query.whole("items_per_page", 10, 1000)
    sort_by, order = query.word("sort_by", SORTS, "created_at"), query.word("sort_by_order", ("asc", "desc"), "desc")
    wanted = _filters(query)
    matches = finding.seen(actor).filter(wanted).count()
    rows = finding.page(actor, wanted, SORTS[sort_by], order, page, size)
    return {
        "item_count": matches,
        "items": [fields.classic(row, listed=True) for row in rows],
        "items_per_page": size,
        "page": page,
        "page_count": -(-matches // size),
    }


def _filters(query: Query) -> Q:
    q, opened, closed = query.text("q", empty=False), query.flag("only_opened"), query.flag("only_closed")
    levels = query.texts("access_level", fields.ACCESS_LEVELS, most=1)
    projects = query.texts("keystone_projects", most=1)
    query.check()
    wanted = finding.matching(q) if q else Q()
    if opened:
        wanted &= ~finding.CLOSED
    if closed:
        wanted &= finding.CLOSED
    if levels:
        wanted &= Q(access__in=levels)
    if projects:
        wanted &= finding.in_projects(projects)
    return wanted


def get(request: HttpRequest, actor: Actor, number: str) -> dict[str, Any]:
    """SE-116."""
    return fields.classic(finding.look(actor, number))


def update(request: HttpRequest, actor: Actor, number: str) -> dict[str, Any]:
    """SE-117: both fields are optional; what is left out stays."""
    ticket = finding.one(actor, number)
    check_may(actor, "share", ticket)
    body = sharing.changed(reading.body(request), ticket)
    access = body.word("access_level", fields.ACCESS_LEVELS)
    projects = body.texts("keystone_projects", least=1, most=1, limit=fields.LONGEST_PROJECT)
    body.check()
    return fields.classic(sharing.share(actor, ticket, access, projects))
