"""Failures in the face's shape: `{"code", "message"}`, with `errors` where values are at fault (SE-040 … SE-049)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from polydesk.tickets.refusals import Refused
from polydesk.web.bodies import BadBody, json_response
from polydesk.web.problems import Problem

INVALID = "REQUEST_VALIDATION_FAILED"
CODES = {
    400: INVALID,
    401: "USER_UNAUTHORIZED",
    403: "REQUEST_FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: "REQUEST_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    429: "RATE_LIMIT_EXCEEDED",
    500: "INTERNAL_ERROR",
    503: "SERVICE_UNAVAILABLE",
}
# Rules about the state of a ticket that have a code of their own; all others say which value is wrong.
STATES = {
    "ticket_is_not_closed": "TICKET_CLOSED",
    "ticket_is_closed": "TICKET_NOT_CLOSED",
    "not_closed": "TICKET_NOT_CLOSED",
    "mailings_are_not_rated": "VOTE_NOT_ALLOWED",
}
# The engine's words for fields in this face's; a field that is missing here is told without its name (RC-010).
NAMES = {
    "title": "summary",
    "description": "comment_body",
    "text": "body",
    "access": "access_level",
    "access_projects": "keystone_projects",
    "category": "categories",
    "products": "products",
    "rating": "score",
}
Errors = Iterable[tuple[str, str]]


class Failure(Exception):
    """What a request is answered when it fails."""

    def __init__(
        self, status: int, message: str, code: str = "", errors: Errors = (), headers: Mapping[str, str] | None = None
    ) -> None:
        self.status = status
        self.code = code or CODES[status]
        self.message = message
        self.errors = list(errors)
        self.headers = dict(headers or {})
        super().__init__(message)


def invalid(errors: Errors) -> Failure:
    """Values that cannot be taken, one entry per field."""
    errors = list(dict(errors).items())
    return Failure(400, " ".join(f"{field}: {message}" for field, message in errors[:5]), errors=errors)


def missing(what: str, errors: Errors = ()) -> Failure:
    """There is no such thing for this token: `what` is ticket, comment, file … (SE-034, SE-049)."""
    return Failure(404, f"There is no such {what}.", f"{what.upper()}_NOT_FOUND", errors)


def forbidden(reason: str) -> Failure:
    """The token may read but not do this (SE-036)."""
    return Failure(403, reason)


def of_refused(refused: Refused) -> Failure:
    """The engine's refusals: wrong values before wrong states, all of the first class (RC-017, SE-041)."""
    values = [r for r in refused.refusals if r.rule not in STATES]
    if not values:
        state = refused.refusals[0]
        return Failure(400, state.message, STATES[state.rule])
    named = [(name, r.message) for r in values if (name := _name(r.field))]
    return Failure(400, " ".join(dict.fromkeys(r.message for r in values)), errors=named)


def _name(field: str) -> str:
    return "category_fields" if field.startswith("fields.") else NAMES.get(field, "")


def of_body(bad: BadBody) -> Failure:
    """A body that cannot be read (SE-042, SE-044)."""
    status = bad.status if bad.status in (413, 415) else 400
    return Failure(status, bad.message, errors=[(error["field"], error["message"]) for error in bad.errors])


def response(failure: Failure) -> HttpResponse:
    """The only shape of a failure."""
    body: dict[str, Any] = {"code": failure.code, "message": failure.message}
    if failure.errors:
        body["errors"] = [{"field": field, "message": message} for field, message in failure.errors]
    return json_response(body, failure.status, failure.headers)


def render(request: HttpRequest, problem: Problem) -> HttpResponse:
    """What the plumbing refused, in the same shape."""
    status = problem.status if problem.status in CODES else 400 if problem.status < 500 else 500
    errors = [(error["field"], error["message"]) for error in problem.errors]
    return response(Failure(status, problem.detail or problem.title, errors=errors))
