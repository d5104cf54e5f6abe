"""Telling people of an event: rows and mail jobs, in batches of their own transactions (RS-165).

A batch that was written before the worker died is not written again: a person is told of an event once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence

from django.db import transaction

from polydesk import jobs
from polydesk.directory.models import Person
from polydesk.jobs.running import Running
from polydesk.tickets.models import Comment, Event, Ticket

from . import audience, news, preferences
from .addresses import is_address
from .house import house
from .models import Notification
from .news import Told

AT_ONCE = 250
KEPT = dt.timedelta(days=180)


PassedOver = Callable[[Event, Ticket], Collection[int]]
_passed_over: list[PassedOver] = []


def mail_passes_over(people: PassedOver) -> None:
    """A channel says who gets no mail about an event of its own: whom its sender told himself, say."""
    _passed_over.append(people)


@jobs.job("notification.tell", atomic=False)
def tell(job: Running) -> None:
    """Everybody whom these events concern is told."""
    for event in Event.objects.filter(pk__in=job.args["events"]).order_by("pk"):
        ticket = Ticket.objects.filter(pk=event.ticket_id, organization_id=event.organization_id).first()
        if ticket is not None:
            tell_of(event, ticket)


def tell_of(event: Event, ticket: Ticket) -> int:
    """Tell of one event; how many were told now."""
    calls = list(news.calls(event, ticket))
    told = news.resolve(event, calls, audience.members_of(calls, ticket), audience.named(calls))
    told = [one for one in told if house().tells(one.what, one.reason)]
    entries = Comment.objects.in_bulk({one.comment for one in told if one.comment})
    unmailed = {pk for one in _passed_over for pk in one(event, ticket)} if told else set()
    batches = (told[start : start + AT_ONCE] for start in range(0, len(told), AT_ONCE))
    return sum(_tell_some(batch, event, ticket, entries, unmailed) for batch in batches)


def _tell_some(
    told: Sequence[Told], event: Event, ticket: Ticket, entries: dict[int, Comment], unmailed: Collection[int]
) -> int:
    with transaction.atomic():
        ids = [one.person for one in told]
        before = Notification.objects.filter(person__in=ids, event_id=event.pk)
        done = set(before.values_list("person_id", flat=True))
        told = [one for one in told if one.person not in done]
        ways = preferences.of(one.person for one in told)
        rows = [
            row
            for one, person, _actor in audience.admitted(told, event, ticket, entries)
            if (row := _row(one, person, _ways(ways, one, unmailed), event)) is not None
        ]
        Notification.objects.bulk_create(rows)
        for row in rows:
            if row.mail:
                # A lane each: one address that does not answer keeps nobody else waiting (RS-042).
                jobs.later("notification.mail", {"notification": row.pk}, lane=f"mail:{row.person_id}", group="mail")
        return len(rows)


def _ways(
    chosen: Mapping[int, Mapping[str, preferences.Ways]], one: Told, unmailed: Collection[int]
) -> preferences.Ways:
    ways = chosen[one.person][one.what]
    return ways._replace(mail=False) if one.person in unmailed else ways


def _row(one: Told, person: Person, ways: preferences.Ways, event: Event) -> Notification | None:
    """None when it would stand nowhere: whoever cannot sign in has no inbox."""
    shown = ways.inbox and house().has_inbox and person.user_id is not None
    mail = ways.mail and house().sends_mail() and is_address(person.email)
    if not (shown or mail):
        return None
    return Notification(
        organization_id=event.organization_id,
        person=person,
        ticket_id=event.ticket_id,
        event_id=event.pk,
        comment_id=one.comment,
        actor_id=event.actor_id,
        what=one.what,
        reason=one.reason,
        created_at=event.at,
        shown=shown,
        mail=Notification.WAITING if mail else "",
    )


@jobs.tick(every=dt.timedelta(hours=6), name="notifications.forget", offset=dt.timedelta(minutes=37))
def forget(due: dt.datetime) -> int:
    """Notifications are kept for half a year; how many were forgotten."""
    old = Notification.objects.filter(created_at__lt=due - KEPT).exclude(mail=Notification.WAITING)
    return old.delete()[1].get("notifications.Notification", 0)
