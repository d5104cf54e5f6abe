"""Tickets in Django's admin: listed, filtered, worked on by the staff form; closed stays closed (ST-100)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from . import acts, fields, people
from .fields import SOLVED
from .forms import TicketFormStaff
from .models import Ticket, TicketQuerySet
from .people import Visitor


class _NumberFilter(admin.SimpleListFilter):
    setting = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(number), str(label)) for number, label in fields.choices(self.setting)]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value()
        return queryset.filter(**{self.parameter_name: value}) if value and value.isdigit() else queryset


class StateFilter(_NumberFilter):
    title, parameter_name, setting = _("state"), "state", "ST_TCKT_STATE"


class SeverityFilter(_NumberFilter):
    title, parameter_name, setting = _("severity"), "severity", "ST_TCKT_SEVERITY"


class TypeFilter(_NumberFilter):
    title, parameter_name, setting = _("ticket type"), "ticket_type", "ST_TCKT_TYPE"


class _PersonFilter(admin.SimpleListFilter):
    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(user.pk), str(user)) for user in self.users()]

    def users(self) -> Any:
        """Who can be chosen."""
        raise NotImplementedError

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        chosen = next((user for user in self.users() if str(user.pk) == self.value()), None)
        return queryset.filter(**{self.parameter_name: chosen}) if chosen is not None else queryset


class UserFilter(_PersonFilter):
    title, parameter_name = _("user"), "user"

    def users(self) -> Any:
        owners = Ticket.objects.order_by().values("requester__user")
        return get_user_model()._default_manager.filter(pk__in=owners)


class StaffFilter(_PersonFilter):
    title, parameter_name = _("staff"), "staff"

    def users(self) -> Any:
        return people.members()


class CreatedFilter(admin.DateFieldListFilter):
    title = _("creation date")


class AdminForm(TicketFormStaff):
    """The staff form in the shape that the admin asks a model form for."""

    class _meta:
        fields, exclude, model, labels, help_texts = None, None, Ticket, None, None

    def __init__(self, data: Any = None, files: Any = None, instance: Any = None, **kwargs: Any) -> None:
        super().__init__(
            data, files, instance=instance, **{k: v for k, v in kwargs.items() if k in ("prefix", "initial")}
        )

    def save(self, commit: bool = True) -> Any:
        """Saving is an act, done by the admin class."""
        return self.instance

    def save_m2m(self) -> None:
        """There is nothing of the sort."""


@admin.register(Ticket)
class TicketAdmin(admin.ModelAdmin):
    """Reads as the package's own admin did; writes as the staff form does."""

    list_display = (
        "ticket_number", "shown_user", "shown_staff", "get_state_display", "get_severity_display",
        "get_ticket_type_display", "creation_date",
    )  # fmt: skip
    list_filter = (UserFilter, StaffFilter, StateFilter, SeverityFilter, TypeFilter, ("created_at", CreatedFilter))
    ordering = ("-pk",)
    search_fields = ("title", "description")
    readonly_fields = ("ticket_number", "shown_user", "description", "creation_date", "resolution_date")
    fields = (*readonly_fields, "staff", "ticket_type", "severity", "state", "resolution_text")

    @admin.display(description=_("user"))
    def shown_user(self, ticket: Ticket) -> str:
        """The owner, as the project shows its users."""
        return people.shown(ticket.requester) if ticket.requester_id else ""

    @admin.display(description=_("staff"))
    def shown_staff(self, ticket: Ticket) -> str:
        """Who works on it."""
        return people.shown(ticket.assignee) if ticket.assignee_id else ""

    def get_queryset(self, request: HttpRequest) -> TicketQuerySet:
        return Ticket.objects.select_related("requester__user", "assignee__user").order_by("-pk")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return AdminForm

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only the owner creates tickets (ST-031)."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Solved and closed tickets are only looked at (ST-033, ST-047)."""
        allowed: bool = super().has_change_permission(request, obj)
        return allowed and (obj is None or obj.state < SOLVED)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        acts.edit_as_staff(Visitor(request.user), Ticket.objects.get(pk=obj.pk), **form.cleaned_data)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for ticket in queryset:
            ticket.delete()
