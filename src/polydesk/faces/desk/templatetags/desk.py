"""`gate`: wraps a block of a Django template in our Jinja page for signing in (research: allauth's one layout)."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

from .. import pages

register = template.Library()


@register.simple_block_tag(takes_context=True)
def gate(context: dict[str, Any], content: str) -> SafeString:
    """What allauth wrote, in the middle of our own page; both are rendered and escaped already.

    allauth's title is a block among the others: it stands marked in the content and moves to the head."""
    request = context["request"]
    before, _, rest = content.partition("<gate-title>")
    title, _, after = rest.partition("</gate-title>")
    values = pages.gate_values(request) | {
        "title": mark_safe(title.strip()),
        "content": mark_safe(before + after),
        "messages": context.get("messages") or [],
    }
    return mark_safe(get_template("desk/gate.jinja").render(values, request))
