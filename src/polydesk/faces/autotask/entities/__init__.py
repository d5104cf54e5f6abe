"""Every entity this face knows, by name and by the address below its parent (sections 9 and 10)."""

from __future__ import annotations

from ..fields import Entity
from . import (
    agreements,
    approvals,
    attachments,
    checklist,
    customers,
    expenses,
    filing,
    logs,
    members,
    money,
    notes,
    resources,
    things,
    tickets,
    webhooks,
    work,
)

ALL: tuple[Entity, ...] = (
    tickets.ENTITY,
    *notes.ENTITIES,
    *attachments.ENTITIES,
    *checklist.ENTITIES,
    *members.ENTITIES,
    *money.ENTITIES,
    *expenses.ENTITIES,
    *approvals.ENTITIES,
    *work.ENTITIES,
    *logs.ENTITIES,
    *customers.ENTITIES,
    *resources.ENTITIES,
    *agreements.ENTITIES,
    *things.ENTITIES,
    *filing.ENTITIES,
    *webhooks.ENTITIES,
)

ENTITIES = {entity.name.lower(): entity for entity in ALL}
ENTITIES["companycontacts"] = customers.CONTACTS  # what apigrate calls them
CHILDREN = {(e.parent.lower(), e.path.lower()): e for e in ALL if e.parent}
REFUSED_NAMES = {**tickets.REFUSED_NAMES, "url": ("webhookUrl", "")}
