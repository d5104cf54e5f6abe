"""Organizations, their teams with permissions, and who is in a team (CE-070 … CE-075, CE-222)."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.text import slugify

from polydesk.directory import founding, teams
from polydesk.directory.models import Membership, Organization, Person, Team, TeamMember

from .. import errors, permissions, shapes
from ..door import Call
from ..errors import Faults
from ..resources import CREATED, DISPLAY_NAME, ID, MODIFIED, URLS, Resource, field_map
from ..shapes import Field


class Organizations(Resource):
    """`access/organization`: the tenants (RC-158)."""

    thing, name, plural, model = "organization", "Organization", "Organizations", Organization
    table_fields = ("name", "created", "modified")
    filters = ()
    fields = field_map(
        ID,
        DISPLAY_NAME,
        Field("name", "String", "Name", "Name of this Organization", core="name", required=True, null=False,
              max_length=120),
        Field("is_global", "Boolean", "Global", "Share this organization's categories with everyone", core="is_global",
              null=False, initial=False),
        CREATED,
        MODIFIED,
        URLS,
    )  # fmt: skip

    def visible(self, call: Call, verb: str = "view", **ids: int) -> QuerySet[Any]:
        rows = Organization.objects.all()
        return rows if call.caller.is_superuser else rows.filter(pk__in=call.caller.where(verb, self.thing))

    def path(self, row: Any) -> str:
        return f"access/organization/{row.pk}"

    def urls(self, call: Call, row: Any) -> dict[str, Any]:
        return {"_self": call.url(self.path(row)), "teams": call.url(f"{self.path(row)}/team")}

    def create(self, call: Call, **ids: int) -> Any:
        """A tenant is made by whoever runs the installation."""
        call.need(call.caller.is_superuser)
        return super().create(call, **ids)

    def owner(self, call: Call, ids: dict[str, int], faults: Faults) -> int | None:
        return call.caller.home_id

    def new(self, owner: int, **ids: int) -> Any:
        return Organization()

    def check(self, call: Call, row: Any, values: dict[str, Any], faults: Faults) -> None:
        taken = Organization.objects.filter(name=values.get("name")).exclude(pk=row.pk)
        if "name" in values and call.caller.is_superuser and taken.exists():
            faults.add("name", "organization with this Name already exists.")
        if "is_global" in values and not call.caller.is_superuser:
            values.pop("is_global")

    def save(self, call: Call, row: Any) -> None:
        if row.pk is not None:
            row.save()
            return
        base, number = slugify(row.name)[:50] or "organization", 1
        key = base
        while Organization.objects.filter(key=key).exists():
            number += 1
            key = f"{base}-{number}"
        made = founding.found(row.name, key, is_global=row.is_global)
        row.pk, row.key, row.created_at, row.updated_at = made.pk, made.key, made.created_at, made.updated_at
        row._state.adding = False

    def destroy(self, call: Call, **ids: int) -> Any:
        """The tickets go with the tenant (CE-011)."""
        row = self.find(call, "delete", **ids)
        call.need(call.caller.is_superuser)
        if row.pk == call.caller.home_id:
            raise errors.invalid({"non_field_errors": ["Your own organization cannot be deleted."]})
        try:
            with transaction.atomic():
                row.delete()
        except IntegrityError as error:  # Restricted and protected rows among them
            raise errors.invalid({"non_field_errors": ["This is still in use and cannot be deleted."]}) from error


def _permission(call: Call, permission: permissions.Permission) -> dict[str, Any]:
    return {
        "id": permission.id,
        "display_name": f"{permission.model.app_label} | {permission.model.name} | {permission.name}",
        "codename": permission.codename,
        "url": call.url(f"base/permission/{permission.id}"),
    }


class Teams(Resource):
    """`access/organization/{organization}/team`: whom permissions are granted to (CE-072)."""

    thing, kind, name, plural, model = "team", "team", "Team", "Teams", Team
    table_fields = ("team_name", "created", "modified")
    filters = ()
    sorts = {"id": "pk", "team_name": "name", "created": "created_at", "modified": "updated_at"}
    fields = field_map(
        ID,
        DISPLAY_NAME,
        Field("team_name", "String", "Name", "Name to give this team", core="name", required=True, null=False,
              max_length=120),
        Field("permissions", "Relationship", "Permissions", "Permissions this team grants", to="permission", many=True,
              null=False, show=lambda row: [p.id for p in permissions.granted(row.rights)]),
        Field("organization", "Relationship", "Organization", "Organization this belongs to", core="organization",
              to="organization", read_only=True),
        Field("model_notes", "Markdown", "Notes", "Tid bits of information", core="description", null=False,
              blank=True),
        CREATED,
        MODIFIED,
        URLS,
    )  # fmt: skip

    def rows(self, call: Call, **ids: int) -> QuerySet[Any]:
        organization_id = _organization(call, ids["organization_id"])
        return Team.objects.filter(organization_id=organization_id).select_related("organization")

    def path(self, row: Any) -> str:
        return f"access/organization/{row.organization_id}/team/{row.pk}"

    def display_name(self, row: Any) -> str:
        return f"{row.organization.name}, {row.name}"

    def urls(self, call: Call, row: Any) -> dict[str, Any]:
        return {"_self": call.url(self.path(row)), "users": call.url(f"{self.path(row)}/user")}

    def owner(self, call: Call, ids: dict[str, int], faults: Faults) -> int | None:
        return _organization(call, ids["organization_id"])

    def check(self, call: Call, row: Any, values: dict[str, Any], faults: Faults) -> None:
        taken = Team.objects.filter(organization_id=row.organization_id, name=values.get("team_name"))
        if "team_name" in values and taken.exclude(pk=row.pk).exists():
            faults.add("team_name", "team with this Name already exists.")
        for number in values.get("permissions", ()):
            if number not in permissions.BY_ID:
                faults.add("permissions", shapes.unknown(number))

    def apply(self, call: Call, row: Any, values: dict[str, Any]) -> None:
        chosen = values.pop("permissions", None)
        super().apply(call, row, values)
        if chosen is not None:
            row.rights = permissions.replaced(row.rights, [permissions.BY_ID[number] for number in chosen])

    def save(self, call: Call, row: Any) -> None:
        """Whoever changes what a team may do is remembered (RS-171)."""
        before = Team.objects.filter(pk=row.pk).values_list("rights", flat=True).first() or ()
        row.save()
        teams.regranted(row, before, by=call.caller.person_id)

    def destroy(self, call: Call, **ids: int) -> Any:
        row = self.find(call, "delete", **ids)
        with transaction.atomic():
            super().destroy(call, **ids)
            teams.disbanded(row, ids["pk"], by=call.caller.person_id)

    def shown(self, call: Call, row: Any, field: Field, zone: Any) -> Any:
        if field.name == "permissions":
            return [_permission(call, p) for p in permissions.granted(row.rights)]
        return super().shown(call, row, field, zone)


def _organization(call: Call, organization_id: int) -> int:
    """The organization of an address, which the caller belongs to."""
    if not 0 < organization_id < 2**63 or call.caller.actor(organization_id) is None:
        raise call.missing()
    if call.caller.is_superuser and not Organization.objects.filter(pk=organization_id).exists():
        raise call.missing()
    return organization_id


class TeamUsers(Resource):
    """`access/organization/{organization}/team/{team}/user`: who is in a team."""

    thing, name, plural, model = "team_user", "Team User", "Team Users", TeamMember
    table_fields = ("user", "manager")
    filters = ()
    sorts = {"id": "pk", "manager": "is_lead"}
    searched = ()
    fields = field_map(
        ID,
        DISPLAY_NAME,
        Field("user", "Relationship", "User", "User who will be added to the team", core="person", to="user",
              required=True, null=False),
        Field("manager", "Boolean", "Manager", "Is this user to be a manager of this team", core="is_lead", null=False,
              initial=False),
        URLS,
    )  # fmt: skip

    def rows(self, call: Call, **ids: int) -> QuerySet[Any]:
        team = self.team(call, **ids)
        return TeamMember.objects.filter(team=team).select_related("person", "team")

    def visible(self, call: Call, verb: str = "view", **ids: int) -> QuerySet[Any]:
        rows = self.rows(call, **ids)
        allowed = call.caller.holds(verb, self.thing, ids["organization_id"])
        return rows if allowed else rows.none()

    def team(self, call: Call, organization_id: int, team_id: int) -> Team:
        """The team of the address."""
        found = Team.objects.filter(pk=team_id, organization_id=_organization(call, organization_id)).first()
        if found is None:
            raise call.missing()
        return found

    def path(self, row: Any) -> str:
        return f"access/organization/{row.team.organization_id}/team/{row.team_id}/user/{row.pk}"

    def display_name(self, row: Any) -> str:
        return str(row.person.username)

    def owner(self, call: Call, ids: dict[str, int], faults: Faults) -> int | None:
        return self.team(call, **ids).organization_id

    def new(self, owner: int, **ids: int) -> Any:
        return TeamMember(team=Team.objects.get(pk=ids["team_id"]))

    def check(self, call: Call, row: Any, values: dict[str, Any], faults: Faults) -> None:
        if "user" not in values:
            return
        person = values["user"]
        if row.pk is not None:
            faults.add("user", "cant edit field: user")
        elif not _may_join(call, row.team, person):
            faults.add("user", shapes.unknown(person))
        elif TeamMember.objects.filter(team=row.team, person_id=person).exists():
            faults.add("non_field_errors", "The fields team, user must make a unique set.")

    def _check(self, call: Call, row: Any, values: dict[str, Any], faults: Faults) -> None:
        self.check(call, row, values, faults)
        faults.check()

    def save(self, call: Call, row: Any) -> None:
        """Whoever is in a team is a member of its organization, so that the permissions act (CE-075)."""
        if row.pk is not None:
            row.save()
            return
        by = call.caller.person_id
        member = teams.admit(row.team, row.person_id, by=by)
        row.pk, row._state.adding = member.pk, False
        row.save(update_fields=["is_lead"])
        person = row.person
        if not Membership.objects.filter(
            person=person, organization_id=row.team.organization_id, is_active=True
        ).exists():
            _enroll(person, row.team.organization, by)

    def destroy(self, call: Call, **ids: int) -> Any:
        row = self.find(call, "delete", **ids)
        teams.dismiss(row.team, row.person_id, by=call.caller.person_id)


def _enroll(person: Person, organization: Organization, by: int) -> None:
    """A membership that was none, or had ended, acts from now on."""
    member, _ = Membership.objects.update_or_create(
        person=person, organization=organization, defaults={"is_active": True}
    )
    founding.tell_standing(member, by=by)


def _may_join(call: Call, team: Team, person_id: int) -> bool:
    """People of the organization; a superuser may bring anybody in."""
    people = Person.objects.filter(pk=person_id, is_active=True, is_system=False)
    if call.caller.is_superuser:
        return people.exists()
    members = Membership.objects.filter(person_id=person_id, organization_id=team.organization_id)
    if members.exists():
        return people.exists() and members.filter(is_active=True).exists()
    return people.filter(organization_id=team.organization_id).exists()
