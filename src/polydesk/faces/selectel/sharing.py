"""Who of the account sees a ticket: the two fields that clients may change (SE-094 … SE-096, SE-117, RC-003)."""

from __future__ import annotations

from typing import Any

from polydesk.directory.actors import Actor
from polydesk.tickets import commands
from polydesk.tickets.models import Ticket

from . import finding, rules
from .auth import FACE, is_client
from .errors import forbidden
from .reading import Body


class Changes(Body):
    """A body without the members that equal what is shown; `given` are all that were named."""

    def __init__(self, members: dict[str, Any], shown: dict[str, Any]) -> None:
        super().__init__({name: value for name, value in members.items() if shown.get(name) != value})
        self.given = frozenset(members)


def changed(members: dict[str, Any], ticket: Ticket) -> Changes:
    """What differs from what the face shows now; nothing else is an edit, and no rule is asked about it (RC-002)."""
    return Changes(members, {"access_level": ticket.access, "keystone_projects": ticket.access_projects})


def share(actor: Actor, ticket: Ticket, access: str | None, projects: list[str] | None) -> Ticket:
    """Change what was given; a user with project scope cannot lose sight of the ticket by it (SE-096)."""
    wanted: dict[str, Any] = {}
    if access is not None:
        wanted["access"] = access
    if projects is not None:
        wanted["access_projects"] = projects
    if not wanted:
        return ticket
    _check_sight(actor, wanted.get("access", ticket.access), wanted.get("access_projects", ticket.access_projects))
    commands.edit(ticket.pk, wanted, by=actor, via=FACE, also=(rules.project_users_needs_a_project,))
    return finding.again(ticket.pk)


def _check_sight(actor: Actor, access: str, projects: list[str]) -> None:
    if not is_client(actor) or not actor.projects or access == "all_users":
        return
    if access != "project_users" or (projects and not set(projects) & set(actor.projects)):
        raise forbidden("This would move the ticket out of your own sight.")
