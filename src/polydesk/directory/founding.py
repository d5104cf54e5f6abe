"""A new organization with the usual roles, and people who may do something in it.

Used by `polydesk init`, the demo, host projects and tests, so that all of them found a desk alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import audit
from .models import JobRole, Membership, Organization, Person, Role, Team, TeamMember

AGENT = ("add:*", "change:*", "triage:*", "view:*", "add:comment", "change:comment", "view:comment")

ROLES: dict[str, tuple[str, tuple[str, ...]]] = {
    "customer": ("Customer", ("add:request", "add:incident", "view.own:*")),
    "requester": ("Requester", ("add:*", "view:*")),
    "editor": ("Editor", ("change:*", "view:*")),
    "agent": ("Agent", AGENT),
    "manager": ("Manager", (*AGENT, "delete:*", "purge:*", "delete:comment")),
    "importer": ("Importer", ("import:*", "view:*")),
}
"""The usual roles (centurion.md 4.3): key -> name and rights (codes of tickets.access)."""


CUSTOMER_ROLES = ("customer", "requester")
"""Who asks and does not work on tickets stands on the customer side (RC-357)."""


def found(name: str, key: str, **facts: Any) -> Organization:
    """A new organization with its roles and its service user; an existing one of that key is returned as it is."""
    organization, is_new = Organization.objects.get_or_create(key=key, defaults={"name": name, **facts})
    if is_new:
        Role.objects.bulk_create(
            Role(organization=organization, key=role, name=label, rights=list(rights), is_builtin=True)
            for role, (label, rights) in ROLES.items()
        )
        Person.objects.create(organization=organization, name=f"{name} service", is_system=True)
    return organization


def service_user(organization: Organization) -> Person:
    """Who stands for the desk itself where a face must name a person (RC-026)."""
    person, _ = Person.objects.get_or_create(
        organization=organization, is_system=True, defaults={"name": f"{organization.name} service"}
    )
    return person


def add_person(
    organization: Organization,
    name: str,
    *,
    role: str = "",
    side: str = "",
    user: Any = None,
    teams: Iterable[Team] = (),
    is_admin: bool = False,
    **facts: Any,
) -> Person:
    """A person; with a role also the membership that lets him act (side `customer` for the role customer)."""
    first, _, last = name.partition(" ")
    login = facts.pop("login", None) or (user.get_username() if user else None)
    person = Person.objects.create(
        organization=organization,
        name=name,
        first_name=facts.pop("first_name", first),
        last_name=facts.pop("last_name", last),
        user=user,
        login=login,
        is_superuser=bool(user and getattr(user, "is_superuser", False)),
        **facts,
    )
    if role or side:
        join(person, organization, role=role, side=side, is_admin=is_admin)
    for team in teams:
        TeamMember.objects.get_or_create(team=team, person=person)
    return person


def join(
    person: Person,
    organization: Organization,
    *,
    role: str = "",
    side: str = "",
    is_admin: bool = False,
    by: int | None = None,
) -> Membership:
    """Make a person a member; one who is a member gets the new role."""
    side = side or (Membership.CUSTOMER if role in CUSTOMER_ROLES else Membership.STAFF)
    rights = Role.objects.get(organization=organization, key=role) if role else None
    standing = {"role": rights, "side": side, "is_admin": is_admin}
    if member := Membership.objects.filter(organization=organization, person=person, **standing).first():
        return member
    member, _ = Membership.objects.update_or_create(organization=organization, person=person, defaults=standing)
    tell_standing(member, by=by)
    return member


def tell_standing(member: Membership, *, by: int | None) -> None:
    """Remember how somebody stands in the organization from now on (RS-171)."""
    audit.record(
        "membership.granted" if member.is_active else "membership.ended",
        organization_id=member.organization_id,
        actor_id=by,
        subject=f"person {member.person_id}",
        role=member.role.key if member.role else "",
        side=member.side,
        is_admin=member.is_admin,
    )


def job_role(organization: Organization, name: str) -> JobRole:
    """A job role by name, made when missing."""
    return JobRole.objects.get_or_create(organization=organization, name=name)[0]
