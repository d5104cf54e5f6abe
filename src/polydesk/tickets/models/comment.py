"""What people write on a ticket, and the time they book (RC-100 … RC-108).

The *opening message* is an entry of type `opening` with no text of its own: its text is the ticket's description,
so that there is one text with one writer (RC-100)."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from polydesk.directory.models.organization import Owned, Stamped
from polydesk.web.moments import Moment

from .ticket import Ticket, reference


class CommentCategory(Owned, Stamped):
    """A category of comments (CE-179)."""

    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.RESTRICT, related_name="children")
    name = models.CharField(max_length=50)
    runbook_id = models.BigIntegerField(null=True, blank=True)
    types = models.JSONField(default=list, blank=True)
    """Entry types that may use it; empty means all."""


class Comment(models.Model):
    """An entry of a ticket. Its type and author never change (RC-290)."""

    TYPES = (
        ("opening", "Opening message"),
        ("comment", "Comment"),
        ("task", "Task"),
        ("notification", "Notification"),
        ("solution", "Solution"),
        ("automation", "Note of an automation"),
    )

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="comments", db_index=False)
    type = models.CharField(max_length=20, choices=TYPES, default="comment")
    internal = models.BooleanField(default=False)
    text = models.TextField(blank=True, default="")
    format = models.CharField(max_length=10, default="markdown")
    author = reference("directory.Person", indexed=True)
    impersonator = reference("directory.Person")
    side = models.CharField(max_length=10, default="staff")
    """`customer`, `staff` or `system` (RC-104)."""
    via = models.CharField(max_length=20, default="")
    source = models.CharField(max_length=20, default="direct")
    """Centurion's own: direct, email, helpdesk, phone (RC-168)."""
    reply_to = models.ForeignKey("self", null=True, blank=True, on_delete=models.RESTRICT, related_name="replies")
    sent_at = Moment(default=timezone.now)
    edited_at = Moment(null=True, blank=True)
    deleted_at = Moment(null=True, blank=True)
    read_at = Moment(null=True, blank=True)
    """When the customer read it (RC-092); meaningful for staff messages."""
    rating = models.JSONField(null=True, blank=True)
    moved_to = models.ForeignKey(Ticket, null=True, blank=True, on_delete=models.RESTRICT, related_name="+")
    moved_at = Moment(null=True, blank=True)
    copied_from = models.BigIntegerField(null=True, blank=True)

    # a task's facts, and what Centurion tells of a comment (RC-108)
    task_status = models.CharField(max_length=10, default="todo")
    responsible_person = reference("directory.Person")
    responsible_team = reference("directory.Team")
    planned_start = Moment(null=True, blank=True)
    planned_finish = Moment(null=True, blank=True)
    real_start = Moment(null=True, blank=True)
    real_finish = Moment(null=True, blank=True)
    closed_at = Moment(null=True, blank=True)
    category = reference("tickets.CommentCategory")
    template = models.ForeignKey("self", null=True, blank=True, on_delete=models.RESTRICT, related_name="+")
    is_template = models.BooleanField(default=False)
    external_system = models.CharField(max_length=30, null=True, blank=True)
    external_ref = models.CharField(max_length=100, null=True, blank=True)
    extra = models.JSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ("id",)
        indexes = (
            models.Index(fields=["ticket", "id"], name="comment_ticket"),
            models.Index(fields=["ticket", "internal", "type", "id"], name="comment_public"),
        )
        constraints = (
            models.UniqueConstraint(fields=["ticket"], condition=models.Q(type="opening"), name="comment_one_opening"),
        )

    @property
    def is_public(self) -> bool:
        """May a customer read it (RC-177)? Tasks never reach the customer side (RC-352)."""
        return not self.internal and self.type != "task" and self.deleted_at is None


class TimeEntry(models.Model):
    """Work booked on a ticket, on one of its comments or on the ticket alone (RC-107). Seconds."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="time_entries")
    comment = models.ForeignKey(Comment, null=True, blank=True, on_delete=models.SET_NULL, related_name="time_entries")
    person = reference("directory.Person", indexed=True)
    role = reference("directory.JobRole")
    seconds = models.PositiveIntegerField(default=0)
    worked_on = models.DateField()
    started_at = Moment(null=True, blank=True)
    ended_at = Moment(null=True, blank=True)
    summary = models.TextField(blank=True, default="")
    internal_note = models.TextField(blank=True, default="")
    work_type = reference("directory.WorkType")
    contract = reference("directory.Contract")
    contract_service = reference("directory.ContractService")
    contract_bundle = reference("directory.ContractBundle")
    is_billable = models.BooleanField(default=True)
    posted_at = Moment(null=True, blank=True)
    """Approved for billing: from then on it pins the ticket's company (RC-286)."""
    created_at = Moment(default=timezone.now)
    created_by = reference("directory.Person")
    updated_at = Moment(auto_now=True)
    updated_by = reference("directory.Person")
    extra = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ("id",)
