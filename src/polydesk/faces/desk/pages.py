"""Renders a page of the workplace: the values that stand around every page, and the two shapes of an answer."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from polydesk.web.idempotency import FORM_FIELD, form_token

from . import preferences, rail, sending


def gate_values(request: HttpRequest) -> dict[str, Any]:
    """What a page before the desk needs: no organization is known yet, so none is named."""
    return {
        "theme": preferences.of(request)["theme"],
        "house": "Polydesk",
        "title": "",
        "signed_in": request.user.is_authenticated,
    }


def gate(request: HttpRequest, template: str, *, status: int = 200) -> HttpResponse:
    """A page without the rail, for whoever has no desk here."""
    values = gate_values(request) | {"messages": messages.get_messages(request), "signed_in": False, "content": ""}
    return render(request, f"desk/{template}.jinja", values, status=status)


def page(
    request: HttpRequest, template: str, values: dict[str, Any], *, here: str = "", status: int = 200
) -> HttpResponse:
    """A whole page with its rail."""
    return answer(request, template, {"frame": rail.frame(request, here=here), **values}, status=status)


def answer(request: HttpRequest, template: str, values: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """The template with the messages of this reader; fragments of a page are asked for without a rail."""
    values = {
        "messages": messages.get_messages(request),
        "held": sending.waiting(request),
        "once": FORM_FIELD,
        "form_token": form_token(),
        **values,
    }
    return render(request, f"desk/{template}.jinja", values, status=status)


def dialog(
    request: HttpRequest, template: str, values: dict[str, Any], *, here: str = "", status: int = 200
) -> HttpResponse:
    """A small form: the inside of a dialog for a script, a page of its own for everybody else."""
    if "HX-Request" in request.headers:
        return answer(request, template, values, status=status)
    return page(request, "alone", {**values, "inside": f"desk/{template}.jinja"}, here=here, status=status)


def sorry(request: HttpRequest, status: int, why: str = "") -> HttpResponse:
    """A refusal of the whole request, in a sentence and with a way on."""
    sentences = {
        400: _("This request has characters that no text may have."),
        403: _("You may not do this here."),
        404: _("There is no such page, or it is not yours to see."),
    }
    names = {400: _("Not readable"), 403: _("Not allowed"), 404: _("Nothing here")}
    values = {"name": names[status], "sentence": why or sentences[status]}
    if "HX-Request" in request.headers:
        return answer(request, "sorry_fragment", values, status=status)
    return page(request, "sorry", values, status=status)
