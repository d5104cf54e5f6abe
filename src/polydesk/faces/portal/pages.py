"""Renders a page of the portal with the values that stand around every page."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from polydesk.features.branding import models as branding

VIA = "portal"


def page(request: HttpRequest, template: str, values: dict[str, Any], *, status: int = 200) -> HttpResponse:
    person = request.person  # type: ignore[attr-defined]
    brand = branding.of(person.organization_id)
    around = {
        "house": brand.name if brand and brand.name else person.organization.name,
        "brand": brand,
        "me": person.name,
        "messages": messages.get_messages(request),
    }
    return render(request, f"portal/{template}.jinja", {**around, **values}, status=status)


def say(request: HttpRequest, sentence: str) -> None:
    """A line at the head of the next page."""
    messages.success(request, sentence)
