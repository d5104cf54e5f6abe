"""The job table, and the memory of which ticks have been fired."""

from django.db import models
from django.db.models import Q
from django.utils import timezone


class JobQuerySet(models.QuerySet["Job"]):
    def waiting(self) -> "JobQuerySet":
        return self.filter(done=None)

    def dead(self) -> "JobQuerySet":
        """Given up after the last try."""
        return self.filter(done__isnull=False).exclude(error="")

    def revive(self) -> int:
        """Sends dead letters again from the first try, in their old place in the lane; how many there were.

        They lose their key: another job with it may be waiting by now.
        """
        return self.dead().update(done=None, error="", tries=0, owner="", key="", due=timezone.now(), result=None)


class Job(models.Model):
    """One piece of work. The lease is `due` itself: claiming and renewing move it ahead, so a killed worker's job
    simply becomes due again (RS-041). `owner` and `tries` fence a worker that lost its lease."""

    kind = models.CharField(max_length=100)
    args = models.JSONField(default=dict)
    lane = models.CharField(max_length=200, default="", help_text="jobs of one lane run one after the other, in order")
    group = models.CharField(max_length=200, default="", help_text="at most `slots` jobs of a group run at once")
    slots = models.PositiveSmallIntegerField(default=0, help_text="0 = without limit")
    key = models.CharField(max_length=200, default="", help_text="one waiting job per kind and key")
    due = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    owner = models.CharField(max_length=64, default="", help_text="who runs it now")
    created = models.DateTimeField()
    done = models.DateTimeField(null=True)
    error = models.TextField(default="", help_text="of the last try; a done job with an error is a dead letter")
    result = models.JSONField(null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        # SQLite takes a partial index only where a statement repeats its condition word for word (`owner > ''`).
        indexes = [
            models.Index(fields=["due", "id"], condition=Q(done=None), name="jobs_due"),
            models.Index(fields=["lane", "id"], condition=Q(done=None), name="jobs_lane"),
            models.Index(fields=["group"], condition=Q(done=None, owner__gt=""), name="jobs_running"),
            models.Index(fields=["done"], condition=Q(done__isnull=False), name="jobs_done"),
        ]
        constraints = [
            # Only jobs that were never begun: one that runs has read its data, and later news must not be lost with it.
            models.UniqueConstraint(
                fields=["kind", "key"], condition=Q(done=None, tries=0, key__gt=""), name="jobs_one_per_key"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def is_dead(self) -> bool:
        return self.done is not None and self.error != ""


class TickRun(models.Model):
    """This due time of this tick has been handed out. Whoever inserts the row enqueues the work (RS-193)."""

    name = models.CharField(max_length=100)
    due = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "due"], name="jobs_tick_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.due}"
