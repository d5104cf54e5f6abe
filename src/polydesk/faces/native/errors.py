"""Refusals of the engine as problem documents (PL-103, RS-147)."""

from __future__ import annotations

from polydesk.tickets.refusals import Denied, Missing, Refused, Stale
from polydesk.web.bodies import BadBody
from polydesk.web.problems import FieldError, Problem

# Rules that speak of the state a thing is in rather than of a value that was sent.
CONFLICTS = frozenset(
    {
        "cannot_be_undone",
        "changed_since",
        "closed_is_final",
        "mailings_are_not_rated",
        "merged_is_read_only",
        "not_closed",
        "opening_is_the_description",
        "posted_work_pins_the_company",
        "purge_needs_removal",
        "relation_once",
        "time_is_posted",
    }
)
REFUSALS = (Problem, BadBody, Missing, Denied, Refused, Stale)
NAMED_IN_VAIN = ("unknown", "read_only")


def problem_of(refusal: Exception) -> Problem:
    """The problem that says the same as a refusal."""
    match refusal:
        case Problem():
            return refusal
        case Missing():
            return Problem("not-found")
        case Denied(reason=reason):
            return Problem("forbidden", reason)
        case Stale(current=current):
            return Problem(
                "stale", "It has been changed since the version that If-Match names.", current_version=current
            )
        case Refused(refusals=refusals):
            errors = [FieldError(field=r.field, rule=r.rule, message=r.message) for r in refusals]
            kind = "conflict" if all(r.rule in CONFLICTS for r in refusals) else "validation"
            return Problem(kind, " ".join(r.message for r in refusals[:5]), errors=errors)
        case BadBody():
            return _of_body(refusal)
    raise refusal


def _of_body(bad: BadBody) -> Problem:
    """A member that nobody knows is a fault of the request, not of a value: 400 that names it (RS-137, RC-015)."""
    problem = Problem.of_body(bad)
    if bad.kind == "fields" and any(error["rule"] in NAMED_IN_VAIN for error in bad.errors):
        return Problem("malformed", bad.message, errors=bad.errors)
    return problem


def refused(errors: list[FieldError], kind: str = "malformed") -> Problem:
    """Several faults of a request at once."""
    return Problem(kind, " ".join(f"{e['field']}: {e['message']}" for e in errors[:5]), errors=errors)


def fault(field: str, rule: str, message: str, kind: str = "malformed") -> Problem:
    """One fault of a request."""
    return Problem(kind, f"{field}: {message}", errors=[FieldError(field=field, rule=rule, message=message)])
