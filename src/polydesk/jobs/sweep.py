"""Removes finished jobs after a week, dead letters after three months, and the memory of old ticks."""

from datetime import datetime, timedelta

from polydesk.jobs import ticks
from polydesk.jobs.models import Job, JobQuerySet
from polydesk.jobs.registry import tick

KEEP_DONE = timedelta(days=7)
KEEP_DEAD = timedelta(days=90)
_AT_ONCE = 500


@tick(every=timedelta(hours=1), name="jobs.sweep", offset=timedelta(minutes=17))
def sweep(due: datetime) -> None:
    remove(Job.objects.filter(done__lt=due - KEEP_DONE, error=""))
    remove(Job.objects.filter(done__lt=due - KEEP_DEAD))
    ticks.forget(due - ticks.MEMORY)


def remove(old: JobQuerySet) -> None:
    while ids := list(old.values_list("pk", flat=True)[:_AT_ONCE]):
        Job.objects.filter(pk__in=ids).delete()
