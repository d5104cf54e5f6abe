"""The words of one organization: its statuses, priorities, people, teams and categories, each read once a request."""

from __future__ import annotations

from functools import cached_property

from django.utils.translation import gettext

from polydesk.directory.actors import Actor
from polydesk.directory.models import Membership
from polydesk.tickets import access, kinds
from polydesk.tickets.models import CustomField
from polydesk.web.statements import fetch_all

# Beyond this many agents a select is no help any more; the field then takes a name instead.
SELECTABLE = 200

_TEAMS = "SELECT id, name FROM directory_team WHERE organization_id = %s AND is_active ORDER BY name"
_QUEUES = "SELECT id, name FROM tickets_queue WHERE organization_id = %s AND is_active ORDER BY position, name"
_AGENTS = """SELECT p.id, p.name FROM directory_person p JOIN directory_membership m ON m.person_id = p.id
    WHERE m.organization_id = %s AND m.side = %s AND m.is_active AND p.is_active AND NOT p.is_system
    ORDER BY p.name LIMIT %s"""
_CATEGORIES = """SELECT id, name, parent_id FROM tickets_category WHERE organization_id = %s AND is_active
    ORDER BY position, name"""


class Vocabulary:
    """Asked by name, answers with what the organization calls it."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.organization_id = actor.organization_id
        self._said: dict[str, str] = {}

    @cached_property
    def statuses(self) -> dict[str, kinds.Status]:
        return {s.key: s for s in kinds.statuses(self.organization_id)}

    @cached_property
    def priorities(self) -> dict[str, kinds.PriorityLevel]:
        return {p.key: p for p in kinds.priorities(self.organization_id)}

    @cached_property
    def teams(self) -> dict[int, str]:
        return dict(fetch_all(_TEAMS, (self.organization_id,)))

    @cached_property
    def queues(self) -> dict[int, str]:
        return dict(fetch_all(_QUEUES, (self.organization_id,)))

    @cached_property
    def agents(self) -> dict[int, str]:
        """Active staff by name: who can be assigned."""
        return dict(fetch_all(_AGENTS, (self.organization_id, Membership.STAFF, SELECTABLE + 1)))

    @cached_property
    def categories(self) -> dict[int, str]:
        """Paths such as Hardware › Printer, in the order of the tree."""
        nodes = {pk: (name, parent) for pk, name, parent in fetch_all(_CATEGORIES, (self.organization_id,))}
        return dict(sorted(((pk, _path(pk, nodes)) for pk in nodes), key=lambda pair: pair[1].casefold()))

    @cached_property
    def custom_fields(self) -> list[CustomField]:
        rows = CustomField.objects.filter(organization_id=self.organization_id, is_active=True)
        return list(rows.order_by("position", "id"))

    def status(self, key: str) -> str:
        return self._say(self.statuses[key].label) if key in self.statuses else key

    def priority(self, key: str | None) -> str:
        return self._say(self.priorities[key].label) if key in self.priorities else key or ""

    def kind(self, key: str) -> str:
        return self._say(kinds.KINDS[key].label) if key in kinds.KINDS else key

    def _say(self, label: str) -> str:
        """In the reader's language; a list says the same few words on every row."""
        if label not in self._said:
            self._said[label] = gettext(label)
        return self._said[label]

    def offered_statuses(self, kind: str, present: str = "") -> list[tuple[str, str]]:
        """What people choose from (RC-122): the kind's list, the organization's own, and what the ticket has now."""
        offered = kinds.KINDS[kind].offered
        own = [key for key in self.statuses if key not in kinds.STATUSES]
        keys = [key for key in (*offered, *own) if key in self.statuses]
        if present and present not in keys:
            keys.insert(0, present)
        return [(key, self.status(key)) for key in keys]

    def kinds_with(self, right: str) -> list[tuple[str, str]]:
        return [(key, self.kind(key)) for key in access.kinds_with(self.actor, right)]


def _path(pk: int | None, nodes: dict[int, tuple[str, int | None]]) -> str:
    names, seen = [], set()
    while pk in nodes and pk not in seen:
        seen.add(pk)
        name, pk = nodes[pk]
        names.append(name)
    return " › ".join(reversed(names))
