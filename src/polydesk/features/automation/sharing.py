"""Who of a team gets the next ticket: each in turn, or whoever has the fewest open ones."""

from __future__ import annotations

from collections import Counter

from polydesk.directory.models import Membership, Person
from polydesk.tickets import kinds
from polydesk.tickets.models import Ticket
from polydesk.tickets.refusals import refuse
from polydesk.web.sentences import say

from . import recipe
from .models import Automation


def next_of(row: Automation, hand_to: recipe.HandTo) -> int:
    """The person; Refused where nobody of the team can work here. Two tickets at once go to two people: the
    automation's row is held until the transaction ends."""
    locked = Automation.objects.select_for_update().get(pk=row.pk)
    people = _members(row.organization_id, hand_to.team)
    if not people:
        raise refuse("nobody", "hand_to", say("Nobody in the team can take it."))
    chosen = _least_busy(row.organization_id, people) if hand_to.how == "load" else _after(locked.last_given, people)
    Automation.objects.filter(pk=row.pk).update(last_given=chosen)
    return chosen


def _members(organization_id: int, team_id: int) -> list[int]:
    staff = Membership.objects.filter(organization_id=organization_id, side=Membership.STAFF, is_active=True)
    people = Person.objects.filter(
        team_memberships__team=team_id,
        team_memberships__team__organization_id=organization_id,
        team_memberships__team__is_active=True,
        is_active=True,
        pk__in=staff.values("person_id"),
    )
    return list(people.order_by("pk").values_list("pk", flat=True))


def _after(last: int | None, people: list[int]) -> int:
    return next((pk for pk in people if pk > (last or 0)), people[0])


def _least_busy(organization_id: int, people: list[int]) -> int:
    busy = Ticket.objects.filter(
        organization_id=organization_id, assignee__in=people, phase__in=kinds.OPEN_PHASES, deleted_at__isnull=True
    )
    counted = Counter(busy.values_list("assignee_id", flat=True))
    return min(people, key=lambda pk: (counted[pk], pk))
