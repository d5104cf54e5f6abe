"""The desk's own people, their roles and departments (AT-463 … AT-465, AT-475)."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, CharField, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, NullIf

from polydesk.directory.models import JobRole, Person, PersonJobRole, Team

from ..fields import Entity, Field, identity
from ..rows import creator, owned, updater
from ..tables import Tables

API_LICENSE, COMANAGED_LICENSE = 7, 5


def people(tables: Tables) -> QuerySet[Person]:
    """Everybody with a membership on the staff side, API users included."""
    return Person.objects.filter(pk__in=tables.staff)


def _license(tables: Tables) -> Any:
    return Case(
        When(Q(extra__autotask__api_user=True), then=Value(API_LICENSE)),
        When(is_comanaged=True, then=Value(COMANAGED_LICENSE)),
        default=Value(1),
        output_field=IntegerField(),
    )


def _user_name(tables: Tables) -> Any:
    return Coalesce(NullIf(F("login"), Value("")), F("email"), output_field=CharField())


def _default_role(tables: Tables) -> Any:
    held = PersonJobRole.objects.filter(person=OuterRef("pk"), is_default=True, is_active=True)
    return Subquery(held.values("role_id")[:1])


RESOURCES = Entity(
    name="Resources",
    fields=(
        identity(),
        Field("firstName", "string", "first_name", length=50, read_only=True),
        Field("lastName", "string", "last_name", length=50, read_only=True),
        Field("email", "string", "email", length=254, read_only=True),
        Field("userName", "string", length=254, read_only=True, expression=_user_name),
        Field("isActive", "boolean", "is_active", read_only=True),
        Field("licenseType", picklist="licenseType", read_only=True, expression=_license),
        Field("userType", constant=1, read_only=True),
        Field("resourceType", "string", constant="Employee", read_only=True),
        Field("defaultServiceDeskRoleID", reference="Roles", read_only=True, expression=_default_role),
        Field("officePhone", "string", "phone", length=40, read_only=True),
        Field("mobilePhone", "string", "mobile", length=40, read_only=True),
        Field("title", "string", "title", length=80, read_only=True),
    ),
    rows=people,
)

ROLES = Entity(
    name="Roles",
    fields=(
        identity(),
        Field("name", "string", "name", length=200, required=True),
        Field("description", "string", "description", length=200),
        Field("isActive", "boolean", "is_active"),
        Field("hourlyRate", "decimal", "hourly_rate"),
        Field("hourlyFactor", "decimal", constant=1, read_only=True),
        Field("isSystemRole", "boolean", "is_system", read_only=True),
        Field("roleType", picklist="roleType", constant=1, read_only=True),
    ),
    rows=owned(JobRole),
    create=creator(JobRole),
    update=updater(owned(JobRole)),
)


def _held(**facts: Any) -> Any:
    return lambda tables: PersonJobRole.objects.filter(role__organization_id=tables.organization_id, **facts)


def _pairs(name: str, path: str, *more: Field, **facts: Any) -> Entity:
    """Resources in roles, seen from one side."""
    return Entity(
        name=name,
        fields=(
            identity(),
            Field("resourceID", column="person_id", reference="Resources", read_only=True),
            Field("roleID", column="role_id", reference="Roles", read_only=True),
            *more,
            Field("isActive", "boolean", "is_active", read_only=True),
            Field("isDefault", "boolean", "is_default", read_only=True),
        ),
        rows=_held(**facts),
        parent="Resources",
        path=path,
        parent_field="resourceID",
    )


QUEUE = Field("queueID", column="queue_id", picklist="queue", read_only=True)
DEPARTMENT = Field("departmentID", column="team_id", reference="Departments", read_only=True)

DEPARTMENTS = Entity(
    name="Departments",
    fields=(
        identity(),
        Field("name", "string", "name", length=120, read_only=True),
        Field("description", "string", "description", length=1000, read_only=True),
        Field("isActive", "boolean", "is_active", read_only=True),
    ),
    rows=owned(Team),
)

ENTITIES = (
    RESOURCES,
    ROLES,
    DEPARTMENTS,
    _pairs("ResourceRoles", "Roles", QUEUE, DEPARTMENT),
    _pairs("ResourceServiceDeskRoles", "ServiceDeskRoles", queue_id__isnull=False),
    _pairs("ResourceRoleQueues", "RoleQueues", QUEUE, queue_id__isnull=False),
    _pairs("ResourceRoleDepartments", "RoleDepartments", DEPARTMENT, team_id__isnull=False),
)
