"""A form that comes back: what was typed stands in it again, with what is wrong beside each field."""

from __future__ import annotations

from django.http import HttpRequest

from .shown import Input


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
        elif one.type != "file":
            one.value = request.POST.get(one.name, one.value)
    return [m for name, found in errors.items() for m in found if name not in {i.name for i in inputs}]
