"""Who calls, the keys that people hold, and the closed lists of words (PL-101, RS-130)."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from django.utils import timezone
from msgspec import Meta, Struct

from polydesk.directory import actors
from polydesk.directory.models import Company, Credential, Organization, Person, Team
from polydesk.faces.native import auth, errors, lists, shapes, showing
from polydesk.faces.native.fields import Ref, RefIn
from polydesk.faces.native.wire import TABLE, Call, Reply
from polydesk.features.search import tickets as tickets_found
from polydesk.tickets import kinds
from polydesk.tickets.refusals import Missing
from polydesk.web.problems import Problem


class TokenQuery(lists.ListQuery, kw_only=True):
    """Whose keys: one's own; administrators may see everybody's."""

    all: Annotated[bool, Meta(description="Everybody's, for administrators.")] = False


def me(call: Call) -> Reply:
    """Who calls."""
    actor = call.actor
    organization = Organization.objects.get(pk=actor.organization_id)
    company = showing.refs(Company, [actor.company_id])
    teams = showing.refs(Team, actor.team_ids)
    return Reply(
        shapes.Me(
            id=actor.person_id,
            name=actor.name,
            login=actor.login,
            email=actor.email,
            side=actor.side,
            company=company(actor.company_id),
            organization=Ref(organization.pk, organization.name),
            teams=[ref for i in actor.team_ids if (ref := teams(i))],
            rights=sorted(actor.rights),
            is_admin=actor.is_admin,
            scopes=sorted(actor.scopes),
        )
    )


def tokens(call: Call) -> Reply:
    """The caller's keys, newest last; never their secrets."""
    if call.query.all and not call.actor.is_admin:
        raise Problem("forbidden", "Other people's keys are for administrators.")
    found = _tokens(call, everybody=call.query.all).select_related("person")
    rows, links = lists.rows(call, found)
    return Reply(lists.Page([_shown(row) for row in rows], links, lists.count(call, lambda n: found[:n].count())))


def _tokens(call: Call, *, everybody: bool) -> Any:
    found = Credential.objects.filter(organization_id=call.actor.organization_id, face=auth.FACE)
    return found if everybody else found.filter(person_id=call.actor.person_id)


def add_token(call: Call) -> Reply:
    """Make a key; it can never reach further than the one it is made with."""
    body, actor = call.body, call.actor
    person = _owner(call, body.person)
    scopes = _scopes(call, body.scopes)
    if body.expires_at is not None and body.expires_at <= timezone.now():
        raise errors.fault("expires_at", "out_of_range", "This moment has passed.", "validation")
    credential, secret = actors.issue(
        person,
        auth.FACE,
        organization=actor.organization_id,
        name=body.name,
        read_only=body.read_only or actor.read_only,
        scopes=scopes,
        expires_at=_utc(body.expires_at),
        created_by=actor.person_id,
    )
    shown = _shown(credential)
    shown.secret = secret
    return Reply(shown, headers={"Location": f"{showing.PREFIX}/tokens/{credential.pk}"})


def _utc(moment: dt.datetime | None) -> dt.datetime | None:
    try:
        return moment.astimezone(dt.UTC) if moment else None
    except (OverflowError, ValueError):
        raise errors.fault("expires_at", "out_of_range", "This moment is out of range.", "validation") from None


def _owner(call: Call, given: int | RefIn | None) -> Person:
    actor = call.actor
    number = given.id if isinstance(given, RefIn) else given
    if number is None or number == actor.person_id:
        return Person.objects.get(pk=actor.person_id)
    if not actor.is_admin:
        raise Problem("forbidden", "Keys for others are made by administrators.")
    person = Person.objects.filter(pk=number, is_active=True).first()
    if person is None or person.is_superuser > actor.is_superuser or actors.of(person, actor.organization_id) is None:
        raise errors.fault("person", "unknown", "There is no such person.", "validation")
    return person


def _scopes(call: Call, wanted: list[str]) -> list[str]:
    known = {*auth.SCOPES, *(f"{r}{end}" for r in _resources() for end in ("", ":read", ":write"))}
    for scope in wanted:
        if scope not in known:
            raise errors.fault("scopes", "unknown", f"There is no scope “{scope}”.", "validation")
    held = call.actor.scopes
    if held and "admin" not in held and (not wanted or not held.issuperset(wanted)):
        raise Problem("forbidden", "A key can only hand on scopes that it has itself.")
    return list(dict.fromkeys(wanted))


def _resources() -> set[str]:
    return {operation.resource for operation in TABLE}


def token(call: Call, id: int) -> Reply:
    """One key."""
    return Reply(_shown(_token(call, id)))


def revoke(call: Call, id: int) -> Reply:
    """End a key at once."""
    row = _token(call, id)
    actors.revoke(row, by=call.actor.person_id)
    return Reply()


def _token(call: Call, id: int) -> Credential:
    found = _tokens(call, everybody=call.actor.is_admin).select_related("person").filter(pk=id) if id < 2**63 else None
    row = found.first() if found is not None else None
    if row is None:
        raise Missing
    return row


def _shown(row: Credential) -> shapes.Token:
    return shapes.Token(
        id=row.pk,
        name=row.name,
        person=Ref(row.person_id, row.person.name),
        prefix=row.prefix,
        scopes=row.scopes,
        read_only=row.read_only,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )


# --- closed lists of words


def all_kinds(call: Call) -> Reply:
    """The kinds of tickets, each with the statuses that people choose from."""
    items = [shapes.Word(key=k.key, name=k.label, statuses=list(k.offered)) for k in kinds.KINDS.values()]
    return Reply(shapes.Words(items))


def statuses(call: Call) -> Reply:
    """The statuses of the organization, each with its phase."""
    found = kinds.statuses(call.actor.organization_id)
    return Reply(shapes.Words([shapes.Word(key=s.key, name=s.label, phase=s.phase) for s in found]))


def priorities(call: Call) -> Reply:
    """The priorities of the organization, lowest first."""
    found = kinds.priorities(call.actor.organization_id)
    return Reply(shapes.Words([shapes.Word(key=p.key, name=p.label, level=p.level) for p in found]))


class SearchQuery(Struct, forbid_unknown_fields=True):
    """What to look for."""

    q: Annotated[str, Meta(min_length=1, max_length=2000, description="Words, a number, or a query.")]
    limit: Annotated[int, Meta(ge=1, le=50)] = 10


def search(call: Call) -> Reply:
    """Tickets by number or words; for staff also people and companies by the beginning of their names."""
    actor, query = call.actor, call.query
    with lists.faults_of_q():
        tickets = list(tickets_found(actor, query.q).values_list("pk", "title")[: query.limit])
    hits = [_hit("ticket", f"tickets/{pk}", pk, title) for pk, title in tickets]
    if actor.is_staff:
        for model, kind, path in ((Person, "person", "contacts"), (Company, "company", "companies")):
            rows = model._default_manager.filter(organization_id=actor.organization_id, name__istartswith=query.q[:100])
            hits += [_hit(kind, f"{path}/{pk}", pk, name) for pk, name in rows.values_list("pk", "name")[: query.limit]]
    return Reply(shapes.Hits(hits))


def _hit(kind: str, path: str, pk: int, name: str) -> shapes.Hit:
    return shapes.Hit(type=kind, id=pk, name=name, url=f"{showing.PREFIX}/{path}")
