"""The current family: create, list, count, get, update (SE-001 … SE-005)."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpRequest

from polydesk.directory.actors import Actor

from .. import fields, finding, opening, reading, sharing
from ..auth import check_may
from ..opening import Wish
from ..reading import Body, Query
from ..rules import NEEDS_A_PROJECT

SORTS = {
    "created_at": "created_at",
    "updated_at": "public_active_at",
    "resolved_at": "solved_at",
    "closed_at": finding.when_closed(),
}


def create(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """SE-070 … SE-078."""
    check_may(actor, "create")
    wish = _wish(Body(reading.body(request)))
    return fields.current([opening.create(actor, wish)])[0]


def _wish(body: Body) -> Wish:
    access = body.word("access_level", fields.ACCESS_LEVELS, required=True)
    projects = body.texts("keystone_projects", required=True, limit=fields.LONGEST_PROJECT)
    wish = Wish(
        summary=body.text("summary", required=True, limit=fields.LONGEST_SUMMARY) or "",
        comment=body.text("comment_body", nullable=True, empty=True, limit=fields.LONGEST_COMMENT) or "",
        access=access or "",
        projects=projects or [],
        files=body.uuids("files", required=True),
        categories=body.texts("categories", required=True) or [],
        category_fields=_category_fields(body),
        body_values=_body_values(body),
        products=body.texts("products", required=True) or [],
        secrets=body.wholes("secrets", required=True) or [],
    )
    if access == "project_users" and projects == []:
        body.fault("keystone_projects", NEEDS_A_PROJECT)
    body.check()
    return wish


def _category_fields(body: Body) -> list[tuple[str, list[str]]]:
    items = body.members.get("category_fields")
    if items is None:
        return []
    if not isinstance(items, list):
        body.fault("category_fields", "This must be an array or null.")
        return []
    pairs = []
    for n, item in enumerate(items):
        inner = Body(item if isinstance(item, dict) else {})
        pairs.append((inner.text("key", required=True) or "", inner.texts("values", required=True) or []))
        for name, message in inner.faults.items():
            body.fault(f"category_fields.{n}.{name}", message)
    return pairs


def _body_values(body: Body) -> dict[str, Any] | None:
    values = body.members.get("body_values")
    if values is not None and not isinstance(values, dict):
        body.fault("body_values", "This must be an object or null.")
        return None
    return values


def listed(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """SE-080 … SE-088."""
    query = Query(request)
    page, size = query.whole("page", 1, reading.INT32), query.whole("items_per_page", 10, 1000)
    sort_by, order = query.word("sort_by", SORTS, "created_at"), query.word("sort_by_order", ("asc", "desc"), "desc")
    wanted = _filters(query, actor)
    rows = finding.page(actor, wanted, SORTS[sort_by], order, page, size)
    return {"items": fields.current(rows, listed=True), "items_per_page": size, "page": page}


def count(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """SE-090: the number that listing all pages would give."""
    return {"items_count": finding.seen(actor).filter(_filters(Query(request), actor)).count()}


def _filters(query: Query, actor: Actor) -> Q:
    q, opened, closed = query.text("q"), query.flag("is_only_opened"), query.flag("is_only_closed")
    abuse = query.flag("is_only_abuse")
    levels, projects = query.texts("access_levels", fields.ACCESS_LEVELS), query.texts("keystone_projects")
    query.check()
    wanted = finding.matching(q) if q.strip() else Q()
    if opened:
        wanted &= ~finding.CLOSED
    if closed:
        wanted &= finding.CLOSED
    if abuse:
        wanted &= finding.about_abuse(actor.organization_id)
    if levels:
        wanted &= Q(access__in=levels)
    if projects:
        wanted &= finding.in_projects(projects)
    return wanted


def get(request: HttpRequest, actor: Actor, number: str) -> dict[str, Any]:
    """SE-092."""
    return fields.current([finding.look(actor, number)])[0]


def update(request: HttpRequest, actor: Actor, number: str) -> dict[str, Any]:
    """SE-094 … SE-096: both fields are required, also with PATCH."""
    ticket = finding.one(actor, number)
    check_may(actor, "share", ticket)
    body = sharing.changed(reading.body(request), ticket)
    for name in ("access_level", "keystone_projects"):
        if name not in body.given:
            body.fault(name, reading.REQUIRED)
    access = body.word("access_level", fields.ACCESS_LEVELS)
    projects = body.texts("keystone_projects", limit=fields.LONGEST_PROJECT)
    body.check()
    return fields.current([sharing.share(actor, ticket, access, projects)])[0]
