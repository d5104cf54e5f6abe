"""Webhooks with their fields and excluded resources, of five entities (AT-500 … AT-502, AT-506, AT-508)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from polydesk.features.webhooks import endpoints, sending
from polydesk.features.webhooks.models import Attempt, Endpoint
from polydesk.tickets.refusals import Missing
from polydesk.web import outbound

from .. import auth
from ..errors import Failure, unknown_reference
from ..fields import Entity, Field, identity
from ..incoming import Incoming, refer
from ..tables import Tables
from ..values import show_moment
from . import callouts

PER_WEBHOOK = 100_000
SWITCHES = (
    "isSubscribedToCreateEvents",
    "isSubscribedToUpdateEvents",
    "isSubscribedToDeleteEvents",
    "sendThresholdExceededNotification",
)
NEEDED = ("name", "webhookUrl", "deactivationUrl", "secretKey", "isActive", "sendThresholdExceededNotification")


def owned(tables: Tables, entity: str) -> list[Endpoint]:
    """The webhooks of one sort that the caller may manage."""
    found = endpoints.listed(tables.actor).filter(format=callouts.FORMAT)
    return [e for e in found if callouts.own(e).get("entity") == entity]


def _shown(endpoint: Endpoint) -> dict[str, Any]:
    kept = callouts.own(endpoint)
    return {
        "id": endpoint.pk,
        "name": endpoint.name,
        "webhookUrl": endpoint.url,
        "deactivationUrl": kept["deactivationUrl"],
        "secretKey": "",
        "isActive": endpoint.is_active,
        "isReady": callouts.is_ready(endpoint),
        **{name: bool(kept.get(name)) for name in SWITCHES},
        "notificationEmailAddress": kept.get("notificationEmailAddress", ""),
        "ownerResourceID": endpoint.owner_id,
        "webhookGuid": kept["guid"],
    }


def _create(entity: str) -> Callable[..., int]:
    def create(call: Any, incoming: Incoming) -> int:
        auth.may_administer(call.actor)
        incoming.check_required(*NEEDED)
        incoming.check_lengths()
        _check_addresses(incoming)
        incoming.refuse()
        given = incoming.given
        kept = {
            "entity": entity,
            "guid": str(uuid.uuid4()),
            "deactivationUrl": given["deactivationUrl"],
            "notificationEmailAddress": given.get("notificationEmailAddress") or "",
            **{name: bool(given.get(name)) for name in SWITCHES},
        }
        endpoint, _ = endpoints.create(
            by=call.actor,
            url=given["webhookUrl"],
            name=given["name"],
            types=callouts.TYPES.get(entity, ()),
            format=callouts.FORMAT,
            secret=given["secretKey"],
            is_active=given["isActive"],
            internal_notes=call.actor.is_admin and entity == "TicketNote",
            extra={"autotask": kept},
        )
        return int(endpoint.pk)

    return create


def _update(entity: str) -> Callable[..., int]:
    def update(call: Any, incoming: Incoming) -> int:
        endpoint = _one(call, entity, incoming.id)
        incoming.drop_unchanged(_shown(endpoint))
        given = {name: value for name, value in incoming.given.items() if name != "secretKey" or value}
        incoming.check_required(*(name for name in NEEDED if name != "secretKey"), new=False)
        incoming.check_lengths()
        _check_addresses(incoming)
        incoming.refuse()
        changes: dict[str, Any] = {}
        if "name" in given:
            changes["name"] = given["name"]
        if "webhookUrl" in given:
            changes["url"] = given["webhookUrl"]
        own = {n: given[n] for n in ("deactivationUrl", "notificationEmailAddress", *SWITCHES) if n in given}
        if own:
            changes["extra"] = {**endpoint.extra, "autotask": {**callouts.own(endpoint), **own}}
        if changes:
            endpoints.change(endpoint, by=call.actor, **changes)
        if "secretKey" in given:
            endpoints.rotate(endpoint, by=call.actor, secret=given["secretKey"], overlap=dt.timedelta(0))
        if given.get("isActive") is not None:
            (endpoints.enable if given["isActive"] else endpoints.disable)(endpoint, by=call.actor)
        return int(endpoint.pk)

    return update


def _check_addresses(incoming: Incoming) -> None:
    """Both addresses are held to the same rules (AT-509)."""
    for name in ("webhookUrl", "deactivationUrl"):
        if url := incoming.given.get(name):
            try:
                outbound.check(url, networks=sending.networks())
            except outbound.AddressNotAllowed as error:
                incoming.faults.append(f"{name}: {error}")


def _delete(entity: str) -> Callable[..., int]:
    def delete(call: Any, number: int) -> int:
        endpoints.remove(_one(call, entity, number), by=call.actor)
        return number

    return delete


def _one(call: Any, entity: str, number: int | None) -> Endpoint:
    auth.may_administer(call.actor)
    found = next((e for e in owned(call.tables, entity) if e.pk == number), None)
    if found is None:
        raise Missing
    return found


def _webhooks(name: str, entity: str) -> Entity:
    return Entity(
        name=name,
        fields=(
            identity(),
            Field("name", "string", length=50, required=True),
            Field("webhookUrl", "string", length=500, required=True),
            Field("deactivationUrl", "string", length=500, required=True),
            Field("secretKey", "string", length=64, required=True),
            Field("isActive", "boolean", required=True),
            Field("isReady", "boolean", read_only=True),
            Field("isSubscribedToCreateEvents", "boolean"),
            Field("isSubscribedToUpdateEvents", "boolean"),
            Field("isSubscribedToDeleteEvents", "boolean"),
            Field("sendThresholdExceededNotification", "boolean", required=True),
            Field("notificationEmailAddress", "string", length=150),
            Field("ownerResourceID", reference="Resources", read_only=True),
            Field("webhookGuid", "string", length=36, read_only=True),
        ),
        listed=lambda tables, asked: [_shown(e) for e in owned(tables, entity)],
        create=_create(entity),
        update=_update(entity),
        delete=_delete(entity),
    )


# --- what a webhook watches -------------------------------------------------------------------------------------


def _children(name: str, entity: str, path: str, part: str, *fields: Field, can_update: bool = True) -> Entity:
    """A list within a webhook: rows have the id `webhook * PER_WEBHOOK + n`."""
    parent = f"{entity}Webhooks"
    parent_field = f"{entity[0].lower()}{entity[1:]}WebhookID"
    key = {"fields": "fieldID", "udfs": "udfFieldID", "excluded": "resourceID"}[part]

    def listed(tables: Tables, asked: Any) -> Iterable[dict[str, Any]]:
        for endpoint in owned(tables, entity):
            for row in callouts.own(endpoint).get(part, ()):
                yield {parent_field: endpoint.pk, **{f.name: row.get(f.name) for f in fields}, "id": row["id"]}

    def create(call: Any, incoming: Incoming) -> int:
        endpoint = _one(call, entity, call.number("parent_id"))
        incoming.check_required(key)
        incoming.refuse()
        rows = list(callouts.own(endpoint).get(part, ()))
        if any(row[key] == incoming.given[key] for row in rows):
            raise Failure(f"{key}: the webhook has this one already.")
        row = {"id": _next(endpoint, part, rows), **_named(call, entity, part, incoming.given[key])}
        for name in ("isSubscribedField", "isDisplayAlwaysField"):
            row[name] = bool(incoming.given.get(name))
        _keep(call, endpoint, part, [*rows, row])
        return int(row["id"])

    def update(call: Any, incoming: Incoming) -> int:
        endpoint = _one(call, entity, call.number("parent_id"))
        rows = [dict(row) for row in callouts.own(endpoint).get(part, ())]
        row = next((r for r in rows if r["id"] == incoming.id), None)
        if row is None:
            raise Missing
        for name in ("isSubscribedField", "isDisplayAlwaysField"):
            if incoming.given.get(name) is not None:
                row[name] = incoming.given[name]
        _keep(call, endpoint, part, rows)
        return int(row["id"])

    def delete(call: Any, number: int) -> int:
        endpoint = _one(call, entity, call.number("parent_id"))
        rows = callouts.own(endpoint).get(part, [])
        if number not in [row["id"] for row in rows]:
            raise Missing
        _keep(call, endpoint, part, [row for row in rows if row["id"] != number])
        return number

    return Entity(
        name=name,
        fields=(identity(), Field(parent_field, reference=parent, read_only=True), *fields),
        listed=listed,
        parent=parent,
        path=path,
        parent_field=parent_field,
        create=create,
        update=update if can_update else None,
        delete=delete,
    )


def _next(endpoint: Endpoint, part: str, rows: list[dict[str, Any]]) -> int:
    base = endpoint.pk * PER_WEBHOOK
    return max([base, *(row["id"] for row in rows)]) + 1


def _keep(call: Any, endpoint: Endpoint, part: str, rows: list[dict[str, Any]]) -> None:
    extra = {**endpoint.extra, "autotask": {**callouts.own(endpoint), part: rows}}
    endpoints.change(endpoint, by=call.actor, extra=extra)


def _named(call: Any, entity: str, part: str, number: int) -> dict[str, Any]:
    """The thing that a child of a webhook names, checked (AT-502)."""
    if part == "fields":
        if not 1 <= number <= len(callouts.watchable(callouts.WATCHED[entity])):
            raise Failure(f"fieldID: Value {number} does not exist or is invalid.")
        return {"fieldID": number}
    if part == "udfs":
        defined = next((d for d in call.tables.custom_fields if d.pk == number), None)
        if defined is None or entity != "Ticket":
            raise Failure(unknown_reference("udfFieldID", "UserDefinedFieldDefinitions"))
        return {"udfFieldID": number, "name": defined.name, "key": defined.key}
    if refer("Resources", number, call.tables.organization_id) is None:
        raise Failure(unknown_reference("resourceID", "Resources"))
    return {"resourceID": number}


FLAGS = (Field("isSubscribedField", "boolean", required=True), Field("isDisplayAlwaysField", "boolean", required=True))


def _set_of(entity: str) -> tuple[Entity, ...]:
    return (
        _webhooks(f"{entity}Webhooks", entity),
        _children(
            f"{entity}WebhookFields",
            entity,
            "Fields",
            "fields",
            Field("fieldID", required=True, picklist=f"webhookFields:{entity}"),
            *FLAGS,
        ),
        _children(f"{entity}WebhookUdfFields", entity, "UdfFields", "udfs", Field("udfFieldID", required=True), *FLAGS),
        _children(
            f"{entity}WebhookExcludedResources",
            entity,
            "ExcludedResources",
            "excluded",
            Field("resourceID", required=True, reference="Resources"),
            can_update=False,
        ),
    )


# --- what went wrong ---------------------------------------------------------------------------------------------


def _errors(tables: Tables, asked: Any) -> Iterable[dict[str, Any]]:
    own = endpoints.listed(tables.actor).filter(format=callouts.FORMAT)
    rows = Attempt.objects.filter(delivery__endpoint__in=own).select_related("delivery")
    for row in rows.order_by("-id")[:1000]:
        yield {
            "id": row.pk,
            "webhookID": row.delivery.endpoint_id,
            "createDateTime": show_moment(row.at),
            "errorMessage": row.error,
            "payload": row.payload,
            "sequenceNumber": row.delivery.sequence,
        }


ERRORS = Entity(
    name="WebhookEventErrorLogs",
    fields=(
        identity(),
        Field("webhookID", read_only=True),
        Field("createDateTime", "datetime", read_only=True),
        Field("errorMessage", "string", length=300, read_only=True),
        Field("payload", "string", length=32000, read_only=True),
        Field("sequenceNumber", "long", read_only=True),
    ),
    listed=_errors,
)

ENTITIES = (
    *(part for entity in callouts.WATCHED for part in _set_of(entity)),
    ERRORS,
)
