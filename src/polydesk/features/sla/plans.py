"""What a policy promises: its targets by priority level, their hours, and how it reads a story."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db import transaction

from polydesk import jobs
from polydesk.directory.models import SlaPolicy

from .clock import PLANNED, Terms
from .hours import ALWAYS, Hours
from .models import Calendar, Target


@dataclass(frozen=True, slots=True)
class Promise:
    """For one priority level: minutes per clock, and the hours in which they count."""

    minutes: Mapping[str, int | None] = field(default_factory=dict)
    hours: Hours = ALWAYS

    def target(self, which: str) -> dt.timedelta | None:
        """The time promised; None when nothing is."""
        minutes = self.minutes.get(which)
        return None if minutes is None else dt.timedelta(minutes=minutes)


NOTHING = Promise()


@dataclass(frozen=True, slots=True)
class Plan:
    """A policy with all its promises."""

    policy: SlaPolicy
    promises: Mapping[int, Promise]

    @property
    def terms(self) -> Terms:
        """How it reads a story: `settings` may name `pausing_statuses`, `plan_statuses` and `reopening`."""
        settings = self.policy.settings
        pausing = settings.get("pausing_statuses")
        return Terms(
            pausing=None if pausing is None else frozenset(pausing),
            planned=frozenset(settings.get("plan_statuses", PLANNED)),
            resumes=settings.get("reopening") == "resume",
        )

    def promise(self, level: int | None) -> Promise:
        """What holds for a ticket on this priority level."""
        return self.promises.get(level or 0) or self.promises.get(0, NOTHING)


def of(policy_ids: Iterable[int]) -> dict[int, Plan]:
    """The plans of these policies. One statement; a second for policies that promise nothing."""
    wanted = set(policy_ids)
    rows: dict[int, list[Target]] = {}
    for target in Target.objects.filter(policy_id__in=wanted).select_related("policy", "calendar"):
        rows.setdefault(target.policy_id, []).append(target)
    plans = {pk: Plan(targets[0].policy, {t.level: _promise(t) for t in targets}) for pk, targets in rows.items()}
    if wanted - plans.keys():
        plans |= {p.pk: Plan(p, {}) for p in SlaPolicy.objects.filter(pk__in=wanted - plans.keys())}
    return plans


def _promise(target: Target) -> Promise:
    minutes = {"response": target.response, "plan": target.plan, "resolution": target.resolution}
    return Promise(minutes, target.calendar.hours if target.calendar else ALWAYS)


_REMEMBERED_FOR = 10.0
_remembered: dict[int, tuple[float, int | None]] = {}


def policy_of(organization_id: int) -> int | None:
    """The organization's own policy, None as shipped (RC-248).

    Each process remembers what it has read for ten seconds, from the commit on, so that a desk without one pays
    nothing for each new ticket."""
    at, known = _remembered.get(organization_id, (0.0, None))
    if time.monotonic() - at < _REMEMBERED_FOR:
        return known
    found = SlaPolicy.objects.filter(organization_id=organization_id, is_default=True, is_active=True).order_by("id")
    policy_id = found.values_list("pk", flat=True).first()
    asked = time.monotonic()
    transaction.on_commit(lambda: _remembered.update({organization_id: (asked, policy_id)}))
    return policy_id


def forget(organization_id: int) -> None:
    """A policy of this organization has changed."""
    _remembered.pop(organization_id, None)
    transaction.on_commit(lambda: _remembered.pop(organization_id, None))


def follow(changed: SlaPolicy | Target | Calendar, *, is_new: bool = False) -> None:
    """A policy, target or calendar was saved or removed: its running clocks are recounted soon, each policy once."""
    if isinstance(changed, SlaPolicy):
        forget(changed.organization_id)
        policy_ids = [] if is_new else [changed.pk]
    elif isinstance(changed, Target):
        policy_ids = [changed.policy_id]
    else:
        policy_ids = list(Target.objects.filter(calendar=changed).values_list("policy_id", flat=True).distinct())
    for policy_id in policy_ids:
        if policy_id:
            jobs.later("sla.recount", {"policy": policy_id}, key=f"sla:{policy_id}")
