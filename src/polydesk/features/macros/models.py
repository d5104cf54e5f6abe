"""The macro: a named list of changes with an optional reply or note."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from polydesk.directory.models import Person, Team
from polydesk.directory.models.organization import Owned, Stamped
from polydesk.tickets.checks import Wrong, normalise
from polydesk.tickets.fields import FIELDS
from polydesk.tickets.kinds import KINDS
from polydesk.tickets.models import Tag
from polydesk.web.sentences import say

SETTABLE = (
    "status",
    "priority",
    "assignee",
    "assigned_teams",
    "category",
    "queue",
    "urgency",
    "impact",
)
"""What a macro may set, in the order it is shown."""
ME = "me"
"""As the assignee: whoever applies the macro."""


class Macro(Owned, Stamped):
    """`values` are names of tickets.fields with values; tags are added and removed one by one, the others stay."""

    owner = models.ForeignKey(Person, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=300, blank=True, default="")
    kinds = models.JSONField(default=list, blank=True)
    values = models.JSONField(default=dict, blank=True)
    add_tags = models.JSONField(default=list, blank=True)
    remove_tags = models.JSONField(default=list, blank=True)
    text = models.TextField(max_length=50_000, blank=True, default="")
    internal = models.BooleanField(default=False)
    """The text is a note, for the staff alone."""
    position = models.IntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ("position", "name", "id")
        indexes = (models.Index(fields=["organization", "position", "name"], name="macro_position"),)

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """It does something, and every value is one that the field could hold."""
        faults = {name: text for name, value in self.values.items() if (text := _fault(name, value))}
        if faults:
            raise ValidationError({"values": [f"{name}: {text}" for name, text in faults.items()]})
        if unknown := [kind for kind in self.kinds if kind not in KINDS]:
            raise ValidationError({"kinds": say("There is no kind “%(name)s”.", name=unknown[0])})
        for name in ("add_tags", "remove_tags"):
            wanted = set(getattr(self, name))
            if wanted and len(wanted) != Tag.objects.filter(organization=self.organization_id, pk__in=wanted).count():
                raise ValidationError({name: ValidationError(say("There is no such tag."), code="unknown")})
        if not (self.values or self.add_tags or self.remove_tags or self.text.strip()):
            raise ValidationError({"values": say("A macro sets a field, adds or removes a tag, or writes a text.")})


def _fault(name: str, value: Any) -> str:
    if name not in SETTABLE:
        return "a macro cannot set this."
    if name == "assignee" and value == ME:
        return ""
    try:
        normalise(FIELDS[name], value)
    except Wrong as wrong:
        return str(wrong)
    return ""
