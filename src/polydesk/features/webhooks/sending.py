"""Sending one delivery: never inside a transaction, at least once, and only while the endpoint wants it
(RS-042, RS-045, RS-046, RS-048)."""

from __future__ import annotations

import datetime as dt
import email.utils
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import F

from polydesk import jobs
from polydesk.directory import actors
from polydesk.directory.actors import Actor
from polydesk.jobs.models import Job
from polydesk.jobs.running import Running
from polydesk.tickets import queries
from polydesk.tickets.edits import now
from polydesk.tickets.models import Event, Ticket
from polydesk.web import outbound
from polydesk.web.outbound import Answer

from .formats import FORMATS, Format, News, Outgoing
from .models import Attempt, Delivery, Endpoint

GIVE_UP_AFTER = dt.timedelta(days=5)
LONGEST_WAIT = dt.timedelta(hours=24)
SLOWING = (429, 502, 504)
GONE = "It answered 410: gone."


@jobs.job("webhook.send", slots=2, atomic=False)
def send(job: Running) -> None:
    """One try. The message's id stays the same over all tries, so that a receiver can tell a repetition."""
    delivery = Delivery.objects.select_related("endpoint__owner").filter(pk=job.args["delivery"]).first()
    if delivery is None or delivery.state != Delivery.WAITING:
        return
    endpoint = delivery.endpoint
    form = FORMATS.get(endpoint.format)
    if not endpoint.is_active or form is None:
        _settle(job, delivery, Delivery.DEAD, "The endpoint is switched off.")
        return
    outgoing = _compose(delivery, form)
    if outgoing is None:
        _settle(job, delivery, Delivery.WITHHELD, "The owner may not see it.")
        return
    answer, error = post(endpoint.url, outgoing, form.timeout)
    if answer is not None and 200 <= answer.status < 300:
        _succeed(job, delivery, answer)
        return
    _fail(job, delivery, form, outgoing, answer, error)


def networks() -> tuple[str, ...]:
    """Networks that webhooks may reach though private: none by default (RS-058, AT-509)."""
    return outbound.PRIVATE if getattr(settings, "POLYDESK_WEBHOOKS_ALLOW_PRIVATE", False) else ()


def post(url: str, outgoing: Outgoing, timeout: float) -> tuple[Answer | None, str]:
    """The answer, or a sentence that does not tell open from closed ports (RS-057)."""
    headers = {"Content-Type": "application/json", **outgoing.headers}
    try:
        answer = outbound.fetch(
            outgoing.url or url,
            method="POST",
            headers=headers,
            body=outgoing.body,
            timeout=timeout,
            networks=networks(),
        )
    except (outbound.AddressNotAllowed, outbound.Unreachable) as error:
        return None, str(error)
    return answer, "" if answer.status < 300 else f"The endpoint answered {answer.status}."


def _compose(delivery: Delivery, form: Format) -> Outgoing | None:
    """What the owner may see now; None when that is nothing (RS-048)."""
    endpoint = delivery.endpoint
    actor = actors.of(endpoint.owner, endpoint.organization_id)
    if actor is None:
        return None
    event = ticket = None
    if delivery.event_id is not None and delivery.ticket_id is not None:
        event = Event.objects.filter(pk=delivery.event_id).first()
        ticket = Ticket.objects.filter(pk=delivery.ticket_id, organization_id=endpoint.organization_id).first()
        if event is None or not _may_see(actor, delivery, ticket):
            return None
    if form.is_numbered and delivery.sequence is None:
        _number(delivery)
    return form.compose(News(delivery, endpoint, actor, event, ticket, now()))


def _may_see(actor: Actor, delivery: Delivery, ticket: Ticket | None) -> bool:
    """That a ticket was deleted is told to whoever could see it; that it was destroyed, to administrators."""
    if ticket is None:
        return delivery.type == "ticket.purged" and actor.is_admin
    if ticket.deleted_at is not None:
        if delivery.type not in ("ticket.deleted", "ticket.purged"):
            return queries.can_see(actor, ticket)
        ticket.deleted_at = None
    return queries.can_see(actor, ticket)


def _number(delivery: Delivery) -> None:
    with transaction.atomic():
        Endpoint.objects.filter(pk=delivery.endpoint_id).update(sequence=F("sequence") + 1)
        delivery.sequence = Endpoint.objects.values_list("sequence", flat=True).get(pk=delivery.endpoint_id)
        delivery.save(update_fields=["sequence"])


def _settle(job: Running, delivery: Delivery, state: str, error: str = "", **facts: Any) -> None:
    with job.finishing():
        Delivery.objects.filter(pk=delivery.pk).update(state=state, error=error, settled_at=now(), **facts)


def _succeed(job: Running, delivery: Delivery, answer: Answer) -> None:
    if delivery.endpoint.failures:
        Endpoint.objects.filter(pk=delivery.endpoint_id).update(failures=0, failing_since=None, slow_until=None)
    _settle(job, delivery, Delivery.DELIVERED, status=answer.status, tries=F("tries") + 1)


