"""Webhooks: who is told of events, what was sent and what waits, send it again (PL-207, RS-043 … RS-047)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from polydesk.features.webhooks import endpoints
from polydesk.features.webhooks.models import Delivery, Endpoint
from polydesk.features.webhooks.types import TYPES
from polydesk.tickets.refusals import Denied, Missing, Refused

from .. import admin
from ..auth import administrator
from ..shown import Input

PAGE = 50


@require_GET
@administrator
def listing(request: HttpRequest) -> HttpResponse:
    """Every endpoint of the organization, of faces of foreign systems too."""
    rows = [
        SimpleNamespace(
            url=reverse("desk:admin_webhook", kwargs={"pk": e.pk}),
            cells=(e.name or e.url, e.url, e.owner.name, _types(e), _state(e)),
        )
        for e in endpoints.listed(request.actor)[:500]
    ]
    values = {
        "title": _("Webhooks"),
        "heads": (_("Name"), _("Address"), _("Sees what this person sees"), _("Events"), _("State")),
        "rows": rows,
        "hint": _("Addresses that are told of events as they happen, signed, again and again until they answer."),
        "q": None,
        "older": "",
        "add": reverse("desk:admin_webhook_new"),
        "add_label": _("New webhook"),
    }
    return admin.page(request, "admin_rows", "webhooks", values)


def _types(endpoint: Endpoint) -> str:
    return ", ".join(endpoint.types[:3]) + (" …" if len(endpoint.types) > 3 else "") or _("all")


def _state(endpoint: Endpoint) -> str:
    if not endpoint.is_active:
        return _("paused: %(why)s") % {"why": endpoint.disabled_because} if endpoint.disabled_because else _("paused")
    if endpoint.failures:
        return _("%(count)d failures in a row") % {"count": endpoint.failures}
    return _("in use")


@require_http_methods(["GET", "POST"])
@administrator
def new(request: HttpRequest) -> HttpResponse:
    """A new endpoint; its secret is shown on the answer to this form and never again."""
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        try:
            made, secret = endpoints.create(by=request.actor, **_typed(request))
        except Refused as error:
            errors = _by_field(error)
        else:
            return _show(request, made, secret=secret)
    place = reverse("desk:admin_webhooks")
    return admin.form(request, "webhooks", _("New webhook"), _inputs(None), errors, back=place)


@require_http_methods(["GET", "POST"])
@administrator
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """One endpoint: its form, its switches and what was sent to it."""
    endpoint = endpoints.get(pk, by=request.actor)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        try:
            endpoints.change(endpoint, by=request.actor, **_typed(request))
        except Refused as error:
            errors = _by_field(error)
        else:
            messages.info(request, _("Changed."))
            return HttpResponseRedirect(request.path)
    return _show(request, endpoint, errors=errors)


@require_POST
@administrator
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Pause, go on, a new secret, a test message, or forget it: one button each."""
    endpoint, do = endpoints.get(pk, by=request.actor), request.POST.get("do", "")
    try:
        if do == "rotate":
            return _show(request, endpoint, secret=endpoints.rotate(endpoint, by=request.actor))
        if do == "remove":
            endpoints.remove(endpoint, by=request.actor)
            messages.info(request, _("The webhook is gone."))
            return HttpResponseRedirect(reverse("desk:admin_webhooks"))
        _switch(request, endpoint, do)
    except (Refused, Denied) as error:
        messages.error(request, str(error))
    return HttpResponseRedirect(reverse("desk:admin_webhook", kwargs={"pk": pk}))


def _switch(request: HttpRequest, endpoint: Endpoint, do: str) -> None:
    if do == "pause":
        endpoints.disable(endpoint, by=request.actor)
        messages.info(request, _("Paused: nothing is sent until you let it go on."))
    elif do == "resume":
        endpoints.enable(endpoint, by=request.actor)
        messages.info(request, _("In use again."))
    elif do == "test":
        endpoints.test(endpoint, by=request.actor)
        messages.info(request, _("A test message is on its way; it appears below."))
    else:
        raise Missing


@require_POST
@administrator
def replay(request: HttpRequest, pk: int, delivery: int) -> HttpResponse:
    """Send one message again, under the id it had."""
    endpoint = endpoints.get(pk, by=request.actor)
    row = endpoints.deliveries(endpoint, by=request.actor).select_related("endpoint").filter(pk=delivery).first()
    if row is None:
        raise Missing
    try:
        endpoints.replay(row, by=request.actor)
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.info(request, _("It is sent again."))
    return HttpResponseRedirect(reverse("desk:admin_webhook", kwargs={"pk": pk}))


def _show(
    request: HttpRequest, endpoint: Endpoint, *, secret: str = "", errors: dict[str, list[str]] | None = None
) -> HttpResponse:
    before = request.GET.get("before", "")
    found = endpoints.deliveries(endpoint, by=request.actor)
    found = found.filter(pk__lt=int(before)) if before.isdecimal() and len(before) < 19 else found
    rows = list(found[: PAGE + 1])
    return admin.form(
        request,
        "webhooks",
        endpoint.name or endpoint.url,
        _inputs(endpoint),
        errors or {},
        template="admin_webhook",
        back=reverse("desk:admin_webhooks"),
        action=reverse("desk:admin_webhook", kwargs={"pk": endpoint.pk}),
        endpoint=endpoint,
        state=_state(endpoint),
        secret=secret,
        deliveries=_deliveries(endpoint, rows[:PAGE]),
        older=f"?before={rows[PAGE - 1].pk}" if len(rows) > PAGE else "",
    )


def _deliveries(endpoint: Endpoint, rows: list[Delivery]) -> list[SimpleNamespace]:
    due = endpoints.next_tries(endpoint) if any(r.state == Delivery.WAITING for r in rows) else {}
    words = {
        Delivery.WAITING: (_("waiting"), "waiting"),
        Delivery.DELIVERED: (_("delivered"), "open"),
        Delivery.DEAD: (_("given up"), "dropped"),
        Delivery.WITHHELD: (_("withheld"), "closed"),
    }
    return [
        SimpleNamespace(
            row=r,
            word=words[r.state][0],
            phase=words[r.state][1],
            next=due.get(r.pk) if r.state == Delivery.WAITING else None,
            replay=reverse("desk:admin_replay", kwargs={"pk": endpoint.pk, "delivery": r.pk})
            if r.state != Delivery.WAITING
            else "",
        )
        for r in rows
    ]


def _inputs(row: Endpoint | None) -> list[Input]:
    areas = sorted({name.partition(".")[0] + ".*" for name in TYPES if not name.startswith("endpoint.")})
    known = [(name, name) for name in (*areas, *(n for n in TYPES if not n.startswith("endpoint.")))]
    return [
        Input("name", _("Name"), value=row.name if row else "", limit=100),
        Input("url", _("Address"), "url", row.url if row else "", required=True, limit=500),
        Input("types", _("Events"), "checks", row.types if row else [], known, hint=_("None: all."), wide=True),
        Input("internal_notes", _("Internal notes too"), "checkbox", row.internal_notes if row else False),
    ]


def _typed(request: HttpRequest) -> dict[str, Any]:
    posted = request.POST
    return {
        "name": posted.get("name", "").strip()[:100],
        "url": posted.get("url", "").strip(),
        "types": posted.getlist("types"),
        "internal_notes": posted.get("internal_notes") == "on",
    }


def _by_field(error: Refused) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for refusal in error.refusals:
        found.setdefault(refusal.field, []).append(refusal.message)
    return found
