"""Three headers make an actor (AT-020 … AT-029): the API user's rights, within the limits of its credential.

A credential's `limits` speak this face's words: `username`, `integration_code`, `security_level`
(`{"tickets": {"view": "all" | "mine" | "mine_companies" | "none", "add": bool, "edit": bool}, "impersonate": bool,
"impersonate_contacts": bool}`, everything allowed when absent) and `form`, the API user's default category."""

from __future__ import annotations

import hmac
from dataclasses import replace
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from polydesk.directory import actors
from polydesk.directory.actors import Actor
from polydesk.directory.models import Credential, Membership, Person
from polydesk.tickets import access, queries
from polydesk.tickets.kinds import KINDS
from polydesk.tickets.models import Participant, Ticket

from .errors import Failure, no_right

FACE = "autotask"


def actor_of(request: HttpRequest) -> Actor:
    """Who calls; one answer for every wrong or missing header (AT-021)."""
    headers = request.headers
    given = [headers.get(name, "") for name in ("UserName", "ApiIntegrationCode", "Secret")]
    actor = actors.by_secret(FACE, given[2]) if all(given) else None
    if actor is None or not actor.is_staff:
        raise Failure("Unauthorized", status=401)
    expected = (str(actor.limits.get("username", "")).lower(), str(actor.limits.get("integration_code", "")))
    found = (given[0].lower(), given[1])
    fits = [hmac.compare_digest(e.encode(), f.encode()) for e, f in zip(expected, found, strict=True)]
    if not all(fits):
        raise Failure("Unauthorized", status=401)
    return actor


def is_known(username: str) -> bool:
    """Is there an API user of this name (AT-005)?"""
    known = Credential.objects.filter(face=FACE, revoked_at=None, person__is_active=True)
    return bool(username) and known.filter(limits__username__iexact=username).exists()


def level(actor: Actor, name: str) -> Any:
    """One permission of the API user's security level; what is not said is allowed."""
    levels = actor.limits.get("security_level") or {}
    found: Any = levels if isinstance(levels, dict) else {}
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def visible(actor: Actor) -> QuerySet[Ticket]:
    """The tickets that get, query and count know of alike (AT-024)."""
    tickets = queries.visible_to(actor)
    view = level(actor, "tickets.view")
    if view in ("none", "mine_companies"):
        return tickets.none()
    if view == "mine":
        listed = Participant.objects.filter(part="assigned", person_id=actor.person_id).values("ticket_id")
        return tickets.filter(Q(assignee_id=actor.person_id) | Q(pk__in=listed))
    return tickets


def may_write(actor: Actor, verb: str) -> None:
    """`add` or `edit` of tickets by the security level (AT-024)."""
    if level(actor, f"tickets.{verb}") is False:
        raise no_right("The security level does not allow it.")


def may_administer(actor: Actor) -> None:
    """Companies, contracts and the like are written by whoever triages every kind of ticket."""
    if actor.read_only or len(access.kinds_with(actor, "triage")) < len(KINDS):
        raise no_right("Editing reference data needs an agent's rights.")


def impersonate(request: HttpRequest, actor: Actor, *, verb: str) -> Actor:
    """The resource named in the header becomes the author (AT-025, AT-026)."""
    named = request.headers.get("ImpersonationResourceId", "").strip()
    if not named:
        return actor
    if level(actor, "impersonate") is False:
        raise no_right("The security level does not allow impersonation.")
    member = _resource(actor.organization_id, named)
    if member is None or not member.person.is_active:
        raise no_right("The impersonated resource is unknown or inactive.")
    own = actors.of(member.person, actor.organization_id)
    kinds = access.kinds_with(own, "add" if verb == "add" else "triage") if own else []
    if not kinds:
        raise no_right("The impersonated resource may not do this.")
    return actor.on_behalf_of(member.person)


def _resource(organization_id: int, named: str) -> Membership | None:
    if not named.isascii() or not named.isdigit() or len(named) > 18:
        return None
    staff = Membership.objects.filter(organization_id=organization_id, side="staff", is_active=True)
    return staff.filter(person_id=int(named)).select_related("person").first()


def may_impersonate_contacts(actor: Actor) -> bool:
    """The right without which `createdByContactID` has no effect (AT-029)."""
    return level(actor, "impersonate_contacts") is not False


def as_contact(actor: Actor, contact: Person) -> Actor:
    """The same rights, writing as a customer's contact (AT-028)."""
    return replace(
        actor,
        person_id=contact.pk,
        name=contact.name,
        login="",
        side="customer",
        reads_by="rights",
        impersonator_id=actor.person_id,
    )
