"""Refusals of whole requests as pages of the portal (RS-148)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from polydesk.web.problems import Problem

FORBIDDEN, MISSING = 403, 404


def page(request: HttpRequest, problem: Problem) -> HttpResponse:
    """One sentence and a way on; nothing of what went wrong inside is told."""
    return sorry(request, problem.status)


def sorry(request: HttpRequest, status: int, why: str = "") -> HttpResponse:
    """The page for a refusal; `why` is the engine's own sentence for people."""
    sentences = {
        403: _("You may not do this here."),
        404: _("There is no such page, or it is not yours to see."),
        409: _("This was sent already and is being worked on. Look at your requests."),
        413: _("This is too large to send."),
        414: _("This is too large to send."),
    }
    general = _("This did not work. Go back and try again.")
    values: dict[str, object] = {
        "house": "",
        "me": None,
        "messages": [],
        "sentence": why or sentences.get(status, general),
    }
    return render(request, "portal/sorry.jinja", values, status=status)
