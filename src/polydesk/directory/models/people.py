"""People in one id space for every face (RC-190), the teams they form and the job roles they hold."""

from __future__ import annotations

import zoneinfo

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from polydesk.web.moments import Moment

from .organization import Owned, Stamped


class Person(Owned, Stamped):
    """Somebody a ticket can name: a contact, a member of staff, an API user or the organization's service user.

    `organization` is the home; memberships say where else the person acts. `login` repeats the host user's
    user name, so that showing a person never needs the host's table."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="polydesk_person"
    )
    login = models.CharField(max_length=254, null=True, blank=True, unique=True)
    first_name = models.CharField(max_length=80, blank=True, default="")
    last_name = models.CharField(max_length=80, blank=True, default="")
    name = models.CharField(max_length=200)
    email = models.EmailField(blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")
    mobile = models.CharField(max_length=40, blank=True, default="")
    title = models.CharField(max_length=80, blank=True, default="")
    company = models.ForeignKey("Company", null=True, blank=True, on_delete=models.SET_NULL, related_name="people")
    site = models.ForeignKey("Site", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    is_active = models.BooleanField(default=True)
    is_system = models.BooleanField(default=False)
    is_superuser = models.BooleanField(default=False)
    is_comanaged = models.BooleanField(default=False)
    language = models.CharField(max_length=12, blank=True, default="")
    time_zone = models.CharField(max_length=60, blank=True, default="")
    preferences = models.JSONField(default=dict, blank=True)
    erased_at = Moment(null=True, blank=True)

    class Meta:
        verbose_name_plural = "people"
        constraints = (
            models.UniqueConstraint(
                "company", Lower("email"), condition=~Q(email=""), name="person_email_once_per_company"
            ),
        )
        indexes = (
            models.Index(fields=["organization", "name"], name="person_name"),
            models.Index(Lower("email"), name="person_email"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def username(self) -> str:
        """The login name, or the e-mail address of a contact without one (RC-026)."""
        return self.login or self.email or self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The zone that the person reads moments in: the own one, else the organization's, else UTC."""
        for name in (self.time_zone, self.organization.time_zone):
            try:
                return zoneinfo.ZoneInfo(name)
            except (ValueError, zoneinfo.ZoneInfoNotFoundError, OSError):
                continue
        return zoneinfo.ZoneInfo("UTC")


class Team(Owned, Stamped):
    """People who work together; Centurion grants its permissions to teams (CE-072)."""

    name = models.CharField(max_length=120)
    description = models.TextField(blank=True, default="")
    email = models.EmailField(blank=True, default="")
    rights = models.JSONField(default=list, blank=True)
    """Codes such as `view:incident` or `add:comment` (see tickets.access)."""
    is_active = models.BooleanField(default=True)
    members = models.ManyToManyField(Person, through="TeamMember", related_name="teams")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["organization", "name"], name="team_name_once"),)

    def __str__(self) -> str:
        return self.name


class TeamMember(models.Model):
    """One person in one team."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="team_memberships")
    is_lead = models.BooleanField(default=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["team", "person"], name="team_member_once"),)


class JobRole(Owned, Stamped):
    """What somebody does on a ticket, such as Technician (Autotask's Roles, RC-045); it grants nothing."""

    name = models.CharField(max_length=200)
    description = models.CharField(max_length=200, blank=True, default="")
    hourly_rate = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    is_active = models.BooleanField(default=True)
    is_system = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name


class PersonJobRole(models.Model):
    """A job role that a person holds, in a team or for a queue (RC-045, AT-311)."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="job_roles")
    role = models.ForeignKey(JobRole, on_delete=models.CASCADE, related_name="holders")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    queue_id = models.BigIntegerField(null=True, blank=True)
    is_default = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
