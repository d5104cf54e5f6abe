"""Users of the project as persons of the desk, and what their groups make of them (ST-007, ST-025)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from polydesk.directory import founding
from polydesk.directory.actors import Actor
from polydesk.directory.models import Organization, Person

from . import settings

OWNER_RIGHTS = frozenset({"add:request", "add:incident", "view.own:*", "change.own:*", "triage.own:*", "delete.own:*"})
STAFF_RIGHTS = frozenset({"view:*", "change:*", "triage:*"})


def organization() -> Organization:
    """The project's one organization, founded at the first need (RC-023)."""
    return Organization.objects.order_by("id").first() or founding.found("Tickets", "tickets")


def person_of(user: Any) -> Person:
    """The person behind a user of the project; made at the first need, renamed when the user was."""
    person = Person.objects.filter(user=user).first() or _make(user)
    login, name = user.get_username()[:254], (str(user) or user.get_username())[:200]
    if person.login != login:
        Person.objects.filter(pk=person.pk).update(login=login, name=name)
        person.login, person.name = login, name
    return person


def _make(user: Any) -> Person:
    desk = organization()
    try:
        with transaction.atomic():
            return Person.objects.create(
                organization=desk,
                user=user,
                login=user.get_username()[:254],
                name=(str(user) or user.get_username())[:200],
                email=email_of(user),
                is_superuser=bool(getattr(user, "is_superuser", False)),
            )
    except IntegrityError:  # a parallel request made it a moment ago, or the login is that of a person without user
        person = Person.objects.filter(user=user).first()
        if person is None:
            person = Person.objects.get(login=user.get_username()[:254], user__isnull=True)
            person.user = user
            person.save(update_fields=["user"])
        return person


def email_of(user: Any) -> str:
    """The user's address, wherever his model keeps it."""
    name = user.get_email_field_name() if hasattr(user, "get_email_field_name") else "email"
    return str(getattr(user, name, "") or "")[:254]


@dataclass
class Visitor:
    """Somebody who is logged in: an admin, a member of the staff, or an owner of his own tickets."""

    user: Any

    @cached_property
    def person(self) -> Person:
        person = person_of(self.user)
        if not person.is_active:
            raise PermissionDenied
        return person

    @cached_property
    def _groups(self) -> set[str]:
        groups = getattr(self.user, "groups", None)
        wanted = (settings.ST_STAFF_GNAME, settings.ST_ADMIN_GNAME)
        return set(groups.filter(name__in=wanted).values_list("name", flat=True)) if groups is not None else set()

    @cached_property
    def is_admin(self) -> bool:
        return settings.ST_ADMIN_GNAME in self._groups or bool(getattr(self.user, "is_superuser", False))

    @cached_property
    def is_staff(self) -> bool:
        """A member of the staff group, who takes a ticket by opening it."""
        return settings.ST_STAFF_GNAME in self._groups

    @property
    def works(self) -> bool:
        """Staff or admin."""
        return self.is_admin or self.is_staff

    def as_owner(self) -> Actor:
        """Who acts on his own tickets; which act is allowed when is said by the rules of this face."""
        return self._actor("customer", OWNER_RIGHTS)

    def as_staff(self) -> Actor:
        """Who works on tickets."""
        return self._actor("staff", STAFF_RIGHTS)

    def _actor(self, side: str, rights: frozenset[str]) -> Actor:
        return Actor(
            organization_id=self.person.organization_id,
            person_id=self.person.pk,
            side=side,
            name=self.person.name,
            login=self.person.login or "",
            rights=rights,
            reads_by="rights",
        )


def members(organization_id: int | None = None) -> QuerySet[Any]:
    """The active members of both groups, who can be given a ticket (ST-034)."""
    users = get_user_model()._default_manager.all()
    if not _has_field("groups"):
        return users.none()
    users = users.filter(groups__name__in=(settings.ST_STAFF_GNAME, settings.ST_ADMIN_GNAME)).distinct()
    if _has_field("is_active"):
        users = users.filter(is_active=True)
    if organization_id is not None:
        users = users.filter(Q(polydesk_person__isnull=True) | Q(polydesk_person__organization_id=organization_id))
    return users.order_by("pk")


def _has_field(name: str) -> bool:
    try:
        get_user_model()._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True


def shown(person: Person | None) -> str:
    """How a person is called on pages: as the project's user says, else by name (ST-007, RC-044)."""
    if person is None:
        return ""
    return str(person.user) if person.user_id else person.name


def recorded(person: Person | None) -> str:
    """How a person is named in the monitor: by the name he logs in with."""
    if person is None:
        return "system"
    return person.user.get_username() if person.user else person.username
