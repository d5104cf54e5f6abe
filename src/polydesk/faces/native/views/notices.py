"""Notices: announcements to one company or to all (PL-101, SE-104)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from msgspec import UNSET

from polydesk.directory.models import Company
from polydesk.faces.native import errors, lists, shapes, showing
from polydesk.faces.native.fields import RefIn
from polydesk.faces.native.wire import Call, Reply
from polydesk.features.notices.models import Notice, visible
from polydesk.tickets.checks import Rows
from polydesk.tickets.refusals import Missing, Stale
from polydesk.web.problems import Problem


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
    _require_admin(call)
    row = Notice(organization_id=call.actor.organization_id)
    _take(call, row)
    return Reply(_shown([row])[0], version=row.version, headers={"Location": f"{showing.PREFIX}/notices/{row.pk}"})


def change(call: Call, id: int) -> Reply:
    """Change a notice."""
    row = _one(call, id)
    _require_admin(call)
    if call.expected is not None and call.expected != row.version:
        raise Stale(row.version)
    row.version += 1
    _take(call, row)
    return read(call, id)


def remove(call: Call, id: int) -> Reply:
    """Forget a notice; tickets that were opened from it keep its number."""
    row = _one(call, id)
    _require_admin(call)
    row.delete()
    return Reply()


def _one(call: Call, id: int) -> Notice:
    row = visible(call.actor).filter(pk=id).first() if id < 2**63 else None
    if row is None:
        raise Missing
    return row


def _require_admin(call: Call) -> None:
    if not call.actor.is_admin:
        raise Problem("forbidden", "Notices are written by administrators.")


def _take(call: Call, row: Notice) -> None:
    given = {n: v for n in call.body.__struct_fields__ if (v := getattr(call.body, n)) is not UNSET}
    if "company" in given:
        company: Any = given.pop("company")
        row.company_id = company.id if isinstance(company, RefIn) else company
        if row.company_id is not None and Rows(row.organization_id).get("directory.Company", row.company_id) is None:
            raise errors.fault("company", "unknown", "There is no such company.", "validation")
    for name, value in given.items():
        setattr(row, name, value)
    try:
        row.full_clean()
    except ValidationError as error:
        name, problems = next(iter(error.message_dict.items()))
        raise errors.fault(name, "invalid", " ".join(problems), "validation") from None
    row.save()


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
