"""Automations, their former versions, and what they did."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from polydesk.directory.models.organization import Owned, Stamped
from polydesk.web.moments import Moment

from . import recipe as recipes


class Automation(Owned, Stamped):
    """When, if, then (`recipe.Recipe`). A new one is off until somebody has looked at what it would do."""

    name = models.CharField(max_length=100)
    position = models.IntegerField(default=0)
    recipe = models.JSONField()
    is_active = models.BooleanField(default=False)
    is_timed = models.BooleanField(default=False, editable=False)
    """It waits for time, not for events; follows the recipe."""
    stopped_at = Moment(null=True, blank=True)
    stopped_on = models.BigIntegerField(null=True, blank=True)
    """The ticket on which it went in circles and was switched off (RS-049)."""
    last_given = models.BigIntegerField(null=True, blank=True)
    """To whom it gave a ticket last; the next one of the team is next."""

    class Meta:
        ordering = ("position", "id")
        indexes = (
            models.Index(
                fields=["organization", "position", "id"],
                name="automation_listening",
                condition=Q(is_active=True, is_timed=False),
            ),
            models.Index(fields=["id"], name="automation_timed", condition=Q(is_active=True, is_timed=True)),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def parts(self) -> recipes.Recipe:
        """When, if, then."""
        return recipes.read(self.recipe)


class Version(models.Model):
    """What an automation was from one save to the next; the newest is what it is."""

    automation = models.ForeignKey(Automation, on_delete=models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=100)
    recipe = models.JSONField()
    at = Moment(default=timezone.now)
    by_id = models.BigIntegerField(null=True)

    class Meta:
        ordering = ("-number",)
        constraints = (models.UniqueConstraint(fields=["automation", "number"], name="automation_version_once"),)

    @property
    def parts(self) -> recipes.Recipe:
        """When, if, then, as it was."""
        return recipes.read(self.recipe)


class Run(models.Model):
    """An automation met a ticket on which its condition held; what came of it. One for each occasion."""

    DONE, NOTHING, REFUSED, STOPPED = "done", "nothing", "refused", "stopped"
    OUTCOMES = (
        (DONE, _("done")),
        (NOTHING, _("nothing to change")),
        (REFUSED, _("refused")),
        (STOPPED, _("went in circles")),
    )

    automation = models.ForeignKey(Automation, on_delete=models.CASCADE, related_name="runs", db_index=False)
    version = models.PositiveIntegerField()
    ticket_id = models.BigIntegerField()
    """Not foreign keys, these: tickets and events are only looked up."""
    event_id = models.BigIntegerField(null=True)
    """The event that set it off."""
    since = Moment(null=True)
    """Or the moment from which the hours were counted."""
    root_id = models.BigIntegerField(null=True)
    """The event at the beginning of the chain."""
    round = models.PositiveSmallIntegerField(default=1)
    effect_id = models.BigIntegerField(null=True)
    """The event that it left."""
    outcome = models.CharField(max_length=10, choices=OUTCOMES)
    reason = models.CharField(max_length=300, blank=True, default="")
    at = Moment(default=timezone.now)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["automation", "event_id"], name="automation_run_event", condition=Q(event_id__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["automation", "ticket_id", "since"],
                name="automation_run_since",
                condition=Q(since__isnull=False),
            ),
        )
        indexes = (
            models.Index(fields=["automation", "-id"], name="automation_run_newest"),
            models.Index(fields=["root_id"], name="automation_run_root", condition=Q(effect_id__isnull=False)),
            models.Index(fields=["at"], name="automation_run_at"),
        )
