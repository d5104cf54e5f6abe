"""What every address does first: whose key, which method, which body (CR-010 … CR-020)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.request import QueryDict
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from polydesk.tickets.refusals import Denied, Missing, Refused
from polydesk.web import bodies
from polydesk.web.bodies import BadBody
from polydesk.web.problems import Problem

from .. import auth, errors

Answer = Callable[..., HttpResponseBase]
FORM = "application/x-www-form-urlencoded"


def address(**methods: Answer) -> Answer:
    """A view from one function per method; each gets the request, the agent and the ids of the address."""
    if "GET" in methods:
        methods.setdefault("HEAD", methods["GET"])
    allow = ", ".join([*methods, "OPTIONS"])

    @csrf_exempt
    def view(request: HttpRequest, **ids: str) -> HttpResponseBase:
        actor = auth.caller(request)
        verdict = auth.count(actor)
        if request.method == "OPTIONS":
            return HttpResponse(status=204, headers={"Allow": allow})
        answer = methods.get(request.method or "")
        if answer is None:
            raise Problem("method", "This address does not have that method.", headers={"Allow": allow})
        try:
            response = answer(request, actor, **{name: int(value) for name, value in ids.items()})
        except (Missing, Denied, Refused) as refusal:
            raise errors.told(refusal) from refusal
        for name, value in verdict.headers.items():
            response.headers.setdefault(name, value)
        return response

    return view


@csrf_exempt
def nowhere(request: HttpRequest) -> HttpResponseBase:
    """An address that this API does not have; strangers learn only that they need a key (CR-016, CR-061)."""
    auth.caller(request)
    raise Problem("not-found", "There is nothing at this address.")


def body_of(request: HttpRequest, *, required: bool) -> tuple[dict[str, Any], dict[str, str]]:
    """The body's members, and the faults of single ones; a JSON object, or a form (CR-012, CR-062)."""
    raw = bodies.raw(request)
    if not raw:
        if required:
            raise BadBody("malformed", "A JSON object is needed.")
        return {}, {}
    kind = request.content_type or ""
    if kind == FORM:
        return dict(QueryDict(raw).items()), {}
    if kind not in ("application/json", "") and not kind.endswith("+json"):
        raise BadBody("media_type", "The body must be application/json.")
    value, wrong = bodies.parse_whole(raw)
    if not isinstance(value, dict):
        raise BadBody("malformed", "The body must be a JSON object.")
    faults: dict[str, str] = {}
    for error in wrong:
        faults.setdefault(error["field"].partition(".")[0], error["message"])
    return value, faults