def _fail(
    job: Running, delivery: Delivery, form: Format, outgoing: Outgoing, answer: Answer | None, error: str
) -> None:
    """Remember the try, then try again, or give up, or switch the endpoint off."""
    at, endpoint = now(), delivery.endpoint
    wait = _asked_wait(answer, at) or (job.next_wait() if answer is not None and answer.status in SLOWING else None)
    because = GONE if answer is not None and answer.status == 410 else _fed_up(endpoint, form, at)
    is_over = job.is_last_try or bool(because)
    with transaction.atomic():
        _remember(delivery, at, outgoing, answer, error)
        Endpoint.objects.filter(pk=endpoint.pk).update(
            failures=F("failures") + 1, failing_since=endpoint.failing_since or at
        )
        if is_over:
            Delivery.objects.filter(pk=delivery.pk).update(state=Delivery.DEAD, settled_at=at)
        if wait is not None:
            _slow_down(endpoint, at + wait)
        if because:
            switch_off(endpoint, because)
    if is_over:
        raise jobs.GiveUp(error)
    raise jobs.Retry(error, after=wait)


def _remember(delivery: Delivery, at: dt.datetime, outgoing: Outgoing, answer: Answer | None, error: str) -> None:
    status = answer.status if answer is not None else None
    Delivery.objects.filter(pk=delivery.pk).update(tries=F("tries") + 1, status=status, error=error)
    Attempt.objects.create(
        delivery=delivery,
        at=at,
        status=status,
        error=error,
        payload=outgoing.body.decode("utf-8", "replace"),
        answer=answer.body.decode("utf-8", "replace").replace("\0", "") if answer is not None else "",
    )


def _asked_wait(answer: Answer | None, at: dt.datetime) -> dt.timedelta | None:
    """What Retry-After asks for, at most a day (RS-045); it counts on every failure."""
    text = next((v for k, v in answer.headers.items() if k.lower() == "retry-after"), "") if answer else ""
    if not text:
        return None
    try:
        wait = dt.timedelta(seconds=int(text)) if text.isdecimal() else email.utils.parsedate_to_datetime(text) - at
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(wait, dt.timedelta(0)), LONGEST_WAIT)


def _slow_down(endpoint: Endpoint, until: dt.datetime) -> None:
    """Everything that waits for this endpoint waits that long; none of it loses a try."""
    Endpoint.objects.filter(pk=endpoint.pk).update(slow_until=until)
    Job.objects.waiting().filter(group=endpoint.group, owner="", due__lt=until).update(due=until)


def _fed_up(endpoint: Endpoint, form: Format, at: dt.datetime) -> str:
    """Why the endpoint is switched off now; empty while it has another chance (RS-046, AT-506)."""
    if form.most_failures and endpoint.failures + 1 >= form.most_failures:
        return f"It failed {form.most_failures} times in a row."
    if endpoint.failing_since and at - endpoint.failing_since >= GIVE_UP_AFTER:
        return "It has failed for five days."
    return ""


def switch_off(endpoint: Endpoint, because: str, *, tell: bool = True) -> None:
    """No more deliveries; its owner is told, and so is the remote side where its format knows a farewell (AT-507)."""
    changed = Endpoint.objects.filter(pk=endpoint.pk, is_active=True).update(
        is_active=False, disabled_at=now(), disabled_because=because
    )
    if changed:
        say_farewell(endpoint)
    if changed and tell and endpoint.owner.email:
        jobs.later("webhook.tell_owner", {"endpoint": endpoint.pk}, key=f"webhook:{endpoint.pk}")


def say_farewell(endpoint: Endpoint) -> None:
    """Once, by a job of its own, so that it outlives the endpoint."""
    form = FORMATS.get(endpoint.format)
    outgoing = form.farewell(endpoint) if form else None
    if form is not None and outgoing is not None:
        facts = {"url": outgoing.url, "body": outgoing.body.decode(), "headers": dict(outgoing.headers)}
        jobs.later("webhook.farewell", {**facts, "timeout": form.timeout}, group=endpoint.group)


@jobs.job("webhook.farewell", slots=2, atomic=False, schedule=(5, 300))
def farewell(job: Running) -> None:
    """Tell the remote side that nothing will come any more."""
    outgoing = Outgoing(job.args["body"].encode(), job.args["headers"], job.args["url"])
    answer, error = post(outgoing.url, outgoing, job.args["timeout"])
    if answer is None or answer.status >= 300:
        raise jobs.Retry(error)


@jobs.job("webhook.tell_owner", atomic=False)
def tell_owner(job: Running) -> None:
    """The owner learns by mail why nothing arrives any more (RS-046)."""
    endpoint = Endpoint.objects.select_related("owner").filter(pk=job.args["endpoint"]).first()
    if endpoint is None or not endpoint.owner.email:
        return
    text = (
        f"Polydesk has stopped sending events to {endpoint.url}.\n\n{endpoint.disabled_because}\n\n"
        "What could not be delivered is kept for 30 days and can be sent again once the endpoint is switched on."
    )
    send_mail("A webhook was switched off", text, None, [endpoint.owner.email])


@jobs.tick(every=dt.timedelta(hours=1), name="webhooks.forget", offset=dt.timedelta(minutes=53))
def forget(due: dt.datetime) -> int:
    """Deliveries are kept for 30 days; how many were forgotten."""
    old = Delivery.objects.filter(created_at__lt=due - dt.timedelta(days=30)).exclude(state=Delivery.WAITING)
    return old.delete()[1].get("webhooks.Delivery", 0)
