"""Writing notices: administrators alone (SE-104)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from polydesk.directory.actors import Actor
from polydesk.tickets import prepared
from polydesk.tickets.checks import Rows
from polydesk.tickets.refusals import Denied, refuse
from polydesk.web.sentences import say

from .models import Notice


def add(values: Mapping[str, Any], *, by: Actor) -> Notice:
    """Announce something; `company_id` None means to all."""
    _require_admin(by)
    row = Notice(organization_id=by.organization_id)
    _put(row, values, by)
    return row


def change(row: Notice, values: Mapping[str, Any], *, by: Actor, expected: int | None = None) -> None:
    """Change a notice."""
    _require_admin(by)
    prepared.require_version(row, expected)
    row.version += 1
    _put(row, values, by)


def remove(row: Notice, *, by: Actor) -> None:
    """Forget a notice; tickets that were opened from it keep its number."""
    _require_admin(by)
    row.delete()


def _put(row: Notice, values: Mapping[str, Any], by: Actor) -> None:
    company = values.get("company_id")
    if company is not None and Rows(by.organization_id).get("directory.Company", company) is None:
        raise refuse("unknown", "company", say("There is no such company."))
    for name, value in values.items():
        setattr(row, name, value)
    prepared.keep(row)


def _require_admin(by: Actor) -> None:
    if not by.is_admin:
        raise Denied(say("Notices are written by administrators."))
