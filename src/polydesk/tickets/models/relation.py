"""What ties a ticket to other tickets, people and things. All but `Relation` repeat lists of the ticket's row
as rows, for queries only: `tickets.edits` writes both in one step."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from polydesk.web.moments import Moment

from .ticket import Ticket, reference


class Relation(models.Model):
    """One ticket to another (RC-056): at most one of related, blocks, blocked_by for a pair in either direction."""

    TYPES = (
        ("related", "Related"),
        ("blocks", "Blocks"),
        ("blocked_by", "Blocked by"),
        ("change", "Incident or problem of a change"),
        ("duplicate", "Duplicate of"),
    )

    source = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="relations_out")
    target = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="relations_in")
    type = models.CharField(max_length=20, choices=TYPES)
    created_at = Moment(default=timezone.now)
    created_by = reference("directory.Person")

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["source", "target", "type"], name="relation_once"),
            models.CheckConstraint(condition=~models.Q(source=models.F("target")), name="relation_not_to_itself"),
        )


class Participant(models.Model):
    """Somebody on a ticket: part `assigned`, `watching` or `supplier`."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="participants")
    part = models.CharField(max_length=10)
    person = models.ForeignKey(
        "directory.Person", null=True, on_delete=models.RESTRICT, related_name="+", db_index=False
    )
    team = models.ForeignKey("directory.Team", null=True, on_delete=models.RESTRICT, related_name="+", db_index=False)
    company = models.ForeignKey(
        "directory.Company", null=True, on_delete=models.RESTRICT, related_name="+", db_index=False
    )
    position = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = (
            models.Index(fields=["person", "part", "ticket"], name="participant_person"),
            models.Index(fields=["team", "part", "ticket"], name="participant_team"),
            models.Index(fields=["company", "part", "ticket"], name="participant_company"),
        )


class TicketTag(models.Model):
    """A tag on a ticket."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="tag_rows")
    tag = models.ForeignKey("tickets.Tag", on_delete=models.RESTRICT, related_name="ticket_rows")


class TicketItem(models.Model):
    """A thing that a ticket speaks about: kind and id as in `$kind-id` (RC-058, CE-172)."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="item_rows")
    kind = models.CharField(max_length=30)
    item_id = models.BigIntegerField()
    created_at = Moment(default=timezone.now)

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=["kind", "item_id", "ticket"], name="ticket_item_thing"),)
        constraints = (models.UniqueConstraint(fields=["ticket", "kind", "item_id"], name="ticket_item_once"),)


class AccessProject(models.Model):
    """A customer-side project id that may read a ticket (RC-052)."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="access_project_rows")
    key = models.CharField(max_length=100, db_index=True)
