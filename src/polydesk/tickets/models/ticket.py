"""The ticket: the union of what every face can say (RC section 2), written by tickets.edits alone.

Lists (people, teams, suppliers, tags, items …) stand on the row as JSON, so that one SELECT reads a whole ticket;
the rows of `relation.py` repeat them only as an index for queries. `status` and `priority` are keys, so that showing
one needs no join; `phase` and `priority_level` follow them."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone

from polydesk.directory.models.organization import Organization
from polydesk.web.moments import Moment

PHASES = ("new", "open", "waiting", "solved", "closed", "dropped")
ACCESS = (("all_users", "All users"), ("account_users", "Account users"), ("project_users", "Project users"))


def reference(to: str, *, indexed: bool = False) -> Any:
    """A nullable reference that edits alone clear: a row that tickets name cannot vanish beneath them."""
    return models.ForeignKey(to, null=True, blank=True, on_delete=models.RESTRICT, related_name="+", db_index=indexed)


class Ticket(models.Model):
    """One ticket. Nobody but `tickets.edits` writes it (PL-020)."""

    # identity and people (RC-021 … RC-029)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=20)
    company = reference("directory.Company", indexed=True)
    site = reference("directory.Site")
    requester = reference("directory.Person", indexed=True)
    creator = reference("directory.Person", indexed=True)
    creator_side = models.CharField(max_length=10, default="staff")
    impersonator = reference("directory.Person")

    # content (RC-030 … RC-053)
    status = models.CharField(max_length=40)
    phase = models.CharField(max_length=10)
    title = models.CharField(max_length=255)
    description = models.TextField(blank=True, default="")
    description_format = models.CharField(max_length=10, default="markdown")
    resolution = models.TextField(blank=True, default="")
    resolution_format = models.CharField(max_length=10, default="markdown")
    priority = models.CharField(max_length=40, null=True, blank=True)
    priority_level = models.PositiveSmallIntegerField(null=True, blank=True)
    urgency = models.PositiveSmallIntegerField(null=True, blank=True)
    impact = models.PositiveSmallIntegerField(null=True, blank=True)
    category = reference("tickets.Category", indexed=True)
    fields = models.JSONField(default=dict, blank=True)
    form = reference("tickets.Form")
    queue = reference("tickets.Queue", indexed=True)
    products = models.JSONField(default=list, blank=True)
    assignee = reference("directory.Person", indexed=True)
    assignee_role = reference("directory.JobRole")
    assigned_people = models.JSONField(default=list, blank=True)
    assigned_teams = models.JSONField(default=list, blank=True)
    suppliers = models.JSONField(default=list, blank=True)
    watchers = models.JSONField(default=list, blank=True)
    watching_teams = models.JSONField(default=list, blank=True)
    tags = models.JSONField(default=list, blank=True)
    access = models.CharField(max_length=20, choices=ACCESS, default="all_users")
    access_projects = models.JSONField(default=list, blank=True)
    shared = models.BooleanField(default=True)

    # links (RC-054 … RC-073)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.RESTRICT, related_name="children")
    problem = models.ForeignKey("self", null=True, blank=True, on_delete=models.RESTRICT, related_name="incidents")
    split_from = models.ForeignKey("self", null=True, blank=True, on_delete=models.RESTRICT, related_name="splits")
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.RESTRICT, related_name="merged")
    asset = reference("directory.Asset", indexed=True)
    items = models.JSONField(default=list, blank=True)
    project = reference("directory.Project", indexed=True)
    milestone = reference("directory.Milestone")
    contract = reference("directory.Contract")
    contract_service = reference("directory.ContractService")
    contract_bundle = reference("directory.ContractBundle")
    work_type = reference("directory.WorkType")
    opportunity = reference("directory.Opportunity")
    purchase_order = models.CharField(max_length=50, blank=True, default="")
    external_system = models.CharField(max_length=30, null=True, blank=True)
    external_ref = models.CharField(max_length=100, null=True, blank=True)
    external_id = models.CharField(max_length=50, blank=True, default="")
    channel = models.CharField(max_length=20, default="other")
    change_plan = models.JSONField(default=list, blank=True)
    approval_board = models.BigIntegerField(null=True, blank=True)
    approval_status = models.CharField(max_length=30, null=True, blank=True)
    approval_rule = models.CharField(max_length=30, null=True, blank=True)

    # times, clocks, marks (RC-074 … RC-099)
    due_at = Moment(null=True, blank=True)
    planned_start = Moment(null=True, blank=True)
    planned_finish = Moment(null=True, blank=True)
    real_start = Moment(null=True, blank=True)
    real_finish = Moment(null=True, blank=True)
    follow_up_on = models.DateField(null=True, blank=True)
    action_due_on = models.DateField(null=True, blank=True)
    estimate = models.PositiveIntegerField(null=True, blank=True)
    time_spent = models.PositiveIntegerField(default=0)
    created_at = Moment(default=timezone.now)
    edited_at = Moment(default=timezone.now)
    active_at = Moment(default=timezone.now)
    active_by = reference("directory.Person")
    public_active_at = Moment(default=timezone.now)
    customer_notified_at = Moment(null=True, blank=True)
    solved_at = Moment(null=True, blank=True)
    closed_at = Moment(null=True, blank=True)
    closed_by = reference("directory.Person")
    closed_by_system = models.BooleanField(default=False)
    final = models.BooleanField(default=False)
    reopen_count = models.PositiveIntegerField(default=0)
    sla = reference("directory.SlaPolicy")
    rating = models.JSONField(null=True, blank=True)
    deleted_at = Moment(null=True, blank=True)
    deleted_by = reference("directory.Person")
    latest_message = models.BigIntegerField(null=True, blank=True)
    """Id of the newest public entry after the opening message (RC-033)."""
    latest_side = models.CharField(max_length=10, blank=True, default="")
    """Side of the newest public message, the opening one included: whose turn it is (RC-093)."""
    extra = models.JSONField(default=dict, blank=True)
    """What one face alone knows, under that face's name (the rule of two)."""
    version = models.PositiveIntegerField(default=0)
    """Number of the newest event: moves with every event and never otherwise (RC-098, PL-022)."""

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "external_system", "external_ref"], name="ticket_external_pair_once"
            ),
        )
        indexes = (
            models.Index(fields=["organization", "-id"], name="ticket_newest"),
            models.Index(fields=["organization", "phase", "-id"], name="ticket_phase"),
            models.Index(fields=["organization", "status", "-id"], name="ticket_status"),
            models.Index(fields=["organization", "kind", "-id"], name="ticket_kind"),
            models.Index(fields=["organization", "active_at", "id"], name="ticket_active"),
            models.Index(fields=["organization", "assignee", "active_at", "id"], name="ticket_assignee"),
            models.Index(fields=["organization", "edited_at", "id"], name="ticket_edited"),
            models.Index(fields=["organization", "title"], name="ticket_title"),
            models.Index(fields=["organization", "created_at", "id"], name="ticket_created"),
            models.Index(
                fields=["organization", "solved_at"],
                name="ticket_solved_when",
                condition=models.Q(solved_at__isnull=False),
            ),
            models.Index(fields=["solved_at"], name="ticket_solved", condition=models.Q(phase="solved")),
        )

    def __str__(self) -> str:
        return f"#{self.pk} {self.title}"

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do something."""
        return self.phase in ("new", "open", "waiting")

    @property
    def is_closed(self) -> bool:
        """Closed or dropped (RC-030)."""
        return self.phase in ("closed", "dropped")
