"""The ticket as Python code of Centurion knows it: the engine's row with the original's attributes. No rows of its own.

Code that reads these attributes runs inside the desk and sees everything of the ticket's organization."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Q

from polydesk.tickets import items, models
from polydesk.tickets.models import Relation
from polydesk.tickets.rules.relations import acyclic

from . import codes, fields

_SWAPPED = {"blocks": "blocked_by", "blocked_by": "blocks"}


class Ticket(models.Ticket):
    """The seed's model, for reading; writing goes through the commands of the engine."""

    page_layout: ClassVar[list[Any]] = []
    table_fields: ClassVar[list[str]] = fields.TABLE_FIELDS
    common_fields: ClassVar[list[str]] = list(fields.COMMON)
    common_itsm_fields: ClassVar[list[str]] = list(fields.ITSM)
    fields_itsm_request = fields_itsm_incident = fields_itsm_problem = fields_itsm_change = common_itsm_fields
    common_git_fields = fields_git_issue = fields_git_merge_request = common_fields
    fields_project_task: ClassVar[list[str]] = list(fields.TASK)
    tech_fields: ClassVar[list[str]] = list(fields.TECH_FIELDS)

    class Meta:
        proxy = True
        ordering = ("id",)
        verbose_name = "Ticket"
        verbose_name_plural = "Tickets"
        default_permissions = ()

    @property
    def duration_ticket(self) -> str:
        """Seconds spent, as text (CE-139)."""
        return str(self.time_spent)

    @property
    def linked_items(self) -> list[dict[str, Any]]:
        """Things on the ticket with id, name, type and url; an empty list when there are none (CE-171)."""
        pairs = [(kind, number) for kind, number in self.items if kind in codes.ITEM_NUMBER]
        if self.asset_id and self.asset is not None and (self.asset.type, self.asset.pk) not in pairs:
            pairs.append((self.asset.type, self.asset.pk))
        named = items.names(self.organization_id, pairs)
        return [
            {
                "id": number,
                "name": named[kind, number],
                "type": kind,
                "url": f"/{_where(kind, self.organization_id)}/{number}",
            }
            for kind, number in pairs
            if (kind, number) in named
        ]

    @property
    def related_tickets(self) -> list[dict[str, Any]]:
        """The other side of each relation, told from this side (CE-163)."""
        rows = Relation.objects.filter(Q(source=self) | Q(target=self)).select_related("source", "target")
        return [self._related(row) for row in rows]

    def _related(self, row: Relation) -> dict[str, Any]:
        how = row.type if row.type in codes.RELATION_NUMBER else "related"
        mine = row.source_id == self.pk
        other = row.target if mine else row.source
        how = how if mine else _SWAPPED.get(how, how)
        return {
            "id": other.pk,
            "type": codes.TYPES[codes.TYPE_OF_KIND[other.kind]][0].lower(),
            "title": other.title,
            "how_related": how,
            "icon_filename": f"icons/ticket/ticket-{how}.svg",
            "project": other.project_id,
            "status": codes.status_label(codes.status_number(other.status, other.phase)).lower(),
            "markdown": f"#{other.pk}",
        }

    def circular_dependency_check(self, ticket: Any, parent: Any, depth: int = 0) -> bool:
        """True when making `parent` the parent of `ticket` closes no circle (CE-175). `depth` is the original's; the
        chain of parents is followed to its end, which there is also in a chain that is circular already."""
        return parent is None or acyclic(ticket.pk, parent.pk)


def _where(kind: str, organization_id: int) -> str:
    return codes.ITEM_TYPES[codes.ITEM_NUMBER[kind]][2].format(organization=organization_id)
