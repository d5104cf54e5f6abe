"""From a request to an answer: who calls, which method, the body, and every refusal in this face's shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt

from polydesk.tickets.refusals import Denied, Missing, Refused
from polydesk.web import bodies
from polydesk.web.bodies import BadBody, json_response

from . import auth, errors
from .auth import Caller
from .errors import Fault
from .names import Names
from .shapes import Field

PARSES = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")
RENDERS = ("application/json",)


@dataclass
class Call:
    """One request of a known caller."""

    request: HttpRequest
    caller: Caller

    def url(self, path: str) -> str:
        """An absolute address below the root of this face (CE-240)."""
        return f"{self._root}/{path}" if path else self._root

    @cached_property
    def _root(self) -> str:
        return self.request.build_absolute_uri(root())

    @cached_property
    def names(self) -> Names:
        """Objects that the answer refers to."""
        return Names(self.url)

    @cached_property
    def body(self) -> dict[str, Any]:
        """The body as an object, from JSON or a form."""
        return _body(self.request)

    def missing(self) -> Fault:
        """No such object, or none that the caller may see."""
        return errors.missing(is_superuser=self.caller.is_superuser)

    def need(self, allowed: bool) -> None:
        """Go on only with the permission (CE-284)."""
        if not allowed:
            raise errors.forbidden()


def root() -> str:
    """`/api/v2`"""
    return reverse("centurion:root").rstrip("/")


@dataclass(frozen=True)
class Created:
    """An answer with 201."""

    value: Any


Handler = Callable[..., Any]
View = Callable[..., HttpResponseBase]


def address(fields: Mapping[str, Field] | None = None, **methods: Handler) -> View:
    """A view from one handler per method (lower case). A handler gets the Call and the ids of the address, and answers
    a value (200), Created (201) or None (204). `fields` are what bodies hold, for the documentation."""
    allowed = [name.upper() for name in methods]

    @csrf_exempt
    def view(request: HttpRequest, **ids: Any) -> HttpResponse:
        try:
            call = Call(request, auth.caller(request))
            handler = methods.get(_method(request, methods))
            if handler is None:
                raise errors.detail(405, f'Method "{request.method}" not allowed.', {"Allow": ", ".join(allowed)})
            response = _answer(_guarded(call, handler, ids))
        except Fault as fault:
            response = fault.response()
        except BadBody as bad:
            response = errors.of_body(bad).response()
        response.headers.setdefault("Vary", "Accept, Cookie")
        for name, value in getattr(request, "limit_headers", {}).items():
            response.headers.setdefault(name, value)
        return response

    view.methods = methods  # type: ignore[attr-defined]
    view.fields = fields or {}  # type: ignore[attr-defined]
    return view


def _method(request: HttpRequest, methods: Mapping[str, Handler]) -> str:
    name = (request.method or "").lower()
    return "get" if name == "head" and "get" in methods else name


def _guarded(call: Call, handler: Handler, ids: Mapping[str, Any]) -> Any:
    try:
        return handler(call, **ids)
    except (Missing, Denied, Refused) as refusal:
        sent = call.__dict__.get("body") or {}
        raise errors.of_engine(refusal, is_superuser=call.caller.is_superuser, sent=sent) from refusal


def _answer(value: Any) -> HttpResponse:
    if isinstance(value, HttpResponse):
        return value
    if value is None:
        return HttpResponse(status=204)
    if isinstance(value, Created):
        return json_response(value.value, 201)
    return json_response(value)


def _body(request: HttpRequest) -> dict[str, Any]:
    kind = request.content_type or ""
    if kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        found = _of_form(request)
    elif kind in ("", "application/json") or kind.endswith("+json"):
        raw = bodies.raw(request)
        found = bodies.parse(raw) if raw.strip() else {}
    else:
        raise errors.detail(415, f'Unsupported media type "{kind[:100]}" in request.')
    if not isinstance(found, dict):
        sentence = f"Invalid data. Expected a dictionary, but got {type(found).__name__}."
        raise errors.invalid({"non_field_errors": [sentence]})
    return found


def _of_form(request: HttpRequest) -> Any:
    if request.content_type == "application/x-www-form-urlencoded":
        raw = bodies.raw(request)
        if raw.lstrip().startswith(b"{"):  # `curl -d '{…}'` names no media type of its own
            return bodies.parse(raw)
    lists = ("assigned_users", "assigned_teams", "subscribed_users", "subscribed_teams", "permissions")
    form = request.POST
    return {name: form.getlist(name) if name in lists else form.get(name) for name in form}
