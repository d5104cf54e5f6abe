"""Who acts: one person (or the system) in one organization, with every right already resolved (RC-191).

An `Actor` is a value: built once per request, passed to every command and query, never taken from the air."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from django.utils import timezone

from polydesk.web import tokens
from polydesk.web.statements import Both, fetch_one

from . import audit
from .models import Credential, Membership, Organization, Person, Team


@dataclass(frozen=True, slots=True)
class Actor:
    """A person in an organization, or the system itself when `person_id` is None and `side` is `system`.

    `rights` are codes `verb:kind` and `verb.own:kind` (see tickets.access), `*` standing for all kinds."""

    organization_id: int
    person_id: int | None = None
    side: str = "staff"
    name: str = ""
    login: str = ""
    email: str = ""
    company_id: int | None = None
    team_ids: tuple[int, ...] = ()
    rights: frozenset[str] = frozenset()
    is_admin: bool = False
    is_superuser: bool = False
    sees_company: bool = True
    projects: tuple[str, ...] = ()
    """Project scope of a customer's credential; empty means the whole account (RC-052)."""
    reads_by: str = "side"
    """`side`: customers see what is shared with them; `rights`: by permission codes alone (Centurion, RC-053)."""
    read_only: bool = False
    credential_id: int | None = None
    scopes: frozenset[str] = frozenset()
    limits: dict[str, object] = field(default_factory=dict, hash=False, compare=False)
    impersonator_id: int | None = None
    """The person really behind an act on behalf (RC-028)."""

    @property
    def is_staff(self) -> bool:
        """Does the actor write by an agent's right (RC-104)?"""
        return self.side in ("staff", "system")

    @property
    def is_system(self) -> bool:
        """The desk itself: automatic rules, imports, ticks."""
        return self.side == "system"

    def on_behalf_of(self, person: Person) -> Actor:
        """The same actor writing in another person's name (RC-028)."""
        return replace(
            self, person_id=person.pk, name=person.name, login=person.login or "", impersonator_id=self.person_id
        )


def as_customer(actor: Actor, rights: frozenset[str]) -> Actor:
    """Staff who ask for something themselves: own requests and public messages, no agent's right but `rights`."""
    return replace(
        actor,
        side=Membership.CUSTOMER,
        rights=rights,
        is_admin=False,
        is_superuser=False,
        sees_company=False,
        projects=(),
    )


def system(organization_id: int) -> Actor:
    """The desk itself."""
    return Actor(organization_id=organization_id, side="system", name="system", rights=frozenset({"*"}))


def of(person: Person, organization: Organization | int | None = None) -> Actor | None:
    """What `person` is in `organization` (the home one when not said); None without an active membership.

    A superuser is a member of every organization (RC-202). One statement."""
    organization_id = _id(organization) or person.organization_id
    row = fetch_one(_BY_PERSON, {"person": person.pk, "organization": organization_id})
    if row is None or (row[0] is None and not person.is_superuser):
        return None
    side, is_admin, sees_company, projects, role_rights, teams = row
    team_ids, rights = _rights(role_rights or "[]", teams or "[]")
    return Actor(
        organization_id=organization_id,
        person_id=person.pk,
        side=side or Membership.STAFF,
        name=person.name,
        login=person.login or "",
        email=person.email,
        company_id=person.company_id,
        team_ids=team_ids,
        rights=rights,
        is_admin=bool(is_admin) or person.is_superuser,
        is_superuser=person.is_superuser,
        sees_company=side is None or bool(sees_company),
        projects=tuple(json.loads(projects or "[]")),
    )


def of_all(people: Iterable[Person], organization_id: int) -> dict[int, Actor]:
    """What each of these people is in the organization; those who are nothing there are left out. Two queries."""
    active = [person for person in people if person.is_active]
    ids = [person.pk for person in active]
    members = {
        member.person_id: member
        for member in Membership.objects.select_related("role").filter(
            person__in=ids, organization_id=organization_id, is_active=True
        )
    }
    teams: dict[int, list[tuple[int, list[str]]]] = {}
    in_teams = Team.objects.filter(members__in=ids, organization_id=organization_id, is_active=True)
    for person_id, team_id, rights in in_teams.values_list("members", "id", "rights"):
        teams.setdefault(person_id, []).append((team_id, rights))
    return {
        person.pk: _as_member(person, organization_id, members.get(person.pk), teams.get(person.pk, ()))
        for person in active
        if person.pk in members or person.is_superuser
    }


def _as_member(
    person: Person, organization_id: int, member: Membership | None, teams: Sequence[tuple[int, list[str]]]
) -> Actor:
    role_rights = member.role.rights if member and member.role else []
    return Actor(
        organization_id=organization_id,
        person_id=person.pk,
        side=member.side if member else Membership.STAFF,
        name=person.name,
        login=person.login or "",
        email=person.email,
        company_id=person.company_id,
        team_ids=tuple(team_id for team_id, _ in teams),
        rights=frozenset(role_rights).union(*(rights for _, rights in teams)),
        is_admin=bool(member and member.is_admin) or person.is_superuser,
        is_superuser=person.is_superuser,
        sees_company=member.sees_company if member else True,
        projects=tuple(member.projects) if member else (),
    )


def _id(organization: Organization | int | None) -> int | None:
    return organization.pk if isinstance(organization, Organization) else organization


