"""Whoever calls: a token of 64 hex digits or the login cookie → one actor per organization of its owner (RC-191).

One statement reads the person with every membership and team; a change of rights acts at the next request (CE-075)."""

from __future__ import annotations

import datetime as dt
import json
import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.middleware.csrf import CsrfViewMiddleware
from django.utils import timezone

from polydesk.directory.actors import Actor
from polydesk.directory.models import Organization
from polydesk.tickets import access, queries
from polydesk.tickets.kinds import KINDS
from polydesk.tickets.models import Ticket
from polydesk.web import limits, tokens
from polydesk.web.statements import Both, fetch_one

from . import errors
from .permissions import MODEL_OF, WORK, covers

FACE = "centurion"
SAFE = ("GET", "HEAD", "OPTIONS")
LIMIT = limits.Limit("centurion", amount=1800, seconds=60)

_MEMBERSHIPS = Both(
    postgres="""(SELECT json_agg(json_build_array(m.organization_id, m.side, m.is_admin, m.sees_company,
                        m.projects, r.rights, o.is_global))::text FROM directory_membership m
                   JOIN directory_organization o ON o.id = m.organization_id
                   LEFT JOIN directory_role r ON r.id = m.role_id WHERE m.person_id = p.id AND m.is_active),
                (SELECT json_agg(json_build_array(t.organization_id, t.id, t.rights))::text FROM directory_teammember tm
                   JOIN directory_team t ON t.id = tm.team_id AND t.is_active WHERE tm.person_id = p.id)""",
    sqlite="""(SELECT json_group_array(json_array(m.organization_id, m.side, m.is_admin, m.sees_company,
                        json(m.projects), json(r.rights), o.is_global)) FROM directory_membership m
                   JOIN directory_organization o ON o.id = m.organization_id
                   LEFT JOIN directory_role r ON r.id = m.role_id WHERE m.person_id = p.id AND m.is_active),
                (SELECT json_group_array(json_array(t.organization_id, t.id, json(t.rights)))
                   FROM directory_teammember tm
                   JOIN directory_team t ON t.id = tm.team_id AND t.is_active WHERE tm.person_id = p.id)""",
)
_PERSON = "p.id, p.name, p.login, p.email, p.company_id, p.is_superuser, p.time_zone, p.organization_id"
_BY_TOKEN = Both(
    *(
        f"""SELECT c.id, c.expires_at, c.read_only, {_PERSON}, {lists} FROM directory_credential c
              JOIN directory_person p ON p.id = c.person_id AND p.is_active
             WHERE c.digest = %s AND c.face = %s AND c.revoked_at IS NULL"""  # noqa: S608  # our own texts
        for lists in _MEMBERSHIPS
    )
)
_BY_USER = Both(
    *(
        f"SELECT 0, NULL, FALSE, {_PERSON}, {lists} FROM directory_person p WHERE p.user_id = %s AND p.is_active"  # noqa: S608
        for lists in _MEMBERSHIPS
    )
)


