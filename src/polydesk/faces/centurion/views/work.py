"""Projects and their milestones (CE-180)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from polydesk.directory.models import Milestone, Project

from ..door import Call
from ..errors import Faults
from ..resources import CREATED, DISPLAY_NAME, ID, MODIFIED, ORGANIZATION, URLS, Resource, field_map
from ..shapes import Field

PRIORITIES = {1: "Very Low", 2: "Low", 3: "Medium", 4: "High", 5: "Very High", 6: "Major"}


class Projects(Resource):
    """`project_management/project`"""

    thing, name, plural, model = "project", "Project", "Projects", Project
    table_fields = ("code", "name", "organization", "created")
    searched = ("name", "description", "code")
    fields = field_map(
        ID,
        ORGANIZATION,
        DISPLAY_NAME,
        Field("name", "String", "Name", "Name of the item", core="name", required=True, null=False, max_length=100),
        Field("description", "Markdown", "Description", "Outline of this Project", core="description", null=False,
              blank=True),
        Field("priority", "Choice", "Priority", "Priority of the project", core="priority", null=False, initial=2,
              choices=PRIORITIES),
        Field("code", "String", "Project Code", "Project Code", core="code", null=False, blank=True, max_length=40),
        Field("planned_start_date", "DateTime", "Planned Start Date", "When the project is planned to have been "
              "started by.", core="planned_start"),
        Field("planned_finish_date", "DateTime", "Planned Finish Date", "When the project is planned to be finished "
              "by.", core="planned_finish"),
        Field("real_start_date", "DateTime", "Real Start Date", "When work commenced on the project.",
              core="real_start"),
        Field("real_finish_date", "DateTime", "Real Finish Date", "When work was completed for the project",
              core="real_finish"),
        Field("is_deleted", "Boolean", "Deleted", "Is the project deleted? And ready to be purged", null=False,
              initial=False, show=lambda row: row.deleted_at is not None),
        CREATED,
        MODIFIED,
        URLS,
    )  # fmt: skip

    def path(self, row: Any) -> str:
        return f"project_management/project/{row.pk}"

    def urls(self, call: Call, row: Any) -> dict[str, Any]:
        own = self.path(row)
        return {
            "_self": call.url(own),
            "milestone": call.url(f"{own}/milestone"),
            "tickets": call.url(f"{own}/project_task"),
        }

    def apply(self, call: Call, row: Any, values: dict[str, Any]) -> None:
        deleted = values.pop("is_deleted", None)
        super().apply(call, row, values)
        if deleted is not None:
            row.deleted_at = timezone.now() if deleted else None


class Milestones(Resource):
    """`project_management/project/{project}/milestone`"""

    thing, name, plural, model = "milestone", "Project Milestone", "Project Milestones", Milestone
    table_fields = ("name", "start_date", "finish_date", "created")
    searched = ("name", "description")
    fields = field_map(
        ID,
        Field("organization", "Relationship", "Organization", "Organization this belongs to", core="organization",
              to="organization", read_only=True),
        DISPLAY_NAME,
        Field("name", "String", "Name", "Name of the item", core="name", required=True, null=False, max_length=100),
        Field("description", "Markdown", "Description", "Description of milestone", core="description", null=False,
              blank=True),
        Field("start_date", "DateTime", "Start Date", "When the milestone is to be started by", core="starts_at"),
        Field("finish_date", "DateTime", "Finish Date", "When the milestone is to be finished by", core="ends_at"),
        Field("project", "Relationship", "Project", "Project this milestone belongs.", core="project", to="project",
              read_only=True),
        CREATED,
        MODIFIED,
        URLS,
    )  # fmt: skip

    def rows(self, call: Call, **ids: int) -> QuerySet[Any]:
        return Milestone.objects.filter(project_id=self.project(call, ids["project_id"]).pk)

    def project(self, call: Call, project_id: int) -> Project:
        """The project of the address, of an organization of the caller's."""
        found = Project.objects.filter(pk=project_id).first() if 0 < project_id < 2**63 else None
        if found is None or call.caller.actor(found.organization_id) is None:
            raise call.missing()
        return found

    def path(self, row: Any) -> str:
        return f"project_management/project/{row.project_id}/milestone/{row.pk}"

    def owner(self, call: Call, ids: dict[str, int], faults: Faults) -> int | None:
        return self.project(call, ids["project_id"]).organization_id

    def new(self, owner: int, **ids: int) -> Any:
        return Milestone(organization_id=owner, project_id=ids["project_id"])
