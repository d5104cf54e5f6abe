"""A form that comes back: what was typed stands in it again, with what is wrong beside each field."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from polydesk.tickets.refusals import Refused

from .shelves import Wrong
from .shown import Input

Errors = dict[str, list[str]]


def put_back(request: HttpRequest, inputs: list[Input], errors: dict[str, list[str]]) -> list[str]:
    """Fills the fields of a posted form; answers the complaints that belong to none of them."""
    for one in inputs:
        one.errors = errors.get(one.name, [])
        if request.method != "POST":
            continue
        if one.type == "checks":
            one.value = request.POST.getlist(one.name)
        elif one.type == "checkbox":
            one.value = request.POST.get(one.name) == "on"
        elif one.type not in ("file", "password"):
            one.value = request.POST.get(one.name, one.value)
    return [m for name, found in errors.items() for m in found if name not in {i.name for i in inputs}]


def take(
    request: HttpRequest,
    row: models.Model | None,
    keep: Callable[[], object],
    *,
    back: str,
    gone: str = "",
    remove: Callable[[], object] | None = None,
) -> HttpResponse | Errors:
    """What a row's form asks for: with `remove` its removal, else to keep it. Answers where to go on, or what is wrong
    by field; nothing is wrong with a form that is only looked at."""
    if request.method != "POST":
        return {}
    if row is not None and remove is not None and "remove" in request.POST:
        remove()
        messages.info(request, gone)
        return HttpResponseRedirect(back)
    try:
        keep()
    except Wrong as wrong:
        return wrong.errors
    except ValidationError as error:
        return faults(error)
    except Refused as refused:
        return by_field(refused)
    messages.info(request, _("Changed.") if row else _("Made."))
    return HttpResponseRedirect(back)


def by_field(refused: Refused) -> Errors:
    """What the engine says against it, field by field."""
    found: Errors = {}
    for refusal in refused.refusals:
        found.setdefault(refusal.field, []).append(refusal.message)
    return found


def faults(error: ValidationError) -> Errors:
    """A model's complaints by field; those of the whole stand above the form."""
    return {name: [str(m) for m in found] for name, found in error.message_dict.items()}
