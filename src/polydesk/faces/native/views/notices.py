"""Notices: announcements to one company or to all (PL-101, SE-104)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET

from polydesk.directory.models import Company
from polydesk.faces.native import lists, shapes, showing
from polydesk.faces.native.fields import RefIn
from polydesk.faces.native.wire import Call, Reply
from polydesk.features.notices import writing
from polydesk.features.notices.models import Notice, visible
from polydesk.tickets.refusals import Missing


def listing(call: Call) -> Reply:
    """Staff see all notices, a customer those to his company and to everybody."""
    found = visible(call.actor).order_by()
    rows, links = lists.rows(call, found, descending=True)
    return Reply(lists.Page(_shown(rows), links, lists.count(call, lambda most: found[:most].count())))


def read(call: Call, id: int) -> Reply:
    """One notice."""
    row = _one(call, id)
    return Reply(_shown([row])[0], version=row.version)


def create(call: Call) -> Reply:
    """Write a notice."""
    row = writing.add(_given(call), by=call.actor)
    return Reply(_shown([row])[0], version=row.version, headers={"Location": f"{showing.PREFIX}/notices/{row.pk}"})


def change(call: Call, id: int) -> Reply:
    """Change a notice."""
    writing.change(_one(call, id), _given(call), by=call.actor, expected=call.expected)
    return read(call, id)


def remove(call: Call, id: int) -> Reply:
    """Forget a notice; tickets that were opened from it keep its number."""
    writing.remove(_one(call, id), by=call.actor)
    return Reply()


def _one(call: Call, id: int) -> Notice:
    row = visible(call.actor).filter(pk=id).first() if id < 2**63 else None
    if row is None:
        raise Missing
    return row


def _given(call: Call) -> dict[str, Any]:
    given = {n: v for n in call.body.__struct_fields__ if (v := getattr(call.body, n)) is not UNSET}
    if "company" in given:
        company = given.pop("company")
        given["company_id"] = company.id if isinstance(company, RefIn) else company
    return given


def _shown(rows: Sequence[Notice]) -> list[shapes.Notice]:
    companies = showing.refs(Company, [row.company_id for row in rows])
    return [
        shapes.Notice(
            id=row.pk,
            version=row.version,
            title=row.title,
            text=row.text,
            notification_categories=row.notification_categories,
            company=companies(row.company_id),
            created_at=row.created_at,
        )
        for row in rows
    ]
