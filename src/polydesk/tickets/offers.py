"""What a custom field offers: plain words, or values with a label and names in other languages (RC-039)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language

from .models import CustomField


def offered(field: CustomField) -> list[tuple[Any, str]]:
    """Each choice as its value and the words for the active language."""
    return [(value_of(choice), label_of(choice)) for choice in field.choices]


def value_of(choice: Any) -> Any:
    """What a ticket keeps of it."""
    return choice["value"] if isinstance(choice, dict) else choice


def label_of(choice: Any) -> str:
    """What people read of it."""
    if not isinstance(choice, dict):
        return str(choice)
    names = choice.get("names") or {}
    return str(names.get((get_language() or "").partition("-")[0]) or choice.get("label") or choice["value"])
