"""The one rule of this face alone: what its own reading of a body found wrong is refused together with everything
that the core refuses (CR-068)."""

from __future__ import annotations

from collections.abc import Mapping

from polydesk.tickets.rules.base import Rule

FAULTS = "values_are_readable"


def values_are_readable(faults: Mapping[str, str]) -> Rule:
    """Each value that could not be understood, under the name the client used."""
    return Rule(FAULTS, refusing=lambda edit: list(faults.items()))
