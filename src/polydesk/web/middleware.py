"""Errors in the shape of the face whose path it is, and the limits of a request before anything looks at it.

A face registers its prefix in its `ready()`: `register_errors("/api/v1", problem_response)`. Under that prefix every
error that nobody has shaped yet is rendered by it: unknown paths, 405, bad hosts, over-long requests, `Problem` and
`BadBody` raised by a view, and unhandled exceptions, of which nothing is told (RS-148, RS-149, RS-150).
"""

import errno
import logging
import sqlite3
import sys
from collections.abc import Callable
from contextvars import ContextVar

from django.core.exceptions import (
    DisallowedHost,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseForbidden,
    HttpResponseNotAllowed,
    HttpResponseNotFound,
    HttpResponseServerError,
)
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.views.defaults import server_error

from polydesk.web import repeating
from polydesk.web.bodies import BadBody
from polydesk.web.problems import Problem

Renderer = Callable[[HttpRequest, Problem], HttpResponse]
Answer = Callable[[HttpRequest], HttpResponseBase]

MAX_QUERY = 8 * 1024
MAX_HEADERS = 16 * 1024
log = logging.getLogger("django.request")
_renderers: dict[str, Renderer] = {}
_current: ContextVar[HttpRequest | None] = ContextVar("current_request", default=None)


def register_errors(prefix: str, renderer: Renderer) -> None:
    """Errors under this path prefix look so; the longest prefix that fits is taken."""
    _renderers[prefix.rstrip("/")] = renderer


def renderer_for(path: str) -> Renderer | None:
    whole = f"{path}/".lower()  # Autotask's clients write its prefix in any case
    fitting = (p for p in _renderers if whole.startswith(f"{p}/".lower()))
    return _renderers.get(max(fitting, key=len, default="?"))


def current() -> HttpRequest | None:
    """The request being answered, for what hears of a row being written but not by whom: its `actor` is who asks."""
    return _current.get()


def render(request: HttpRequest, problem: Problem) -> HttpResponse | None:
    """The problem in its face's shape, or None when no face has registered this path."""
    renderer = renderer_for(request.path_info)
    if renderer is None:
        return None
    response = renderer(request, problem)
    for name, value in problem.headers.items():
        response.headers.setdefault(name, value)
    response.shaped = True  # type: ignore[attr-defined]
    return response


class ErrorShapes:
    """Stands near the outside: what it returns is seen only by what adds headers and logs."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if over := over_limits(request):
            return refuse(request, over)
        request.commits_before = repeating.commits()  # type: ignore[attr-defined]
        token = _current.set(request)
        try:
            response = self.answer(request)
        finally:
            _current.reset(token)
        if response.status_code < 400 or getattr(response, "shaped", False):
            return response
        if not _is_djangos_own(request, response):
            return response
        allow = {name: response.headers[name] for name in ("Allow", "Retry-After") if name in response.headers}
        return render(request, Problem.of_status(response.status_code, headers=allow)) or response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        return rescue(request, exception)


def rescue(request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
    """After a view's exception: the work done again when the database undid it, else the error in its shape."""
    try:
        return repeating.repeat(request, exception, getattr(request, "commits_before", -1))
    except Exception as last:
        return answer_exception(request, last)


def answer_exception(request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
    """What a view let go, in its face's shape; None when no face has registered this path."""
    problem = problem_of(exception)
    if renderer_for(request.path_info) is None:
        return refuse(request, problem) if problem.status in (503, 507) else None
    if problem.status == 500:
        log.error("unhandled exception at %s", request.path, exc_info=exception, extra={"request": request})
        got_request_exception.send(sender=ErrorShapes, request=request)  # Django's test client raises it on this
    return render(request, problem)


def broken(request: HttpRequest) -> HttpResponseBase:
    """The server's `handler500`, for what breaks outside of a view: a session that cannot be read is no bug of ours
    when the database is away (RS-161)."""
    problem = problem_of(sys.exc_info()[1] or RuntimeError())
    return refuse(request, problem) if problem.status in (503, 507) else server_error(request)


def refuse(request: HttpRequest, problem: Problem) -> HttpResponseBase:
    """The problem in its face's shape, or as a plain sentence."""
    plain = HttpResponse(problem.detail, status=problem.status, headers=problem.headers, content_type="text/plain")
    return render(request, problem) or plain


_BARE = (
    HttpResponseBadRequest,
    HttpResponseForbidden,
    HttpResponseNotFound,
    HttpResponseNotAllowed,
    HttpResponseServerError,
)


def _is_djangos_own(request: HttpRequest, response: HttpResponseBase) -> bool:
    """No face has spoken: the path is unknown, or it is one of Django's bare answers."""
    is_page = response.headers.get("Content-Type", "").startswith("text/html")
    return is_page and (request.resolver_match is None or isinstance(response, _BARE))


def over_limits(request: HttpRequest) -> Problem | None:
    """What is wrong with the outside of a request: its query, headers or host (RS-146, RS-150)."""
    meta = request.META
    if len(meta.get("QUERY_STRING", "")) > MAX_QUERY:
        return Problem("too-large", f"The query string may have at most {MAX_QUERY} bytes.", status=414)
    if sum(len(value) for name, value in meta.items() if name[:5] == "HTTP_") > MAX_HEADERS:
        return Problem("too-large", f"The headers may have at most {MAX_HEADERS} bytes.", status=431)
    try:
        request.get_host()
    except DisallowedHost:
        return Problem("malformed", "This server does not answer to that host name.")
    return None


def problem_of(exception: BaseException) -> Problem:
    """What to tell of an exception that a view let go."""
    match exception:
        case Problem():
            return exception
        case BadBody():
            return Problem.of_body(exception)
        case Http404():
            return Problem("not-found")
        case PermissionDenied():
            return Problem("forbidden")
        case RequestDataTooBig() | TooManyFieldsSent() | TooManyFilesSent():
            return Problem("too-large")
        case SuspiciousOperation() | MultiPartParserError():
            return Problem("malformed")
        case OperationalError() | InterfaceError() | OSError() if is_full(exception):
            return Problem("storage", "There is no room left to store it.", headers={"Retry-After": "60"})
        case OperationalError() | InterfaceError():
            return Problem("unavailable", "The database does not answer.", headers={"Retry-After": "5"})
        case _:
            return Problem("internal")


def is_full(exception: BaseException) -> bool:
    """No room on the disk of the database or of the files (RS-195)."""
    if isinstance(exception, OSError):
        return exception.errno in (errno.ENOSPC, errno.EDQUOT)
    cause = exception.__cause__
    return getattr(cause, "sqlstate", "") == "53100" or (
        isinstance(cause, sqlite3.Error) and getattr(cause, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL
    )
