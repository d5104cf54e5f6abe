"""The frame of administration: its doors in groups, a page, a form (PL-207)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from polydesk.features.mailboxes import messages as mail

from . import pages
from .filling import put_back
from .shelves import SHELVES, Wrong
from .shown import Group, Input, Item


def doors(here: str, held: int) -> list[Group]:
    """Every page of administration by what it is about; `here` is the present one, `held` counts mail in quarantine."""

    def door(key: str, name: str, count: int = 0) -> Item:
        url = reverse("desk:admin") if key == "organization" else reverse(f"desk:admin_{key}")
        return Item(name, url, count=str(count) if count else None, here=here == key)

    def shelf(key: str) -> Item:
        return Item(str(SHELVES[key].name), reverse("desk:admin_shelf", kwargs={"shelf": key}), here=here == key)

    people = [door("people", _("People")), shelf("teams"), shelf("roles")]
    tickets = [shelf(key) for key in SHELVES if key not in ("teams", "roles", "texts")]
    times = [
        door("endings", _("Solving and closing")),
        door("policies", _("Service levels")),
        door("calendars", _("Business hours")),
        door("automations", _("Automations")),
    ]
    outside = [
        door("mailboxes", _("Mailboxes")),
        door("mail", _("Incoming mail"), held),
        door("tokens", _("Tokens")),
        door("webhooks", _("Webhooks")),
        door("notices", _("Notices")),
        shelf("texts"),
    ]
    return [
        Group(_("Desk"), [door("organization", _("Organization")), door("portal", _("Portal")), door("log", _("Log"))]),
        Group(_("People"), people),
        Group(_("Tickets"), [*tickets, *times]),
        Group(_("Connections"), outside),
    ]


def held(request: HttpRequest) -> int:
    """How many messages wait in quarantine; counted once a request."""
    if not hasattr(request, "held_mail"):
        request.held_mail = mail.held(request.actor)  # type: ignore[attr-defined]
    return request.held_mail  # type: ignore[attr-defined, no-any-return]


def page(request: HttpRequest, template: str, here: str, values: dict[str, Any], status: int = 200) -> HttpResponse:
    """One page of administration with all its doors."""
    return pages.page(request, template, {"groups": doors(here, held(request)), **values}, here="admin", status=status)


def keep(request: HttpRequest, by: Callable[[HttpRequest], None]) -> dict[str, list[str]] | None:
    """Has `by` keep what was sent: what is wrong with it, None once it is kept."""
    if request.method != "POST":
        return {}
    try:
        by(request)
    except Wrong as wrong:
        return wrong.errors
    messages.info(request, _("Changed."))
    return None


def form(
    request: HttpRequest,
    here: str,
    title: str,
    inputs: list[Input],
    errors: dict[str, list[str]],
    template: str = "admin_form",
    refused: bool = False,
    **facts: Any,
) -> HttpResponse:
    """A form with what was typed and what is wrong with it; `facts` are more values of its template."""
    loose = put_back(request, inputs, errors)
    values = {"title": title, "inputs": inputs, "errors": loose, "back": "", "lead": "", **facts}
    return page(request, template, here, values, 422 if errors or refused else 200)
