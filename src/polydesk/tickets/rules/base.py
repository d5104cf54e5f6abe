"""What a rule is: a small named function that completes an edit or refuses it in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from polydesk.tickets.refusals import Refusal

if TYPE_CHECKING:
    from polydesk.tickets.edits import Edit

Completing = Callable[["Edit"], None]
Answer = str | None | Iterable[tuple[str, str]]
Refusing = Callable[["Edit"], Answer]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with its name. `completing` fills in; `refusing` answers a sentence or (field, sentence) pairs."""

    name: str
    field: str = ""
    completing: Completing | None = None
    refusing: Refusing | None = None

    def reasons(self, answer: str | Iterable[tuple[str, str]]) -> list[Refusal]:
        """Every reason that this rule has given."""
        if isinstance(answer, str):
            return [Refusal(self.name, self.field, answer)]
        return [Refusal(self.name, field, message) for field, message in answer]


def completes(function: Completing) -> Rule:
    """Declare a completing rule; its name is the function's."""
    return Rule(function.__name__, completing=function)


def refuses(field: str = "") -> Callable[[Refusing], Rule]:
    """Declare a refusing rule about `field`; its name is the function's."""

    def declare(function: Refusing) -> Rule:
        return Rule(function.__name__, field=field, refusing=function)

    return declare
