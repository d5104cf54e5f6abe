"""What every request passes: token, method, view; and what becomes of its failures (SE-024, SE-025, SE-028, SE-041)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from polydesk.directory.actors import Actor
from polydesk.tickets.refusals import Denied, Missing, Refused
from polydesk.web.bodies import BadBody, json_response

from . import auth, errors
from .errors import Failure

View = Callable[..., Any]


def endpoint(*, deprecated: bool = False, **views: View) -> Callable[..., HttpResponseBase]:
    """One address with a view per method; a view answers what becomes the JSON, or a response of its own."""

    @csrf_exempt
    def serve(request: HttpRequest, **path: str) -> HttpResponseBase:
        try:
            response = _answer(request, views, path)
        except Failure as failure:
            response = errors.response(failure)
        if deprecated:
            response.headers["Deprecation"] = "true"
        return response

    return serve


def _answer(request: HttpRequest, views: dict[str, View], path: dict[str, str]) -> HttpResponseBase:
    actor = auth.caller(request)
    method = "get" if request.method == "HEAD" else str(request.method).lower()
    if method not in views:
        allowed = ", ".join(sorted(name.upper() for name in views))
        raise Failure(405, f"This address knows {allowed}.", headers={"Allow": allowed})
    shown = _ask(views[method], request, actor, path)
    return shown if isinstance(shown, HttpResponseBase) else json_response(shown)


def _ask(view: View, request: HttpRequest, actor: Actor, path: dict[str, str]) -> Any:
    try:
        return view(request, actor, **path)
    except BadBody as bad:
        raise errors.of_body(bad) from bad
    except Missing as gone:
        raise errors.missing("ticket") from gone
    except Denied as denied:
        raise errors.forbidden(denied.reason) from denied
    except Refused as refused:
        raise errors.of_refused(refused) from refused


@csrf_exempt
def unknown(request: HttpRequest, **path: str) -> HttpResponseBase:
    """An address that the face does not have; without a token not even that is told (SE-031, SE-041)."""
    try:
        auth.caller(request)
    except Failure as failure:
        return errors.response(failure)
    return errors.response(Failure(404, "There is no such address."))
