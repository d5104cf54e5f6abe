"""The JSON addresses of the package: the same acts and forms as the pages, with the project's own session
(ST-095 … ST-097)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.request import QueryDict

from polydesk.web import bodies
from polydesk.web.bodies import BadBody

from . import acts, reading
from .forms import TicketFormStaff, TicketFormUser
from .models import Ticket
from .people import Visitor, recorded
from .reading import OWNER
from .views import TicketUpdate

Answer = Callable[..., HttpResponse]
SENTENCES = {
    401: "Authentication credentials were not provided.",
    403: "You do not have permission to perform this action.",
    404: "Not found.",
    405: "Method not allowed.",
}


def _detail(status: int, text: str = "", **headers: str) -> JsonResponse:
    return JsonResponse({"detail": text or SENTENCES[status]}, status=status, headers=headers)


def address(*, for_staff: bool = False, **methods: Answer) -> Answer:
    """A view from one function per method; Django's own CSRF protection stands before it."""

    def view(request: HttpRequest, base: str, **ids: int) -> HttpResponse:
        if not request.user.is_authenticated:
            return _detail(401)
        answer = methods.get("GET" if request.method == "HEAD" else request.method or "")
        if answer is None:
            return _detail(405, Allow=", ".join(methods))
        visitor = Visitor(request.user)
        if for_staff and not visitor.works:
            return _detail(403)
        try:
            return answer(request, visitor, **ids)
        except PermissionDenied:
            return _detail(403)
        except Http404:
            return _detail(404)
        except BadBody as bad:
            return _detail(bad.status if bad.status != 422 else 400, bad.message)

    return view


def shown(ticket: Ticket) -> dict[str, Any]:
    """A ticket as JSON."""
    return {
        "id": ticket.pk,
        "ticket_number": ticket.ticket_number,
        "user": recorded(ticket.requester) if ticket.requester_id else None,
        "staff": recorded(ticket.assignee) if ticket.assignee_id else None,
        "ticket_type": ticket.ticket_type,
        "severity": ticket.severity,
        "state": ticket.state,
        "description": ticket.description,
        "attachment": ticket.attachment.name if ticket.attachment else None,
        "resolution_text": ticket.resolution,
        "creation_date": ticket.creation_date.isoformat(),
        "modification_date": ticket.modification_date.isoformat(),
        "resolution_date": ticket.resolution_date.isoformat() if ticket.resolution_date else None,
        "resolution_delta": ticket.resolution_delta,
    }


def _body(request: HttpRequest) -> dict[str, Any]:
    if (request.content_type or "") in ("application/x-www-form-urlencoded", "multipart/form-data"):
        sent = request.POST if request.method == "POST" else QueryDict(bodies.raw(request))
        return dict(sent.items())
    value = bodies.read(request)
    if not isinstance(value, dict):
        raise BadBody("malformed", "The body must be a JSON object.")
    return value


def _faults(form: Any) -> JsonResponse:
    return JsonResponse(
        {name: [error["message"] for error in errors] for name, errors in json.loads(form.errors.as_json()).items()},
        status=400,
    )


def own_list(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """One's own tickets, also of those who work."""
    own = Ticket.objects.filter(requester=visitor.person).select_related("requester__user", "assignee__user")
    return JsonResponse([shown(ticket) for ticket in own.order_by("id")], safe=False)


def create(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """A new ticket; type and severity have defaults."""
    form = TicketFormUser({"ticket_type": 2, "severity": 2, **_body(request)}, request.FILES)
    if not form.is_valid():
        return _faults(form)
    return JsonResponse(shown(acts.create(visitor, **form.cleaned_data)), status=201)


def _own(visitor: Visitor, ST_id: int) -> Ticket:
    ticket = Ticket.objects.filter(pk=ST_id, requester=visitor.person).first()
    if ticket is None:
        raise Http404
    return ticket


def own(request: HttpRequest, visitor: Visitor, ST_id: int) -> HttpResponse:
    """One own ticket."""
    return JsonResponse(shown(_own(visitor, ST_id)))


def update_own(request: HttpRequest, visitor: Visitor, ST_id: int) -> HttpResponse:
    """As the owner's form: while new, or to bring a solved one back."""
    ticket = _own(visitor, ST_id)
    if not TicketUpdate.may_save(ticket, OWNER):
        raise PermissionDenied
    form = TicketFormUser(_merged(request, TicketFormUser(instance=ticket)), instance=ticket)
    if not form.is_valid():
        return _faults(form)
    acts.edit_as_owner(visitor, ticket, **form.cleaned_data)
    return own(request, visitor, ST_id)


def delete_own(request: HttpRequest, visitor: Visitor, ST_id: int) -> HttpResponse:
    """While it is new."""
    acts.delete(visitor, _own(visitor, ST_id))
    return HttpResponse(status=204)


def staff_list(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """The list of those who work."""
    return JsonResponse([shown(ticket) for ticket in reading.in_list(visitor)], safe=False)


def staff_ticket(request: HttpRequest, visitor: Visitor, ST_id: int) -> HttpResponse:
    """One ticket of that list; reading it here takes nothing."""
    return JsonResponse(shown(_worked_on(visitor, ST_id)))


def _worked_on(visitor: Visitor, ST_id: int) -> Ticket:
    ticket, role = reading.find(visitor, ST_id)
    if role == OWNER:
        raise Http404
    return ticket


def update_staff(request: HttpRequest, visitor: Visitor, ST_id: int) -> HttpResponse:
    """As the staff form; `staff` is the primary key of a member."""
    ticket = _worked_on(visitor, ST_id)
    if not TicketUpdate.may_save(ticket, reading.STAFF):
        raise PermissionDenied
    form = TicketFormStaff(_merged(request, TicketFormStaff(instance=ticket)), instance=ticket)
    if not form.is_valid():
        return _faults(form)
    acts.edit_as_staff(visitor, ticket, **form.cleaned_data)
    return JsonResponse(shown(Ticket.objects.get(pk=ST_id)))


def _merged(request: HttpRequest, form: Any) -> dict[str, Any]:
    """PUT gives all, PATCH what changes."""
    sent = _body(request)
    if request.method == "PUT":
        return sent
    now = {name: getattr(value, "pk", value) for name, value in form.initial.items()}
    return now | sent


list_create = address(GET=own_list, POST=create)
update_destroy = address(GET=own, PUT=update_own, PATCH=update_own, DELETE=delete_own)
staff_list_ = address(for_staff=True, GET=staff_list)
staff_update = address(for_staff=True, GET=staff_ticket, PUT=update_staff, PATCH=update_staff)
