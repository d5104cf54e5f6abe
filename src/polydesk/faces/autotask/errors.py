"""Failures in the vendor's shape: `{"errors": [texts]}`, mostly with status 500 (AT-040 … AT-047, RC-012)."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse

from polydesk.tickets.refusals import Refusal
from polydesk.web.problems import Problem

NO_RIGHT = "The logged in Resource does not have the adequate permissions"
NOTHING_TO_DELETE = (
    "No message. No matching records found. The logged in Resource may not have the required permissions"
    " to delete the data."
)
NOTHING_TO_UPDATE = "No matching records found: there is no such record, or the logged in Resource may not see it."
NO_ZONE = "Zone information could not be determined"

# Statuses that reach the client as they are; every other refusal is a "server error" of this dialect (AT-041).
OWN_STATUS = frozenset({401, 403, 404, 405, 429, 503})


class Failure(Exception):
    """One request's faults, each a text that names its field."""

    def __init__(self, *texts: str, status: int = 500, headers: dict[str, str] | None = None) -> None:
        self.texts = list(texts)
        self.status = status
        self.headers = headers or {}
        super().__init__("; ".join(texts))


def no_right(reason: str = "") -> Failure:
    """The caller may not do this (AT-023)."""
    return Failure(f"{NO_RIGHT}. {reason}".strip(), status=403)


def unknown_reference(field: str, entity: str) -> str:
    """The sentence that clients recognise (AT-047)."""
    return f"Reference value on field: {field} of type: {entity} does not exist or is invalid."


def too_long(field: str, limit: int) -> str:
    """Names the limit (AT-048)."""
    return f"{field}: must be less than or equal to {limit} characters."


def missing(field: str) -> str:
    """A required field without a value (AT-046)."""
    return f"Missing Required Field: {field}."


def texts_of(refusals: Iterable[Refusal], names: dict[str, tuple[str, str]]) -> list[str]:
    """The engine's refusals in this face's words; `names` gives wire name and referred entity per core field."""
    texts = []
    for refusal in refusals:
        name, entity = names.get(refusal.field, (refusal.field, ""))
        if refusal.rule == "unknown" and entity:
            texts.append(unknown_reference(name, entity))
        else:
            texts.append(f"{name}: {refusal.message}" if name else refusal.message)
    return list(dict.fromkeys(texts))


def error_response(texts: Iterable[str], status: int = 500, headers: dict[str, str] | None = None) -> HttpResponse:
    """The only shape of a failure (AT-040). It is a refusal, which no log may call a server error (RC-012)."""
    from .answers import answer

    response = answer({"errors": list(texts)}, status=status)
    for name, value in (headers or {}).items():
        response.headers[name] = value
    response.shaped = response.refusal = True  # type: ignore[attr-defined]
    response._has_been_logged = True  # type: ignore[attr-defined]  # else Django logs every 500 as its own
    return response


def problem_response(request: HttpRequest, problem: Problem) -> HttpResponse:
    """What the plumbing refused, in the same shape."""
    status = problem.status if problem.status in OWN_STATUS else 500
    texts = [f"{error['field']}: {error['message']}" for error in problem.errors] or [problem.detail or problem.title]
    response = error_response(texts, status, problem.headers)
    response.refusal = problem.status != 500  # type: ignore[attr-defined]
    return response
