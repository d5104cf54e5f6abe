"""How tickets are filed: the rows that administrators add beside the built-in kinds, statuses and priorities."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from polydesk.directory.models.organization import Owned, Stamped


class Status(Owned, Stamped):
    """A status that an administrator added, or what he changed of a built-in one (same key): name, lists, flags.

    The built-in statuses are declared in `tickets.kinds`; they cannot be deactivated for the faces (RC-120)."""

    key = models.SlugField(max_length=40)
    name = models.CharField(max_length=80)
    phase = models.CharField(max_length=10)
    kinds = models.JSONField(default=list, blank=True)
    """Kinds that allow it; empty means all."""
    position = models.IntegerField(default=0)
    is_active = models.BooleanField(default=True)
    in_crm_list = models.BooleanField(default=False)
    needs_attention = models.BooleanField(default=False)
    counts_as_deleted = models.BooleanField(default=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["organization", "key"], name="status_key_once"),)


class Priority(Owned, Stamped):
    """A priority that an administrator added on a level of 1 to 6, or what he changed of a built-in one (RC-155)."""

    key = models.SlugField(max_length=40)
    name = models.CharField(max_length=80)
    level = models.PositiveSmallIntegerField()
    position = models.IntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["organization", "key"], name="priority_key_once"),)


class Queue(Owned, Stamped):
    """Where a ticket waits; a team is who works: neither implies the other (RC-041)."""

    name = models.CharField(max_length=100)
    description = models.CharField(max_length=500, blank=True, default="")
    team = models.ForeignKey("directory.Team", null=True, blank=True, on_delete=models.SET_NULL, related_name="queues")
    position = models.IntegerField(default=0)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class Category(Owned, Stamped):
    """A node of the organization's category tree; one integer id for all faces (RC-160 … RC-166)."""

    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.RESTRICT, related_name="children")
    key = models.CharField(max_length=100, blank=True, default="")
    name = models.CharField(max_length=100)
    names = models.JSONField(default=dict, blank=True)
    descriptions = models.JSONField(default=dict, blank=True)
    kinds = models.JSONField(default=list, blank=True)
    """Kinds that may use it in Centurion, web and portal requests; empty means all (RC-236)."""
    fields = models.JSONField(default=list, blank=True)
    """Fields that a request in this category asks for."""
    defaults = models.JSONField(default=dict, blank=True)
    template = models.JSONField(default=dict, blank=True)
    runbook_id = models.BigIntegerField(null=True, blank=True)
    position = models.IntegerField(default=0)
    is_active = models.BooleanField(default=True)
    for_customers = models.BooleanField(default=True)
    in_crm_list = models.BooleanField(default=False)
    is_topic = models.BooleanField(default=False)
    is_abuse = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "categories"
        constraints = (
            models.UniqueConstraint(fields=["organization", "key"], condition=~Q(key=""), name="category_key_once"),
        )
        indexes = (models.Index(fields=["organization", "parent", "position"], name="category_tree"),)

    def __str__(self) -> str:
        return self.name


class Form(Owned, Stamped):
    """A template with defaults and demands, honoured by form-aware requests alone (RC-040; Autotask's categories)."""

    name = models.CharField(max_length=100)
    nickname = models.CharField(max_length=30, blank=True, default="")
    defaults = models.JSONField(default=dict, blank=True)
    demands = models.JSONField(default=dict, blank=True)
    is_rma = models.BooleanField(default=False)
    is_default = models.BooleanField(default=False)
    is_api_only = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    position = models.IntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class Tag(Owned, Stamped):
    """A word put on tickets."""

    name = models.CharField(max_length=60)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["organization", "name"], name="tag_name_once"),)

    def __str__(self) -> str:
        return self.name


class CustomField(Owned, Stamped):
    """A field that an organization defines; its values live in `Ticket.fields` under `key` (RC-039)."""

    TYPES = (
        ("text", "Text"),
        ("long_text", "Long text"),
        ("integer", "Whole number"),
        ("number", "Number"),
        ("boolean", "Yes or no"),
        ("date", "Date"),
        ("datetime", "Date and time"),
        ("choice", "One of a list"),
        ("choices", "Several of a list"),
        ("person", "Person"),
    )

    key = models.SlugField(max_length=60)
    name = models.CharField(max_length=100)
    help = models.CharField(max_length=500, blank=True, default="")
    type = models.CharField(max_length=20, choices=TYPES, default="text")
    choices = models.JSONField(default=list, blank=True)
    default = models.JSONField(null=True, blank=True)
    max_length = models.PositiveIntegerField(null=True, blank=True)
    kinds = models.JSONField(default=list, blank=True)
    is_required = models.BooleanField(default=False)
    is_searchable = models.BooleanField(default=True)
    for_customers = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    position = models.IntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["organization", "key"], name="custom_field_key_once"),)

    def __str__(self) -> str:
        return self.name
