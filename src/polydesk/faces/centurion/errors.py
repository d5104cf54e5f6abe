"""What is refused, in the shape and words of this face (centurion.md section 16, RS-148)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from polydesk.tickets.refusals import Denied, Missing, Refusal, Refused
from polydesk.web.bodies import BadBody, json_response
from polydesk.web.problems import Problem

from . import shapes
from .fields import FACE_WORD

NOT_PERMITTED = "You do not have permission to perform this action."
NOT_FOUND = "Not found."
NO_CREDENTIALS = "Authentication credentials were not provided."
CHALLENGE = {"WWW-Authenticate": "Token"}


class Fault(Exception):
    """A refusal that is finished: status, body, headers."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        self.status, self.body, self.headers = status, body, dict(headers or {})
        super().__init__(str(body))

    def response(self) -> HttpResponse:
        """The answer itself."""
        response = json_response(self.body, self.status, self.headers)
        response.shaped = True  # type: ignore[attr-defined]
        return response


def detail(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> Fault:
    """`{"detail": …}`"""
    return Fault(status, {"detail": sentence}, headers)


def unauthenticated(sentence: str = NO_CREDENTIALS) -> Fault:
    """CE-271."""
    return detail(401, sentence, CHALLENGE)


def forbidden(sentence: str = NOT_PERMITTED) -> Fault:
    """CE-284."""
    return detail(403, sentence)


def missing(*, is_superuser: bool) -> Fault:
    """No such object, or none that the caller may see: one answer for both (RC-011)."""
    return detail(404, NOT_FOUND) if is_superuser else forbidden()


def invalid(errors: Mapping[str, Any]) -> Fault:
    """CE-280: field -> list of texts."""
    return Fault(400, dict(errors))


class Faults(dict[str, list[str]]):
    """Errors by field as they are found; `check` raises them all at once."""

    def add(self, name: str, sentence: str) -> None:
        """One more thing wrong with this field."""
        known = self.setdefault(name, [])
        if sentence not in known:
            known.append(sentence)

    def check(self) -> None:
        """Raise what was found."""
        if self:
            raise invalid(self)


def of_engine(exception: Exception, *, is_superuser: bool, sent: Mapping[str, Any] | None = None) -> Fault:
    """A refusal of the engine in this face's shape; `sent` is the request's body, for the texts that repeat a value."""
    match exception:
        case Missing():
            return missing(is_superuser=is_superuser)
        case Denied():
            return forbidden()
        case Refused():
            return _of_refusals(exception.refusals, sent or {})
    raise exception


def _of_refusals(refusals: Iterable[Refusal], sent: Mapping[str, Any]) -> Fault:
    found = Faults()
    for refusal in refusals:
        if refusal.rule == "purge_needs_removal":
            return forbidden()
        if refusal.rule == "external_pair_once":
            found.add("non_field_errors", refusal.message)
            continue
        name = FACE_WORD.get(refusal.field, "non_field_errors")
        found.add(name, _unknown(sent.get(name)) if refusal.rule == "unknown" else refusal.message)
    return invalid(found)


def _unknown(value: Any) -> str:
    values = value if isinstance(value, list) else [value]
    plain = [v.get("id") if isinstance(v, dict) else v for v in values]
    return shapes.unknown(plain[0]) if len(plain) == 1 else "Invalid pk - object does not exist."


def render(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Every other error under this face's address: unknown paths, 405, over-long requests, faults (RS-148)."""
    return json_response({"detail": _SENTENCES.get(problem.status) or problem.detail or problem.title}, problem.status)


_SENTENCES = {404: NOT_FOUND, 401: NO_CREDENTIALS}


def of_body(bad: BadBody) -> Fault:
    """CE-282, and what RS-146 bounds."""
    if bad.kind == "malformed":
        return detail(400, f"JSON parse error - {bad.message}")
    return detail(400 if bad.status == 422 else bad.status, bad.message)
