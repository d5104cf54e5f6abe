"""The OpenAPI 3.1 document, made of the operations that serve the requests (PL-100)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec

from polydesk.web import problems

from .wire import JSON, TABLE, Operation

REF = "#/components/schemas/{name}"
PROBLEM = "application/problem+json"
EXPORTS = ("text/csv", "application/x-ndjson")
REFUSALS = (400, 401, 403, 404, 406, 409, 412, 413, 414, 415, 422, 428, 429, 431, 503)


class FieldError(msgspec.Struct):
    """What is wrong with one field."""

    field: str
    rule: str
    message: str


class Problem(msgspec.Struct):
    """A refusal (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
    errors: list[FieldError] | msgspec.UnsetType = msgspec.UNSET
    current_version: int | msgspec.UnsetType = msgspec.UNSET
    column: int | msgspec.UnsetType = msgspec.UNSET


@cache
def encoded() -> bytes:
    """The document as JSON, made once."""
    return msgspec.json.encode(document(TABLE))


def document(operations: Iterable[Operation]) -> dict[str, Any]:
    """The whole document."""
    operations = tuple(operations)
    types = [t for o in operations for t in (o.body, o.answer) if t is not None]
    types += [o.query for o in operations] + [Problem]
    schemas, components = msgspec.json.schema_components(_once(types), ref_template=REF)
    by_type = {id(t): schema for t, schema in zip(_once(types), schemas, strict=True)}
    paths: dict[str, Any] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, by_type, components)
    queries = {_name(by_type[id(o.query)]) for o in operations}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Polydesk",
            "version": "1",
            "description": "Everything the desk knows and does. Refusals are problem documents (RFC 9457).",
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}, {"session": []}],
        "tags": [{"name": name} for name in dict.fromkeys(o.resource for o in operations)],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "session"},
            },
            "responses": {str(status): _problem(status, by_type[id(Problem)]) for status in REFUSALS},
            "schemas": {name: schema for name, schema in components.items() if name not in queries},
        },
    }


def _once(types: list[Any]) -> list[Any]:
    return list({id(t): t for t in types}.values())


def _operation(operation: Operation, by_type: dict[int, Any], components: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": _operation_id(operation),
        "summary": operation.summary,
        "tags": [operation.resource],
        "parameters": [
            *_path_parameters(operation),
            *_query_parameters(operation, by_type, components),
            *_headers(operation),
        ],
        "responses": _responses(operation, by_type),
    }
    if operation.view.__doc__:
        made["description"] = operation.view.__doc__
    if operation.body is not None:
        content: dict[str, Any] = {"schema": by_type[id(operation.body)]}
        if operation.example:
            content["example"] = dict(operation.example)
        made["requestBody"] = {"required": True, "content": {JSON: content}}
    elif operation.consumes != JSON:
        file = {
            "type": "object",
            "properties": {"file": {"type": "string", "contentMediaType": "application/octet-stream"}},
        }
        made["requestBody"] = {
            "required": True,
            "content": {operation.consumes: {"schema": {**file, "required": ["file"]}}},
        }
    return made


def _operation_id(operation: Operation) -> str:
    words = re.findall(r"\w+", operation.path)
    return "_".join([operation.method.lower(), *words])


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    number = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
    word = {"type": "string", "pattern": "^[a-z_]{1,30}$"}
    return [
        {"name": name, "in": "path", "required": True, "schema": word if name == "kind" else number}
        for name in re.findall(r"\{(\w+)\}", operation.path)
    ]


def _query_parameters(
    operation: Operation, by_type: dict[int, Any], components: dict[str, Any]
) -> list[dict[str, Any]]:
    shape = components[_name(by_type[id(operation.query)])]
    return [
        {
            "name": name,
            "in": "query",
            "required": name in shape.get("required", ()),
            **({"description": schema["description"]} if "description" in schema else {}),
            "schema": _without_null(schema),
        }
        for name, schema in shape["properties"].items()
    ]


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter that is absent is not null."""
    kept = {n: v for n, v in schema.items() if n not in ("description", "default")}
    if "anyOf" not in kept:
        return {**kept, **({"default": schema["default"]} if schema.get("default") is not None else {})}
    options = [option for option in kept.pop("anyOf") if option != {"type": "null"}]
    return {**options[0], **kept} if len(options) == 1 else {"anyOf": options, **kept}


def _headers(operation: Operation) -> list[dict[str, Any]]:
    text = {"type": "string", "maxLength": 255}
    if not operation.writes:
        return [{"name": "If-None-Match", "in": "header", "schema": text}] if operation.path.endswith("{id}") else []
    key = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"}
    found = [{"name": "Idempotency-Key", "in": "header", "schema": key, "description": "One effect per key for a day."}]
    if operation.method in ("PATCH", "DELETE", "PUT"):
        found.append(
            {"name": "If-Match", "in": "header", "schema": text, "description": "The version you mean to change."}
        )
    return found


def _responses(operation: Operation, by_type: dict[int, Any]) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "Done."}
    if operation.answer is not None:
        good["content"] = {JSON: {"schema": by_type[id(operation.answer)]}}
    elif operation.produces != JSON:
        kind = "application/octet-stream" if operation.produces == "*/*" else operation.produces
        good["content"] = {kind: {}}
    if operation.status == 201 and operation.answer is not None:
        good["headers"] = {"Location": {"schema": {"type": "string"}}}
    answers = {str(operation.status): good}
    for status in _refusals(operation):
        answers[str(status)] = {"$ref": f"#/components/responses/{status}"}
    if not operation.writes:
        answers["304"] = {"description": "You have it already."}
    elif operation.answer is not None and operation.status == 200:
        answers["204"] = {"description": "Done; nothing is sent back, as asked by Prefer."}
    return answers


def _problem(status: int, schema: Any) -> dict[str, Any]:
    title = next((title for code, title in problems.KINDS.values() if code == status), "Too large")
    return {"description": title, "content": {PROBLEM: {"schema": schema}}}


def _refusals(operation: Operation) -> list[int]:
    found = [400, 401, 403, 406, 414, 429, 431, 503]
    if "{" in operation.path:
        found.append(404)
    if operation.writes:
        found += [409, 412, 413, 415, 422, 428]
    elif operation.produces in EXPORTS:
        found.append(409)  # the last one has not ended yet (RS-163)
    return sorted(found)


def _name(schema: dict[str, Any]) -> str:
    return str(schema["$ref"]).rsplit("/", 1)[1]