@dataclass(slots=True)
class Caller:
    """A person with an actor in each of the own organizations; a superuser has one in every organization (RC-202)."""

    person_id: int
    home_id: int
    login: str = ""
    is_superuser: bool = False
    time_zone: str = ""
    credential_id: int | None = None
    read_only: bool = False
    everybodys: set[int] = field(default_factory=set)
    """Own organizations that are global: their categories are everybody's, and no ticket is put in them (CE-204)."""
    actors: dict[int, Actor] = field(default_factory=dict)

    @property
    def organization_id(self) -> int | None:
        """For the request log: the home."""
        return self.home_id

    def actor(self, organization_id: int | None) -> Actor | None:
        """Who the caller is there; None where not a member."""
        if organization_id is None:
            return None
        found = self.actors.get(organization_id)
        if found is None and self.is_superuser:
            found = Actor(organization_id, self.person_id, login=self.login, is_admin=True, is_superuser=True,
                          reads_by="rights")  # fmt: skip
            self.actors[organization_id] = found
        return found

    def holds(self, verb: str, thing: str, organization_id: int | None) -> bool:
        """The permission itself, on a kind of ticket or on another model, in this organization (CE-072, CE-073)."""
        actor = self.actor(organization_id)
        if actor is None:
            return False
        if actor.is_superuser:
            return True
        if thing in KINDS:
            return access.holds(actor, verb, thing)
        if actor.is_admin and thing in MODEL_OF and thing not in WORK and (verb, thing) not in _SUPERUSERS_ONLY:
            return True
        return covers(actor.rights, f"{verb}:{thing}")

    def holds_anywhere(self, verb: str, thing: str) -> bool:
        """In at least one organization."""
        return self.is_superuser or any(self.holds(verb, thing, o) for o in self.actors)

    def where(self, verb: str, thing: str) -> list[int]:
        """The organizations in which the permission is held."""
        return [o for o in self.actors if self.holds(verb, thing, o)]

    def reaches(self, kind: str) -> bool:
        """Does the caller hold any permission of this kind anywhere: then there is at least the own (D10)?"""
        return self.is_superuser or any(access.holds_any(actor, kind) for actor in self.actors.values())

    def acting(self, organization_id: int, *more: str) -> Actor:
        """The actor for a command whose permission this face has asked already. The engine's door wants whoever writes
        to see and to triage; Centurion's permissions are exclusive (CE-073), so they are lent for this one command."""
        actor = self.actor(organization_id)
        if actor is None:
            raise errors.forbidden()
        return replace(actor, rights=actor.rights | {"view:*", "triage:*", *_COMMENTS, *more})

    def tickets(self, *, deleted: bool = False) -> QuerySet[Ticket]:
        """Every ticket that the caller may see in any organization (CE-200)."""
        if self.is_superuser:
            return Ticket.objects.filter(deleted_at__isnull=not deleted)
        found = Ticket.objects.none()
        for number, actor in enumerate(self.actors.values()):
            mine = queries.visible_to(actor, deleted=deleted)
            found = found | mine if number else mine
        return found

    def sees(self, ticket: Ticket) -> bool:
        """The same of one ticket in hand."""
        actor = self.actor(ticket.organization_id)
        return actor is not None and queries.can_see(actor, ticket)

    def zone(self) -> zoneinfo.ZoneInfo | None:
        """The caller's own time zone; None for UTC (CE-242)."""
        if self.time_zone in ("", "UTC"):
            return None
        try:
            return zoneinfo.ZoneInfo(self.time_zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            return None


_COMMENTS = ("add:comment", "change:comment", "delete:comment")
# A tenant is made and unmade by whoever runs the installation.
_SUPERUSERS_ONLY = {("add", "organization"), ("delete", "organization")}


def caller(request: HttpRequest) -> Caller:
    """Who asks, or a 401 (CE-270, CE-271)."""
    header = request.headers.get("Authorization", "").split()
    if header and header[0].lower() == "token":
        found = _by_token(header[1:])
    elif getattr(request, "user", None) is not None and request.user.is_authenticated:
        found = _by_session(request)
    else:
        raise errors.unauthenticated()
    request.actor = found  # type: ignore[attr-defined]
    if found.read_only and request.method not in SAFE:
        raise errors.forbidden()
    _limit(request, found)
    return found


def _by_token(words: list[str]) -> Caller:
    if not words:
        raise errors.unauthenticated("Invalid token header. No credentials provided.")
    if len(words) > 1:
        raise errors.unauthenticated("Invalid token header. Token string should not contain spaces.")
    row = fetch_one(_BY_TOKEN, (tokens.digest(words[0]), FACE))
    if row is None or _expired(row[1]):
        raise errors.unauthenticated()
    return _caller(row)


def _by_session(request: HttpRequest) -> Caller:
    if request.method not in SAFE and (reason := _Csrf.refuses(request)):
        raise errors.forbidden(f"CSRF Failed: {reason}")
    row = fetch_one(_BY_USER, (request.user.pk,))
    if row is None:
        raise errors.unauthenticated()
    return _caller(row)


class _Csrf(CsrfViewMiddleware):
    """Django's own check, for requests by cookie alone: a token in a header is no forgery."""

    def _reject(self, request: HttpRequest, reason: str) -> Any:
        return reason

    @classmethod
    def refuses(cls, request: HttpRequest) -> str | None:
        """Why the request may be forged, or None."""
        check = cls(lambda _: None)  # type: ignore[arg-type]
        check.process_request(request)
        return check.process_view(request, None, (), {})  # type: ignore[arg-type,return-value]


def _caller(answer: tuple[Any, ...]) -> Caller:
    (credential_id, _, read_only, person_id, name, login, email, company_id, is_superuser, time_zone, home_id,
     memberships, teams) = answer  # fmt: skip
    found = Caller(
        person_id=person_id,
        home_id=home_id,
        login=login or "",
        is_superuser=bool(is_superuser),
        time_zone=time_zone,
        credential_id=credential_id or None,
        read_only=bool(read_only),
    )
    if found.is_superuser:
        return found
    by_organization: dict[int, list[tuple[int, list[str]]]] = {}
    for organization_id, team_id, rights in json.loads(teams or "[]"):
        by_organization.setdefault(organization_id, []).append((team_id, rights))
    for row in json.loads(memberships or "[]"):
        organization_id, side, is_admin, sees_company, projects, role_rights, is_global = row
        if is_global:
            found.everybodys.add(organization_id)
        own_teams = by_organization.get(organization_id, [])
        found.actors[organization_id] = Actor(
            organization_id=organization_id,
            person_id=person_id,
            side=side,
            name=name,
            login=login or "",
            email=email,
            company_id=company_id,
            team_ids=tuple(team_id for team_id, _ in own_teams),
            rights=frozenset(_flat(role_rights, own_teams)),
            is_admin=bool(is_admin),
            sees_company=bool(sees_company),
            projects=tuple(projects or ()),
            reads_by="rights",
            read_only=found.read_only,
            credential_id=credential_id or None,
        )
    return found


def _flat(role_rights: list[str] | None, teams: Iterable[tuple[int, list[str]]]) -> Iterable[str]:
    yield from role_rights or ()
    for _, rights in teams:
        yield from rights


def _expired(moment: Any) -> bool:
    if moment is None:
        return False
    if isinstance(moment, str):
        moment = dt.datetime.fromisoformat(moment)
    if moment.tzinfo is None:  # SQLite keeps UTC without saying so
        moment = moment.replace(tzinfo=dt.UTC)
    return bool(moment <= timezone.now())


def _limit(request: HttpRequest, found: Caller) -> None:
    """Polydesk's own limit (CE-276, RC-203)."""
    who = f"token:{found.credential_id}" if found.credential_id else f"person:{found.person_id}"
    verdict = limits.take(LIMIT, who)
    request.limit_headers = verdict.headers  # type: ignore[attr-defined]
    if not verdict.allowed:
        wait = verdict.headers["Retry-After"]
        raise errors.detail(429, f"Request was throttled. Expected available in {wait} seconds.", verdict.headers)


def organizations_of(found: Caller) -> QuerySet[Organization]:
    """The organizations that the caller belongs to; all for a superuser."""
    every = Organization.objects.order_by("pk")
    return every if found.is_superuser else every.filter(pk__in=found.actors)
