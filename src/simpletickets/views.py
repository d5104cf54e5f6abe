"""The pages (ST-014 … ST-024). Forms ask, acts do, and the engine remembers."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import View

from polydesk.web.files import download_response

from . import acts, fields, monitor, reading, settings, statistics
from .fields import NEW, SOLVED
from .forms import TicketFormStaff, TicketFormUser
from .models import Ticket, first_files
from .people import Visitor, shown
from .reading import OWNER, STAFF

HUES = {"red": "danger", "brown": "warning", "blue": "info", "grey": "active"}


def base_template() -> str:
    """The host's template when it says or has one, else the shipped plain page (ST-083, ST-084)."""
    if settings.is_set("BASE_TEMPLATE"):
        return str(settings.BASE_TEMPLATE)
    try:
        get_template(settings.BASE_TEMPLATE)
    except TemplateDoesNotExist:
        return settings.PLAIN_BASE
    return str(settings.BASE_TEMPLATE)


def hue(state: int) -> str:
    """New red, assigned brown, in progress blue, done grey (ST-049)."""
    return {NEW: "red", fields.ASSIGNED: "brown"}.get(state, "grey" if state >= SOLVED else "blue")


def may_download_monitor(role: str) -> bool:
    """Two settings decide, one for those who work and one for owners (ST-059, ST-060)."""
    return bool(settings.ST_FL_MNTR_OWNER if role == OWNER else settings.ST_FL_MNTR_STAFF)


class Page(LoginRequiredMixin, View):
    """What every page has: its visitor, and the context that the templates know (ST-086)."""

    title = ""
    template_name = ""

    @cached_property
    def visitor(self) -> Visitor:
        return Visitor(self.request.user)

    def page(self, status: int = 200, **context: Any) -> HttpResponse:
        """The template, inside the host's own."""
        context = {
            "title": self.title,
            "base_template": base_template(),
            "ST_SETT_MAIN_TASKBAR": bool(settings.ST_MAIN_TASKBAR),
            "ST_MNTR": may_download_monitor(STAFF if self.visitor.works else OWNER),
            "works": self.visitor.works,
            **context,
        }
        return render(self.request, self.template_name, context, status=status)

    def done(self, message: str) -> HttpResponse:
        """Back to the list with a word on what happened (ST-023)."""
        messages.success(self.request, message, fail_silently=True)
        return redirect("ticketList")


class TicketList(Page):
    """The list by role (ST-014, ST-027 … ST-030, ST-049, ST-050)."""

    title = "Tickets"
    template_name = "simpletickets/ticket_list.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        tickets = reading.in_list(self.visitor)
        files = first_files(ticket.pk for ticket in tickets)
        for ticket in tickets:
            ticket.attachment = files.get(ticket.pk)
        return self.page(
            object_list=tickets,
            rows=[self.row(ticket) for ticket in tickets],
            legend=[
                (label, f"st-state-{n} st-hue-{hue(n)} {HUES[hue(n)]}") for n, label in fields.choices("ST_TCKT_STATE")
            ],
            **statistics.boxes(self.visitor),
        )

    def row(self, ticket: Ticket) -> dict[str, Any]:
        """A row's classes and which of its buttons are in force."""
        state, role = ticket.state, self._role(ticket)
        return {
            "ticket": ticket,
            "classes": f"st-row st-state-{state} st-hue-{hue(state)} {HUES[hue(state)]}",
            "staff": TicketUpdate.shown_staff(ticket),
            "may_edit": state in (NEW, SOLVED) if role == OWNER else state < SOLVED,
            "may_delete": role == OWNER and state == NEW,
            "may_monitor": may_download_monitor(role),
            "is_done": state >= SOLVED,
            "text": ticket.resolution if state >= 3 and ticket.resolution else ticket.description,
        }

    def _role(self, ticket: Ticket) -> str:
        return STAFF if self.visitor.works else OWNER


class TicketCreate(Page):
    """A new ticket of whoever is logged in (ST-015, ST-031)."""

    title = "New ticket"
    template_name = "simpletickets/ticket_form.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page(form=TicketFormUser(), may_save=True)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = TicketFormUser(request.POST, request.FILES)
        if not form.is_valid():
            return self.page(form=form, may_save=True)
        acts.create(self.visitor, **form.cleaned_data)
        return self.done(_("Ticket was successfully created"))


