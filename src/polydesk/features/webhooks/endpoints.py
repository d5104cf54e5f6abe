"""What people do with endpoints: make, change, rotate, switch, send again. Faces call these (PL-101, AT-500)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from polydesk.directory.actors import Actor
from polydesk.directory.models import Membership, Person
from polydesk.jobs.models import Job
from polydesk.tickets.refusals import Denied, Missing, refuse
from polydesk.web import outbound
from polydesk.web.sentences import say

from . import outbox, sending, signing
from . import types as event_types
from .formats import FORMATS
from .models import Attempt, Delivery, Endpoint

CHANGEABLE = ("name", "url", "types", "internal_notes", "extra")


def create(
    *,
    by: Actor,
    url: str,
    name: str = "",
    types: Iterable[str] = (),
    owner: Person | None = None,
    internal_notes: bool = False,
    format: str = "standard",
    secret: str = "",
    is_active: bool = True,
    extra: dict[str, Any] | None = None,
) -> tuple[Endpoint, str]:
    """A new endpoint and its secret, shown once. Only administrators make them for others or ask for internal notes."""
    maker = _may_manage(by)
    if owner is not None and owner.pk != by.person_id:
        _need_admin(by, say("Only administrators make endpoints for somebody else."))
        if not Membership.objects.filter(person=owner, organization_id=by.organization_id, is_active=True).exists():
            raise refuse("unknown", "owner", say("There is no such person."))
    if internal_notes:
        _need_admin(by, say("Only administrators ask for internal notes."))
    if format not in FORMATS:
        raise refuse("unknown", "format", say("There is no format “%(format)s”.", format=format))
    wanted = list(types)
    _check(url, wanted)
    if secret and format == "standard" and not signing.is_secret(secret):
        raise refuse("invalid", "secret", say("A secret is “whsec_” and base64 of 24 to 64 bytes."))
    secret = secret or signing.make_secret()
    endpoint = Endpoint(
        organization_id=by.organization_id,
        owner_id=owner.pk if owner else maker,
        name=name[:100],
        url=url,
        types=wanted,
        internal_notes=internal_notes,
        format=format,
        is_active=is_active,
        extra=extra or {},
    )
    endpoint.secret = signing.seal_secret(endpoint, secret)
    endpoint.save()
    return endpoint, secret


def listed(by: Actor) -> QuerySet[Endpoint]:
    """All of the organization for administrators, one's own for others."""
    found = Endpoint.objects.filter(organization_id=by.organization_id).select_related("owner").order_by("id")
    return found if by.is_admin else found.filter(owner_id=by.person_id or 0)


def get(endpoint_id: int, *, by: Actor) -> Endpoint:
    """One of `listed`, or Missing."""
    found = listed(by).filter(pk=endpoint_id).first() if 0 < endpoint_id < 2**63 else None
    if found is None:
        raise Missing
    return found


def change(endpoint: Endpoint, *, by: Actor, **facts: Any) -> Endpoint:
    """Change name, address, types, internal notes or a face's own facts."""
    _own(endpoint, by)
    assert set(facts) <= set(CHANGEABLE), facts
    if facts.get("internal_notes") and not endpoint.internal_notes:
        _need_admin(by, say("Only administrators ask for internal notes."))
    if "types" in facts:
        facts["types"] = list(facts["types"])
    _check(facts.get("url", endpoint.url), facts.get("types", endpoint.types))
    for field, value in facts.items():
        setattr(endpoint, field, value)
    endpoint.version += 1
    endpoint.save(update_fields=[*facts, "version", "updated_at"])
    return endpoint


def rotate(endpoint: Endpoint, *, by: Actor, secret: str = "", overlap: dt.timedelta = dt.timedelta(hours=24)) -> str:
    """A new secret, shown once; for the overlap messages bear both signatures (RS-043)."""
    _own(endpoint, by)
    if secret and endpoint.format == "standard" and not signing.is_secret(secret):
        raise refuse("invalid", "secret", say("A secret is “whsec_” and base64 of 24 to 64 bytes."))
    secret = secret or signing.make_secret()
    endpoint.former_secret, endpoint.former_until = endpoint.secret, timezone.now() + overlap
    endpoint.secret = signing.seal_secret(endpoint, secret)
    endpoint.version += 1
    endpoint.save(update_fields=["secret", "former_secret", "former_until", "version", "updated_at"])
    return secret


