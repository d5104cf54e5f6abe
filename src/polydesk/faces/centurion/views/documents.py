"""`schema` (OpenAPI 3.1) and `docs` (a page to read): both made from the addresses and the field tables (CE-225)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.html import escape
from django.views.decorators.http import require_safe

from polydesk.web.bodies import json_response

from ..door import root
from ..options import VERSION
from ..shapes import Field

_routes: list[URLPattern] = []
_CONVERTER = re.compile(r"<(?:(\w+):)?(\w+)>")
_SUMMARY = {
    "get": "Read",
    "post": "Create",
    "put": "Replace",
    "patch": "Change",
    "delete": "Delete",
    "options": "Describe",
}


def tell_of(routes: Iterable[URLPattern]) -> None:
    """Called once by `urls.py`: these are the addresses."""
    _routes[:] = routes


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document."""
    return json_response(document(), content_type="application/vnd.oai.openapi+json")


def document() -> dict[str, Any]:
    """What `schema` answers."""
    paths: dict[str, Any] = {}
    for route in _routes:
        view: Any = route.callback
        if not hasattr(view, "methods"):
            continue
        where = "/" + _CONVERTER.sub(r"{\2}", str(route.pattern)).strip("/")
        paths.setdefault(where, _path(str(route.pattern), view))
    return {
        "openapi": "3.1.0",
        "info": {"title": "Centurion ERP API", "version": VERSION["version"]},
        "servers": [{"url": root()}],
        "security": [{"token": []}, {"cookie": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "`Token <64 hexadecimal characters>`",
                },
                "cookie": {"type": "apiKey", "in": "cookie", "name": "session"},
            },
            "schemas": {
                "Detail": {"type": "object", "properties": {"detail": {"type": "string"}}, "required": ["detail"]},
                "FieldErrors": {"type": "object", "additionalProperties": True},
            },
        },
    }


def _path(pattern: str, view: Any) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "integer" if kind == "int" else "string"}}
        for kind, name in _CONVERTER.findall(pattern)
    ]
    found: dict[str, Any] = {"parameters": parameters} if parameters else {}
    for method in view.methods:
        found[method] = _operation(method, view, is_list="post" in view.methods and method == "get")
    return found


def _operation(method: str, view: Any, *, is_list: bool) -> dict[str, Any]:
    operation: dict[str, Any] = {"summary": _SUMMARY[method], "responses": _responses(method)}
    if is_list:
        operation["parameters"] = [
            {"name": name, "in": "query", "schema": {"type": kind}}
            for name, kind in (
                ("page[number]", "integer"),
                ("page[size]", "integer"),
                ("search", "string"),
                ("sort", "string"),
            )
        ]
    if method in ("post", "put", "patch"):
        operation["requestBody"] = {
            "content": {"application/json": {"schema": body_schema(view.fields, partial=method == "patch")}}
        }
    return operation


def _responses(method: str) -> dict[str, Any]:
    done = {"post": "201", "delete": "204"}.get(method, "200")
    detail = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Detail"}}}}
    found: dict[str, Any] = {done: {"description": "Done"}}
    if method in ("post", "put", "patch", "get"):
        found["400"] = {
            "description": "Values are not valid",
            "content": {"application/json": {"schema": {}}},
        }
    for status, words in (
        ("401", "Who are you?"),
        ("403", "Not allowed, or not there"),
        ("404", "Not there"),
        ("429", "Too many"),
    ):
        found[status] = {"description": words, **detail}
    if method in ("post", "put", "patch"):
        found["413"] = {"description": "Too large", **detail}
        found["415"] = {"description": "Not a media type that is read here", **detail}
    return found


_TYPES: dict[str, dict[str, Any]] = {
    "Integer": {"type": "integer"},
    "String": {"type": "string"},
    "Markdown": {"type": "string", "format": "markdown"},
    "Boolean": {"type": "boolean"},
    "DateTime": {"type": "string", "format": "date-time"},
    "Relationship": {"type": "integer"},
    "Choice": {"type": "integer"},
}


def body_schema(fields: Mapping[str, Field], *, partial: bool) -> dict[str, Any]:
    """The body of a request, as JSON Schema."""
    writable = {name: field for name, field in fields.items() if not field.read_only}
    found: dict[str, Any] = {
        "type": "object",
        "properties": {name: _property(field) for name, field in writable.items()},
    }
    required = [name for name, field in writable.items() if field.required]
    if required and not partial:
        found["required"] = required
    return found


def _property(field: Field) -> dict[str, Any]:
    found = dict(_TYPES.get(field.type, {}))
    if field.choices:
        found["enum"] = list(field.choices)
    if field.max_length:
        found["maxLength"] = field.max_length
    if field.many:
        found = {"type": "array", "items": found}
    if field.null:
        found = {"anyOf": [found, {"type": "null"}]}
    return found | ({"description": field.help_text} if field.help_text else {})


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The same for people."""
    rows = "".join(
        f"<h2><code>{escape(root() + where)}</code></h2><ul>{_methods(item)}</ul>"
        for where, item in document()["paths"].items()
    )
    return HttpResponse(
        f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>API</title></head>
<body><main><h1>Centurion ERP API</h1>
<p>The machine-readable form is the <a href="{escape(root())}/schema">OpenAPI document</a>. Send
<code>Authorization: Token …</code>; lists answer <code>results</code>, <code>meta</code> and <code>links</code>.</p>
{rows}</main></body></html>
"""
    )


def _methods(item: Mapping[str, Any]) -> str:
    found = []
    for method, operation in item.items():
        if method == "parameters":
            continue
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        names = ", ".join(f"<code>{escape(name)}</code>" for name in body.get("properties", ()))
        found.append(f"<li><b>{method.upper()}</b> {operation['summary']}{': ' + names if names else ''}</li>")
    return "".join(found)
