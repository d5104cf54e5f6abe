"""The two hot statements of this face: rows of tickets by rising id, and what their ids are called (PL-304).

The texts are static and prepared once; what an actor may see is the engine's own condition, values are always bound."""

from __future__ import annotations

from collections.abc import Sequence, Set
from functools import lru_cache

from polydesk.directory.actors import Actor
from polydesk.tickets.statements.visible import Condition, visible
from polydesk.web.statements import Both, Row, fetch_all, listed

_COLUMNS = """t.id, t.company_id, t.category_id, t.status, t.priority, t.priority_level, t.title, t.assignee_id,
    t.assigned_people{json}, t.assigned_teams{json}, t.suppliers{json}, t.created_at{moment},
    t.follow_up_on{text}, t.action_due_on{text},
    (SELECT p.email FROM directory_person p WHERE p.id = t.requester_id),
    COALESCE((SELECT c.text FROM tickets_comment c WHERE c.id = t.latest_message), t.description)"""
_SELECT = Both(
    "SELECT " + _COLUMNS.format(json="::text", moment="", text="::text"),
    "SELECT " + _COLUMNS.format(json="", moment=' AS "created_at [utc]"', text=""),
)
# A status that counts as deleted hides its tickets here (CR-052).
SHOWN = Condition(
    """NOT EXISTS (SELECT 1 FROM tickets_status s
        WHERE s.organization_id = t.organization_id AND s.key = t.status AND s.counts_as_deleted)"""
)


def tickets(actor: Actor, conditions: Sequence[Condition] = (), *, after: int = 0, limit: int = 1) -> list[Row]:
    """Visible tickets behind the id `after`, by rising id."""
    wanted = (visible(actor), SHOWN, *conditions)
    values = [value for condition in wanted for value in condition.values]
    return fetch_all(_page(" AND ".join(condition.sql for condition in wanted)), (*values, after, limit))


@lru_cache(maxsize=128)
def _page(where: str) -> Both:
    return Both(
        *(f"{select} FROM tickets_ticket t WHERE {where} AND t.id > %s ORDER BY t.id LIMIT %s" for select in _SELECT)
    )


def ticket(organization_id: int, ticket_id: int) -> Row:
    """A ticket that has been asked for before, whatever it has become."""
    [row] = fetch_all(_ONE, (ticket_id, organization_id))
    return row


_ONE = Both(*(f"{select} FROM tickets_ticket t WHERE t.id = %s AND t.organization_id = %s" for select in _SELECT))

_NAMES = """SELECT 'person', p.id, COALESCE(NULLIF(p.login, ''), NULLIF(p.email, ''), p.name), '', 0, {no}
      FROM directory_person p WHERE p.id {ids}
    UNION ALL SELECT 'team', r.id, r.name, '', 0, {no} FROM directory_team r WHERE r.id {ids}
    UNION ALL SELECT 'supplier', r.id, r.name, '', 0, {no} FROM directory_company r WHERE r.id {ids}
    UNION ALL SELECT 'category', r.id, r.name, '', COALESCE(r.parent_id, 0), r.in_crm_list
      FROM tickets_category r WHERE r.organization_id = %s AND {yes} = %s
    UNION ALL SELECT 'status', r.id, r.name, r.key, 0, {no}
      FROM tickets_status r WHERE r.organization_id = %s AND r.key {keys}
    UNION ALL SELECT 'priority', r.id, r.name, r.key, 0, {no}
      FROM tickets_priority r WHERE r.organization_id = %s AND r.is_active AND r.key {keys}"""
_NAMED = Both(
    _NAMES.format(ids="= ANY(%s::bigint[])", keys="= ANY(%s::text[])", no="false", yes="true"),
    _NAMES.format(
        ids="IN (SELECT value FROM json_each(%s))", keys="IN (SELECT value FROM json_each(%s))", no="0", yes="1"
    ),
)


def names(
    organization_id: int,
    people: Set[int],
    teams: Set[int],
    suppliers: Set[int],
    statuses: Set[str],
    priorities: Set[str],
    *,
    categories: bool,
) -> list[Row]:
    """Sort, id, name, key, parent and mark of everything named; all categories when one is."""
    return fetch_all(
        _NAMED,
        (
            listed(people),
            listed(teams),
            listed(suppliers),
            organization_id,
            categories,
            organization_id,
            listed(statuses),
            organization_id,
            listed(priorities),
        ),
    )
