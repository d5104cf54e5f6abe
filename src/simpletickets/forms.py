"""The forms of owners and staff, with the sentences the package's users know (ST-015, ST-022, ST-034 … ST-037)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from polydesk.web.files import DEFAULT_LIMIT

from . import fields, people
from .fields import ASSIGNED, CLOSED, NEW, SOLVED
from .models import Ticket

FEWEST_WORDS = 5
LONGEST = 200_000
PLACEHOLDER = "..."


def words(text: str) -> int:
    """How many words a text has."""
    return len(text.split())


class _TicketForm(forms.Form):
    """What both forms have; `instance` is the ticket, None for a new one."""

    required_css_class = "st-required"
    ticket_type = forms.TypedChoiceField(label=_("Ticket type"), coerce=int)
    severity = forms.TypedChoiceField(label=_("Severity"), coerce=int)

    def __init__(self, *args: Any, instance: Ticket | None = None, **kwargs: Any) -> None:
        self.instance = instance
        kwargs["initial"] = {**self.first_values(), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        self._offer("ticket_type", "ST_TCKT_TYPE", instance.ticket_type if instance else None)
        self._offer("severity", "ST_TCKT_SEVERITY", instance.severity if instance else None)

    def first_values(self) -> dict[str, Any]:
        """What the form shows before anybody has typed."""
        if self.instance is None:
            return {"ticket_type": 2, "severity": 2}
        return {"ticket_type": self.instance.ticket_type, "severity": self.instance.severity}

    def _offer(self, name: str, setting: str, stored: int | None, without: tuple[int, ...] = ()) -> None:
        """The site's list; a stored number that left the list can stay (ST-082)."""
        offered = [(number, label) for number, label in fields.choices(setting) if number not in without]
        if stored is not None and stored not in without and stored not in dict(offered):
            offered.append((stored, str(stored)))
        self.fields[name].choices = offered  # type: ignore[attr-defined]


class TicketFormUser(_TicketForm):
    """The owner's form: new tickets, and changes of his own."""

    description = forms.CharField(label=_("Description"), widget=forms.Textarea(attrs={"rows": 8}), max_length=LONGEST)
    attachment = forms.FileField(label=_("Attachment"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance is not None:
            del self.fields["attachment"]

    def first_values(self) -> dict[str, Any]:
        return super().first_values() | ({"description": self.instance.description} if self.instance else {})

    def clean_description(self) -> str:
        """Never the placeholder; five words when an existing ticket is explained again (ST-036)."""
        text: str = self.cleaned_data["description"].replace("\r\n", "\n")
        if text.strip() == PLACEHOLDER:
            raise ValidationError(_("Please explain the problem"), code="placeholder")
        if self.instance is not None and words(text) < FEWEST_WORDS:
            raise ValidationError(_("Please expose your problem rigorously"), code="too_short")
        return text

    def clean_attachment(self) -> Any:
        """At most what the engine keeps."""
        upload = self.cleaned_data["attachment"]
        if upload and upload.size > DEFAULT_LIMIT:
            raise ValidationError(_("The file is too large."), code="too_large")
        return upload


class TicketFormStaff(_TicketForm):
    """The form of those who work on tickets."""

    staff = forms.ModelChoiceField(label=_("Staff"), queryset=None, required=False)
    state = forms.TypedChoiceField(label=_("State"), coerce=int)
    resolution_text = forms.CharField(
        label=_("Resolution"), widget=forms.Textarea(attrs={"rows": 8}), required=False, max_length=LONGEST
    )
    field_order = ("staff", "ticket_type", "severity", "state", "resolution_text")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ticket = self.instance
        self.fields["staff"].queryset = people.members(ticket.organization_id if ticket else None)  # type: ignore[attr-defined]
        self._offer("state", "ST_TCKT_STATE", ticket.state if ticket else None, without=(NEW, CLOSED))

    def first_values(self) -> dict[str, Any]:
        ticket = self.instance
        if ticket is None:
            return super().first_values()
        own = {"staff": ticket.staff, "state": max(ticket.state, ASSIGNED), "resolution_text": ticket.resolution}
        return super().first_values() | own

    def clean_resolution_text(self) -> str:
        text: str = self.cleaned_data["resolution_text"].replace("\r\n", "\n")
        return text

    def clean(self) -> dict[str, Any]:
        """A solution is explained (ST-037)."""
        found = super().clean() or self.cleaned_data
        if found.get("state") == SOLVED and words(found.get("resolution_text", "")) < FEWEST_WORDS:
            self.add_error(
                "resolution_text", ValidationError(_("Please be extensive on the explanation"), code="too_short")
            )
        return found
