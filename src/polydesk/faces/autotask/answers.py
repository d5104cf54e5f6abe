"""Every answer is JSON in UTF-8 with a body (AT-009, AT-010)."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from polydesk.web import bodies


def answer(value: Any, status: int = 200) -> HttpResponse:
    """A JSON answer."""
    return bodies.json_response(value, status=status, content_type="application/json; charset=utf-8")