class TicketUpdate(Page):
    """The form of the visitor's role; a staff member who opens a new ticket takes it (ST-016, ST-039)."""

    title = "Edit ticket"
    template_name = "simpletickets/ticket_form.html"

    def get(self, request: HttpRequest, ST_id: int) -> HttpResponse:
        ticket, role = reading.find(self.visitor, ST_id)
        if role != OWNER and request.method == "GET":
            ticket = acts.open_as_staff(self.visitor, ticket)
        return self._form(ticket, role, self.form_of(role)(instance=ticket))

    def post(self, request: HttpRequest, ST_id: int) -> HttpResponse:
        ticket, role = reading.find(self.visitor, ST_id)
        if not self.may_save(ticket, role):
            raise PermissionDenied
        form = self.form_of(role)(request.POST, instance=ticket)
        if not form.is_valid():
            return self._form(ticket, role, form)
        if role == OWNER:
            acts.edit_as_owner(self.visitor, ticket, **form.cleaned_data)
        else:
            acts.edit_as_staff(self.visitor, ticket, **form.cleaned_data)
        return self.done(_("Ticket was successfully updated"))

    def _form(self, ticket: Ticket, role: str, form: Any) -> HttpResponse:
        may_save = self.may_save(ticket, role)
        if not may_save:
            for field in form.fields.values():
                field.disabled = True
        return self.page(
            object=ticket,
            form=form,
            may_save=may_save,
            may_monitor=may_download_monitor(role),
            staff=self.shown_staff(ticket),
            is_staff_form=role != OWNER,
        )

    @staticmethod
    def form_of(role: str) -> Any:
        """Owners describe, the others work."""
        return TicketFormUser if role == OWNER else TicketFormStaff

    @staticmethod
    def may_save(ticket: Ticket, role: str) -> bool:
        """Owners while new or solved (that reopens), the others before it is solved (ST-032, ST-033)."""
        return ticket.state in (NEW, SOLVED) if role == OWNER else ticket.state < SOLVED

    @staticmethod
    def shown_staff(ticket: Ticket) -> str:
        """Who works on it, as pages show people."""
        return shown(ticket.assignee) if ticket.assignee_id else ""


class TicketDelete(Page):
    """Asks, then deletes; for owners while the ticket is new (ST-017)."""

    title = "Delete ticket"
    template_name = "simpletickets/ticket_confirm_delete.html"

    def _ticket(self, ST_id: int) -> Ticket:
        ticket, role = reading.find(self.visitor, ST_id)
        if role != OWNER or ticket.state != NEW:
            raise PermissionDenied
        return ticket

    def get(self, request: HttpRequest, ST_id: int) -> HttpResponse:
        return self.page(object=self._ticket(ST_id))

    def post(self, request: HttpRequest, ST_id: int) -> HttpResponse:
        acts.delete(self.visitor, self._ticket(ST_id))
        return self.done(_("Ticket was successfully deleted"))


class TicketMonitor(Page):
    """Downloads the monitor where the settings allow it (ST-018, ST-058 … ST-060)."""

    def get(self, request: HttpRequest, ST_id: int) -> HttpResponse:
        ticket, role = reading.find(self.visitor, ST_id, closed_too=True)
        if not may_download_monitor(role):
            raise PermissionDenied
        return HttpResponse(
            monitor.text(ticket),
            content_type="text/plain; charset=utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="{monitor.file_name(ticket)}"',
                "X-Content-Type-Options": "nosniff",
                "Cache-Control": "private, no-store",
            },
        )


class TicketAttachment(Page):
    """Downloads the attachment for whoever may see the ticket (ST-019)."""

    def get(self, request: HttpRequest, ST_id: int) -> HttpResponseBase:
        ticket, _role = reading.find(self.visitor, ST_id, closed_too=True)
        file = ticket.attachment
        if file is None:
            raise Http404
        return download_response(file.sha256, file.name, file.content_type, inline=False)


class Root(View):
    """The include's root leads to the list (ST-020)."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return redirect("ticketList")
