"""Ready-made automations to begin with: complete, and off like every new one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from polydesk.directory.models import Team

from .recipe import Event, HandTo, Recipe, Then, Time


@dataclass(frozen=True, slots=True)
class Starter:
    """Its name, what it is good for, and the recipe for an organization whose first team is given (or none)."""

    name: Any
    purpose: Any
    make: Callable[[int | None], Recipe]


def first_team(organization_id: int) -> int | None:
    """The team that a starter speaks of."""
    return (
        Team.objects.filter(organization_id=organization_id, is_active=True)
        .order_by("pk")
        .values_list("pk", flat=True)
        .first()
    )


STARTERS: dict[str, Starter] = {
    "close": Starter(
        _("Close what was solved a week ago"),
        _("A solved ticket closes when nobody has touched it for seven days."),
        lambda team: Recipe(Time(hours=168, since="activity"), "status:solved", Then(values={"status": "closed"})),
    ),
    "major": Starter(
        _("Tell the team about a major incident"),
        _("Opened or raised to major: the team hears of it at once, and a note says so."),
        lambda team: Recipe(
            Event(of=["created", "changed"], field="priority", to="major"),
            "kind:incident priority:major is:open",
            Then(
                text=gettext(
                    "Major incident: {{ticket.title}} ({{requester.name}}, {{company.name}}). The team has been told."
                ),
                tell_teams=[team] if team else [],
            ),
        ),
    ),
    "turn": Starter(
        _("Give new requests out in turn"),
        _("Nobody picks, nobody is forgotten: each of the team gets the next one."),
        lambda team: Recipe(
            Event(of=["created"]),
            "kind:request assignee:none",
            Then(hand_to=HandTo(team)) if team else Then(text=gettext("New, and nobody has it yet.")),
        ),
    ),
}
