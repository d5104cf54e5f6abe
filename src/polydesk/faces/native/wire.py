"""What every operation of the API passes on its way: caller, limits, scope, query, body, idempotency, answer.

An `Operation` is one line of the tables in `urls.py`; an `Endpoint` is all operations of one address. The OpenAPI
document is made of the same lines (PL-100)."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from polydesk.directory.actors import Actor
from polydesk.web import bodies, idempotency, limits, slots
from polydesk.web.problems import FieldError, Problem, problem_response

from . import auth, errors

JSON = "application/json"
SMALLEST_TO_ZIP = 1400


class NoQuery(msgspec.Struct, forbid_unknown_fields=True):
    """No parameters."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address. `resource` is what a token's scope must reach; `is_large` says of a body whether it
    needs one of the few places for expensive work (RS-163)."""

    method: str
    path: str
    view: Callable[..., Any]
    summary: str
    resource: str
    body: Any = None
    query: type[msgspec.Struct] = NoQuery
    answer: Any = None
    status: int = 200
    produces: str = JSON
    consumes: str = JSON
    admin: bool = False
    is_large: Callable[[Any], bool] | None = None
    example: Mapping[str, Any] | None = None

    @property
    def writes(self) -> bool:
        """Does it change anything?"""
        return self.method != "GET"


TABLE: list[Operation] = []
"""Every operation, filled by `urls.py`: for the document and for the names of scopes."""


@dataclass(slots=True)
class Call:
    """One request on its way: who asks for what."""

    request: HttpRequest
    actor: Actor
    operation: Operation
    query: Any = None
    body: Any = None

    def header(self, name: str) -> str | None:
        """A header of the request."""
        return self.request.META.get("HTTP_" + name.upper().replace("-", "_"))

    @property
    def wants_little(self) -> bool:
        """`Prefer: return=minimal` (PL-105)."""
        return "return=minimal" in (self.header("Prefer") or "").replace(" ", "")

    @property
    def expected(self) -> int | None:
        """The version that If-Match names; -1, which nothing ever has, when it names none of ours (RS-031)."""
        given = self.header("If-Match")
        if given is None:
            if settings.POLYDESK_REQUIRE_IF_MATCH:
                raise Problem("precondition-required", "Say in If-Match which version you mean to change.")
            return None
        if given.strip() == "*":
            return None
        tag = given.strip().strip('"')
        return int(tag) if tag.isascii() and tag.isdigit() and len(tag) < 12 else -1


@dataclass(slots=True)
class Reply:
    """What a view answers: a value to encode, its version, its place."""

    value: Any = None
    status: int | None = None
    version: int | str | None = None
    headers: dict[str, str] = field(default_factory=dict)


class Endpoint:
    """All operations of one address, as a Django view."""

    csrf_exempt = True  # auth.py checks it for sessions; bearer tokens need none

    def __init__(self, operations: Iterable[Operation]) -> None:
        self.operations = {operation.method: operation for operation in operations}

    @cached_property
    def allow(self) -> str:
        """The methods of this address."""
        methods = [*self.operations, *(["HEAD"] if "GET" in self.operations else []), "OPTIONS"]
        return ", ".join(methods)

    def __call__(self, request: HttpRequest, **ids: int) -> HttpResponseBase:
        try:
            return self._answer(request, ids)
        except errors.REFUSALS as refusal:
            return _shaped(request, errors.problem_of(refusal))

    def _answer(self, request: HttpRequest, ids: dict[str, int]) -> HttpResponseBase:
        method = "GET" if request.method == "HEAD" else request.method or ""
        if method == "OPTIONS":
            return HttpResponse(status=204, headers={"Allow": self.allow})
        operation = self.operations.get(method)
        if operation is None:
            raise Problem("method", f"{method} is not possible here.", headers={"Allow": self.allow})
        actor = request.actor = auth.caller(request)  # type: ignore[attr-defined]
        verdict = limits.take(
            limit(), f"token:{actor.credential_id}" if actor.credential_id else f"user:{actor.person_id}"
        )
        if not verdict.allowed:
            raise Problem("rate-limited", "Too many requests; slow down.", headers=verdict.headers)
        auth.require_scope(actor, operation.resource, method, admin=operation.admin)
        _check_accept(request, operation)
        response = _perform(Call(request, actor, operation), ids)
        for name, value in verdict.headers.items():
            response.headers[name] = value
        return response


def _perform(call: Call, ids: dict[str, int]) -> HttpResponseBase:
    request, operation = call.request, call.operation
    call.query = _query(request, operation.query)
    if not operation.writes:
        return respond(call, operation.view(call, **ids))

    def act() -> HttpResponse:
        try:
            with transaction.atomic():
                return _write(call, ids)
        except errors.REFUSALS as refusal:
            return _shaped(request, errors.problem_of(refusal))

    with _place(call):
        if idempotency.HEADER not in request.META:
            return _write(call, ids)
        return idempotency.once(request, act, caller=f"native:{call.actor.organization_id}:{call.actor.person_id}")


def _place(call: Call) -> AbstractContextManager[None]:
    """A place for what is expensive, taken before any transaction, so that others see it (RS-163)."""
    is_large, actor = call.operation.is_large, call.actor
    if is_large is None:
        return nullcontext()
    try:
        large = is_large(_body(call.request, call.operation.body))
    except (bodies.BadBody, Problem):  # told in its turn, and remembered with its key
        return nullcontext()
    return slots.taken(person=actor.person_id, organization=actor.organization_id) if large else nullcontext()


def _write(call: Call, ids: dict[str, int]) -> HttpResponse:
    if call.operation.body is not None:
        call.body = _body(call.request, call.operation.body)
    return respond(call, call.operation.view(call, **ids))  # type: ignore[return-value]


def _shaped(request: HttpRequest, problem: Problem) -> HttpResponse:
    response = problem_response(request, problem)
    response.shaped = True  # type: ignore[attr-defined]
    return response


def limit() -> limits.Limit:
    """So many requests a minute for each token (PL-109)."""
    return limits.Limit("native", amount=settings.POLYDESK_API_RATE, seconds=60)


def _check_accept(request: HttpRequest, operation: Operation) -> None:
    accepted = request.META.get("HTTP_ACCEPT", "*/*")
    if accepted in ("*/*", JSON, "") or operation.produces == "*/*":
        return
    family = operation.produces.split("/")[0]
    fitting = (operation.produces, "*/*", f"{family}/*", "application/problem+json")
    if not any(part.split(";")[0].strip().lower() in fitting for part in accepted.split(",")):
        raise Problem("not-acceptable", f"This address answers {operation.produces}.")


def _query(request: HttpRequest, shape: type[msgspec.Struct]) -> msgspec.Struct:
    """The parameters as a struct; unknown, repeated and unfit ones are refused by name (RS-090)."""
    if not request.META.get("QUERY_STRING"):
        return shape() if shape is NoQuery else _converted({}, shape)
    given = {name: values[0] for name, values in request.GET.lists()}
    repeated = [name for name, values in request.GET.lists() if len(values) > 1]
    if repeated:
        raise errors.fault(repeated[0], "repeated", "This parameter stands twice; separate several values by commas.")
    bad = [name for name, value in given.items() if "\x00" in name or "\x00" in value]
    if bad:
        raise errors.fault(bad[0].replace("\x00", "?"), "invalid_characters", "A NUL character is not allowed.")
    return _converted(given, shape)


def _converted(given: dict[str, str], shape: type[msgspec.Struct]) -> msgspec.Struct:
    try:
        return msgspec.convert(given, shape, strict=False)
    except msgspec.ValidationError:
        raise errors.refused(_faults(given, shape)) from None


def _faults(given: dict[str, str], shape: type[msgspec.Struct]) -> list[FieldError]:
    fields = {f.encode_name: f for f in msgspec.structs.fields(shape)}
    faults: list[FieldError] = []
    for name, value in given.items():
        if name not in fields:
            faults.append(FieldError(field=name[:100], rule="unknown", message="There is no such parameter."))
            continue
        try:
            msgspec.convert(value, fields[name].type, strict=False)
        except msgspec.ValidationError as error:
            faults.append(FieldError(field=name, rule="invalid", message=f"{error}."))
    missing = [name for name, f in fields.items() if f.required and name not in given]
    return faults + [FieldError(field=n, rule="required", message="This parameter is required.") for n in missing]


def _body(request: HttpRequest, shape: Any) -> Any:
    try:
        return bodies.read_as(request, shape)
    except bodies.BadBody as bad:
        if bad.kind == "malformed" and not bodies.raw(request):
            raise Problem("malformed", "The body must be a JSON object.") from None
        raise


def respond(call: Call, reply: Any) -> HttpResponseBase:
    """Encode what a view gave: 304, minimal, gzip and ETag are decided here (PL-105)."""
    if isinstance(reply, HttpResponseBase):
        return reply
    if not isinstance(reply, Reply):
        reply = Reply(reply)
    status = reply.status or call.operation.status
    if reply.version is not None:
        etag = reply.headers["ETag"] = f'"{reply.version}"'
        if not call.operation.writes and _has_it(call, etag):
            return HttpResponse(status=304, headers=reply.headers)
    if reply.value is None or (call.operation.writes and call.wants_little):
        if reply.value is not None:
            reply.headers["Preference-Applied"] = "return=minimal"
        return HttpResponse(status=status if status == 201 or status >= 300 else 204, headers=reply.headers)
    return _encoded(call, bodies.encode(reply.value), status, reply.headers)


def _encoded(call: Call, body: bytes, status: int, headers: dict[str, str]) -> HttpResponse:
    headers["Vary"] = "Accept, Accept-Encoding, Authorization, Cookie"
    headers.setdefault("Cache-Control", "private, no-cache")
    if len(body) >= SMALLEST_TO_ZIP and "gzip" in call.request.META.get("HTTP_ACCEPT_ENCODING", ""):
        body = gzip.compress(body, compresslevel=3, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return HttpResponse(body, status=status, headers=headers, content_type=JSON)


def _has_it(call: Call, etag: str) -> bool:
    given = call.header("If-None-Match")
    if given is None:
        return False
    return given.strip() == "*" or etag in [tag.strip().removeprefix("W/") for tag in given.split(",")]
