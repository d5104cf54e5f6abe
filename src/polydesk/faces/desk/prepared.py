"""What people prepare for themselves and each other: the frame around canned replies, macros and saved views."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from . import pages
from .filling import put_back
from .shown import Input, Item


def page(request: HttpRequest, template: str, here: str, values: dict[str, Any], status: int = 200) -> HttpResponse:
    """One of the three lists, or a row of one."""
    names = (("replies", _("Canned replies")), ("macros", _("Macros")), ("views", _("Saved views")))
    doors = [Item(name, reverse(f"desk:{key}"), here=here == key) for key, name in names]
    frame = {"doors": doors, "heading": _("Templates")}
    return pages.page(request, template, frame | values, here="replies", status=status)


def form(
    request: HttpRequest,
    here: str,
    title: str,
    inputs: list[Input],
    errors: dict[str, list[str]],
    *,
    back: str,
    may_change: bool = True,
    other: tuple[str, str] | None = None,
) -> HttpResponse:
    """A row's form with what was typed and what is wrong with it."""
    loose = put_back(request, inputs, errors)
    lead = "" if may_change else _("This belongs to others: you may use it, and copy its text.")
    values = {"title": title, "inputs": inputs, "errors": loose, "back": back, "lead": lead, "other": other}
    return page(request, "admin_form", here, values | {"may_change": may_change}, 422 if errors else 200)
