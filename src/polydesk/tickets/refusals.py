"""How a command says no: every reason at once, each with rule, field and sentence (PL-023, RC-010, RC-017)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """One broken rule. `field` is the core's word for the field, "" when the rule speaks of none."""

    rule: str
    field: str
    message: str


class Refused(Exception):
    """Rules were broken; nothing was written."""

    def __init__(self, refusals: Iterable[Refusal]) -> None:
        self.refusals = tuple(refusals)
        super().__init__("; ".join(r.message for r in self.refusals))


class Denied(Exception):
    """The actor may not do this here; `reason` says why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Missing(Exception):
    """There is no such row, or the actor may not see it: the two are one (RC-011, RS-111)."""


class Stale(Exception):
    """The ticket has moved on since the version that the caller named (PL-024, RS-031)."""

    def __init__(self, current: int) -> None:
        self.current = current
        super().__init__(f"The ticket is at version {current} now.")


def refuse(rule: str, field: str, message: str) -> Refused:
    """A refusal with a single reason."""
    return Refused([Refusal(rule, field, message)])
