"""The words in which kinds are declared: phases, statuses and kinds are data, read like a table (RC section 3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Phase = Literal["new", "open", "waiting", "solved", "closed", "dropped"]

OPEN_PHASES = frozenset({"new", "open", "waiting"})
CLOSED_PHASES = frozenset({"closed", "dropped"})


@dataclass(frozen=True, slots=True)
class Status:
    """A status and the phase it stands on. `common` ones are allowed for every kind (RC-121)."""

    key: str
    label: str
    phase: Phase
    common: bool = False


@dataclass(frozen=True, slots=True)
class PriorityLevel:
    """A built-in priority on one of six levels (RC-155)."""

    key: str
    label: str
    level: int


@dataclass(frozen=True, slots=True)
class Kind:
    """What a ticket is: which statuses it may have, which people choose from, which fields pages offer.

    `codes` names the kind whose permission codes it follows (RC-201)."""

    key: str
    label: str
    plural: str
    allowed: frozenset[str]
    offered: tuple[str, ...]
    codes: str
    unoffered_fields: frozenset[str] = field(default_factory=frozenset)

    def allows(self, status: str) -> bool:
        """May a ticket of this kind stand on this built-in status (RC-121)?"""
        return status in self.allowed