def disable(endpoint: Endpoint, *, by: Actor) -> None:
    """Send nothing any more; what waits is given up when its turn comes and can be sent again."""
    _own(endpoint, by)
    with transaction.atomic():
        sending.switch_off(endpoint, "Somebody switched it off.", tell=False)
    endpoint.refresh_from_db()


def enable(endpoint: Endpoint, *, by: Actor) -> None:
    """Begin again, with a clean record."""
    _own(endpoint, by)
    Endpoint.objects.filter(pk=endpoint.pk).update(
        is_active=True, disabled_at=None, disabled_because="", failures=0, failing_since=None, slow_until=None
    )
    endpoint.refresh_from_db()


def remove(endpoint: Endpoint, *, by: Actor) -> None:
    """Forget it with its deliveries."""
    _own(endpoint, by)
    with transaction.atomic():
        if endpoint.is_active:
            sending.say_farewell(endpoint)
        endpoint.delete()


def test(endpoint: Endpoint, *, by: Actor) -> Delivery:
    """Send a message that says nothing, to see whether it arrives."""
    _own(endpoint, by)
    return _ask(Delivery(endpoint=endpoint, type="endpoint.tested"))


def deliveries(endpoint: Endpoint, *, by: Actor, state: str = "") -> QuerySet[Delivery]:
    """What was sent or is waiting, newest first."""
    _own(endpoint, by)
    found = Delivery.objects.filter(endpoint=endpoint).order_by("-id")
    return found.filter(state=state) if state else found


def next_tries(endpoint: Endpoint) -> dict[int, dt.datetime]:
    """When each of its waiting deliveries is tried next, by number."""
    waiting = Job.objects.waiting().filter(kind="webhook.send", lane__startswith=f"{endpoint.group}:")
    return {args["delivery"]: due for args, due in waiting.values_list("args", "due")[:1000]}


def attempts(delivery: Delivery, *, by: Actor) -> list[Attempt]:
    """The tries that failed; what the remote side answered is shown to administrators alone (RS-057)."""
    _own(delivery.endpoint, by)
    found = list(Attempt.objects.filter(delivery=delivery))
    for attempt in found:
        attempt.answer = attempt.answer if by.is_admin else ""
    return found


def replay(delivery: Delivery, *, by: Actor) -> Delivery:
    """Send one again, under the id it had, with what its owner may see by then."""
    _own(delivery.endpoint, by)
    _need_active(delivery.endpoint)
    with transaction.atomic():
        return _again(delivery)


def replay_period(
    endpoint: Endpoint, start: dt.datetime, end: dt.datetime, *, by: Actor, state: str = Delivery.DEAD
) -> int:
    """Send again what was given up (or is in another state) of a period, in order; how many."""
    _own(endpoint, by)
    _need_active(endpoint)
    found = Delivery.objects.filter(endpoint=endpoint, state=state, created_at__gte=start, created_at__lt=end)
    with transaction.atomic():
        return len([_again(delivery) for delivery in found.select_related("endpoint").order_by("id")])


def _again(delivery: Delivery) -> Delivery:
    if delivery.state == Delivery.WAITING:
        return delivery
    delivery.state, delivery.settled_at, delivery.error = Delivery.WAITING, None, ""
    return _ask(delivery)


def _ask(delivery: Delivery) -> Delivery:
    with transaction.atomic():
        delivery.save()
        outbox.ask(delivery)
    return delivery


def _check(url: str, wanted: list[str]) -> None:
    if unknown := event_types.unknown(wanted):
        raise refuse("unknown", "types", say("There is no event type “%(name)s”.", name=unknown[0]))
    if len(url) > 500:
        raise refuse("too_long", "url", say("The address may have at most 500 characters."))
    try:
        outbound.check(url, networks=sending.networks())
    except outbound.AddressNotAllowed as error:
        raise refuse("address_not_allowed", "url", str(error)) from error


def _may_manage(by: Actor) -> int:
    if by.read_only:
        raise Denied(say("This credential may only read."))
    if by.person_id is None or not (by.is_admin or by.is_staff):
        raise Denied(say("Endpoints are made by staff."))
    return by.person_id


def _own(endpoint: Endpoint, by: Actor) -> None:
    if endpoint.organization_id != by.organization_id or not (by.is_admin or endpoint.owner_id == by.person_id):
        raise Missing
    if by.read_only:
        raise Denied(say("This credential may only read."))


def _need_admin(by: Actor, reason: str) -> None:
    if not by.is_admin:
        raise Denied(reason)


def _need_active(endpoint: Endpoint) -> None:
    if not endpoint.is_active:
        raise refuse("switched_off", "endpoint", say("The endpoint is switched off; switch it on first."))
