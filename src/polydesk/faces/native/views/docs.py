"""The document of the API and a page to read it, which loads nothing from elsewhere (PL-100)."""

from __future__ import annotations

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from polydesk.faces.native import openapi


@require_safe
def document(request: HttpRequest) -> HttpResponse:
    """OpenAPI 3.1."""
    return HttpResponse(
        openapi.encoded(),
        content_type="application/json",
        headers={"Cache-Control": "public, max-age=300"},
    )


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Every operation with its parameters, bodies and answers."""
    found = msgspec.json.decode(openapi.encoded())
    groups: dict[str, list[dict[str, object]]] = {}
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            shared = found["components"]["responses"]
            operation["responses"] = {
                status: shared[status] if "$ref" in answer else answer
                for status, answer in operation["responses"].items()
            }
            groups.setdefault(operation["tags"][0], []).append({"path": path, "method": method.upper(), **operation})
    return render(
        request,
        "native/docs.jinja",
        {"groups": groups, "schemas": found["components"]["schemas"], "info": found["info"]},
    )
