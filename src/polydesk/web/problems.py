"""Refusals as RFC 9457 problem documents (RS-147), and the one exception that stands for them.

Any view may raise `Problem`; the face whose path it is renders it in its own shape (`middleware.register_errors`).
`problem_response` is the native shape.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict

from django.http import HttpRequest, HttpResponse

from polydesk.web.bodies import BadBody, json_response


class FieldError(TypedDict):
    field: str
    rule: str
    message: str


# name -> (status, title); the table "Bad input at a glance" of the contract on reliability
KINDS: dict[str, tuple[int, str]] = {
    "malformed": (400, "The request cannot be read"),
    "unauthenticated": (401, "Sign in first"),
    "forbidden": (403, "Not allowed"),
    "not-found": (404, "Not found"),
    "method": (405, "Method not allowed"),
    "not-acceptable": (406, "Cannot answer in that form"),
    "conflict": (409, "Not possible in the present state"),
    "idempotency-in-progress": (409, "The first request with this key is still running"),
    "gone": (410, "Gone"),
    "stale": (412, "Changed in the meantime"),
    "too-large": (413, "Too large"),
    "media-type": (415, "Unsupported media type"),
    "validation": (422, "Some values are not valid"),
    "idempotency-mismatch": (422, "The key was used for another request"),
    "precondition-required": (428, "If-Match is required"),
    "rate-limited": (429, "Too many requests"),
    "internal": (500, "Something went wrong on our side"),
    "unavailable": (503, "Not available at the moment"),
    "storage": (507, "Out of storage"),
}
_KIND_OF_STATUS = {status: kind for kind, (status, _) in reversed(KINDS.items())} | {414: "too-large", 431: "too-large"}


class Problem(Exception):
    """A refusal: its kind (a name of KINDS), a sentence, and what is wrong with which field.

    Further members of the document are given by name: `Problem("stale", current_version=2)`.
    """

    def __init__(
        self,
        kind: str,
        detail: str = "",
        *,
        status: int | None = None,
        title: str | None = None,
        errors: Iterable[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        known_status, known_title = KINDS[kind]
        self.kind = kind
        self.status = status or known_status
        self.title = title or known_title
        self.detail = detail
        self.errors: Sequence[FieldError] = list(errors)
        self.headers = dict(headers or {})
        self.members = members
        super().__init__(detail or self.title)

    @classmethod
    def of_status(cls, status: int, detail: str = "", *, headers: Mapping[str, str] | None = None) -> "Problem":
        """The problem that fits a bare status, such as Django's own 404 and 405."""
        kind = _KIND_OF_STATUS.get(status, "malformed" if status < 500 else "internal")
        return cls(kind, detail, status=status, headers=headers)

    @classmethod
    def of_body(cls, bad: BadBody) -> "Problem":
        return cls(bad.problem, bad.message, status=bad.status, errors=bad.errors)


def document(request: HttpRequest, problem: Problem) -> dict[str, Any]:
    """The members of RFC 9457, with our `errors` and `request_id`."""
    document: dict[str, Any] = {
        "type": f"/problems/{problem.kind}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail or problem.title,
        "instance": request.path,
    }
    if problem.errors:
        document["errors"] = problem.errors
    document.update(problem.members)
    document["request_id"] = getattr(request, "request_id", "")
    return document


def problem_response(request: HttpRequest, problem: Problem) -> HttpResponse:
    return json_response(
        document(request, problem),
        status=problem.status,
        headers=problem.headers,
        content_type="application/problem+json",
    )
