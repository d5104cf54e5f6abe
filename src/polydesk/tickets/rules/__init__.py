"""The rules that hold for every write, whoever asks (RC section 5.2), in the order in which they complete.

What is true only when a feature is installed comes from that feature (`install`); what is true for requests of one
face is passed by it as `also=`."""

from __future__ import annotations

from collections.abc import Iterable

from . import assignment, filing, lifecycle, relations
from .base import Rule, completes, refuses
from .filing import external_pair_taken

CORE: tuple[Rule, ...] = (*filing.RULES, *relations.RULES, *assignment.RULES, *lifecycle.RULES)
_features: list[Rule] = []
_last: list[Rule] = []


def install(rules: Iterable[Rule], *, last: bool = False) -> None:
    """Add a feature's rules; they run after the core's, with `last` after those of the face as well."""
    chosen = _last if last else _features
    for rule in rules:
        if rule not in chosen:
            chosen.append(rule)


def installed() -> tuple[Rule, ...]:
    """The core's rules, then the features'."""
    return (*CORE, *_features)


def deriving() -> tuple[Rule, ...]:
    """What follows from the values once every other rule has completed: phase, level, stamps."""
    return (*_last, *filing.DERIVING, *lifecycle.DERIVING)


__all__ = ["CORE", "Rule", "completes", "deriving", "external_pair_taken", "install", "installed", "refuses"]