_MEMBER = """m.side, m.is_admin, m.sees_company, m.projects{text}, r.rights{text}, (
        SELECT {list} FROM directory_teammember tm
          JOIN directory_team t ON t.id = tm.team_id AND t.is_active AND t.organization_id = {organization}
         WHERE tm.person_id = p.id)"""
_JOINED = """
        LEFT JOIN directory_membership m
          ON m.person_id = p.id AND m.organization_id = {organization} AND m.is_active
        LEFT JOIN directory_role r ON r.id = m.role_id"""
_POSTGRES = {"text": "::text", "list": "json_agg(json_build_array(t.id, t.rights))::text"}
_SQLITE = {"text": "", "list": "json_group_array(json_array(t.id, json(t.rights)))"}


def _both(shape: str, organization: str) -> Both:
    """What somebody is in an organization, his role's and his teams' rights along with it, in one statement."""
    postgres, sqlite = (
        shape.format(member=_MEMBER, joined=_JOINED, text=words["text"]).format(organization=organization, **words)
        for words in (_POSTGRES, _SQLITE)
    )
    return Both(postgres, sqlite)


_BY_DIGEST = _both(
    """SELECT c.id, c.organization_id, c.read_only, c.scopes{text}, c.limits{text}, c.expires_at,
              p.id, p.name, p.login, p.email, p.company_id, p.is_superuser, {member}
         FROM directory_credential c
         JOIN directory_person p ON p.id = c.person_id AND p.is_active
         {joined}
        WHERE c.digest = %(digest)s AND c.face = %(face)s AND c.revoked_at IS NULL""",
    organization="c.organization_id",
)
_BY_PERSON = _both(
    "SELECT {member} FROM directory_person p {joined} WHERE p.id = %(person)s AND p.is_active",
    organization="%(organization)s",
)


def by_secret(face: str, secret: str) -> Actor | None:
    """The actor behind a credential of `face`; None when it is unknown, revoked, expired or its owner is gone.

    One statement, by the unique index on the digest (CE-275); a change of rights acts at once (RC-294)."""
    row = fetch_one(_BY_DIGEST, {"digest": tokens.digest(secret), "face": face})
    return _actor(row) if row else None


def _actor(row: tuple[object, ...]) -> Actor | None:
    (credential_id, organization_id, read_only, scopes, limits, expires_at,
     person_id, name, login, email, company_id, is_superuser,
     side, is_admin, sees_company, projects, role_rights, teams) = row  # fmt: skip
    if (side is None and not is_superuser) or _expired(expires_at):  # type: ignore[arg-type]
        return None
    team_ids, rights = _rights(str(role_rights or "[]"), str(teams or "[]"))
    parsed_limits = json.loads(str(limits or "{}"))
    return Actor(
        organization_id=int(organization_id),  # type: ignore[call-overload]
        person_id=int(person_id),  # type: ignore[call-overload]
        side=str(side or Membership.STAFF),
        name=str(name),
        login=str(login or ""),
        email=str(email),
        company_id=company_id,  # type: ignore[arg-type]
        team_ids=team_ids,
        rights=rights,
        is_admin=bool(is_admin) or bool(is_superuser),
        is_superuser=bool(is_superuser),
        sees_company=bool(sees_company) if sees_company is not None else True,
        projects=tuple(parsed_limits.get("projects") or json.loads(str(projects or "[]"))),
        read_only=bool(read_only),
        credential_id=int(credential_id),  # type: ignore[call-overload]
        scopes=frozenset(json.loads(str(scopes or "[]"))),
        limits=parsed_limits,
    )


@lru_cache(maxsize=1024)
def _rights(role_rights: str, teams: str) -> tuple[tuple[int, ...], frozenset[str]]:
    pairs = json.loads(teams)
    granted = frozenset(json.loads(role_rights)).union(*(rights for _, rights in pairs))
    return tuple(team_id for team_id, _ in pairs), granted


def _expired(moment: dt.datetime | None) -> bool:
    """SQLite hands out its UTC stamps without saying so."""
    if moment is None:
        return False
    return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)) <= timezone.now()


def issue(
    person: Person,
    face: str,
    *,
    organization: Organization | int | None = None,
    name: str = "",
    read_only: bool = False,
    scopes: Iterable[str] = (),
    limits: dict[str, object] | None = None,
    expires_at: dt.datetime | None = None,
    created_by: int | None = None,
    secret: str = "",
) -> tuple[Credential, str]:
    """A new credential and its secret, which is shown once and stored only as its digest (PL-014, RS-130)."""
    secret = secret or tokens.make_secret()
    credential = Credential.objects.create(
        organization_id=_id(organization) or person.organization_id,
        person=person,
        face=face,
        name=name,
        digest=tokens.digest(secret),
        prefix=secret[:8],
        read_only=read_only,
        scopes=list(scopes),
        limits=limits or {},
        expires_at=expires_at,
        created_by_id=created_by,
    )
    _tell("key.issued", credential, created_by)
    return credential, secret


def revoke(credential: Credential, *, by: int | None = None) -> bool:
    """End a credential at once; False when it had ended before (RS-130)."""
    ended = Credential.objects.filter(pk=credential.pk, revoked_at=None).update(revoked_at=timezone.now())
    if ended:
        _tell("key.revoked", credential, by)
    return bool(ended)


def _tell(verb: str, credential: Credential, by: int | None) -> None:
    audit.record(
        verb,
        organization_id=credential.organization_id,
        actor_id=by,
        subject=f"{credential.face} key {credential.pk} of person {credential.person_id}",
    )
