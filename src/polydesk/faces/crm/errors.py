"""A refusal in this API's shape: `error`, a sentence, and `fields` where single fields are at fault (CR-060)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

from django.http import HttpRequest, HttpResponse

from polydesk.tickets.refusals import Denied, Missing, Refused
from polydesk.web.bodies import json_response
from polydesk.web.problems import Problem

from .fields import CRM_NAME
from .rules import FAULTS

SEVERAL = "Some values are not valid."


def render(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Any problem, the server's own included, of which nothing is told (CR-069)."""
    status = 400 if problem.status == 422 else problem.status
    body: dict[str, object] = {"error": problem.detail or f"{problem.title}."}
    fields: dict[str, str] = {}
    for error in problem.errors:
        fields.setdefault(error["field"].partition(".")[0], error["message"])
    if fields:
        body["fields"] = fields
    return json_response(body, status=status, headers=problem.headers)


def refuse(faults: Mapping[str, str]) -> NoReturn:
    """400 with every faulty field or parameter (CR-068)."""
    raise faulty(faults)


def faulty(faults: Mapping[str, str]) -> Problem:
    """The 400 that names these fields."""
    errors = [{"field": name, "rule": "invalid", "message": message} for name, message in faults.items()]
    detail = next(iter(faults.values())) if len(faults) == 1 else SEVERAL
    return Problem("malformed", detail, errors=errors)  # type: ignore[arg-type]


def told(exception: Exception) -> Problem:
    """What a command said no with, in this API's words (RC-010, RC-011)."""
    match exception:
        case Missing():
            return Problem("not-found", "There is no such ticket.")
        case Denied():
            return Problem("forbidden", exception.reason)
        case Refused():
            return _refused(exception)
    raise exception


def _refused(refused: Refused) -> Problem:
    faults: dict[str, str] = {}
    others: list[str] = []
    for refusal in sorted(refused.refusals, key=lambda r: r.rule != FAULTS):
        name = refusal.field if refusal.rule == FAULTS else CRM_NAME.get(refusal.field, "")
        if name:
            faults.setdefault(name, refusal.message)
        else:
            others.append(refusal.message)
    if not faults:
        return Problem("malformed", " ".join(others))
    problem = faulty(faults)
    if others:
        problem.detail = " ".join(others)
    return problem
