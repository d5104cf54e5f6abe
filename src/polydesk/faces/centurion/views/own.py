"""A person's own settings and tokens; others' addresses are closed to everybody (CE-224, CE-273, CE-274)."""

from __future__ import annotations

import datetime as dt
import re
import secrets
import zoneinfo
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from polydesk.directory import actors
from polydesk.directory.models import Credential, Person

from .. import errors, lists, shapes
from ..auth import FACE, organizations_of
from ..door import Call, Created
from ..errors import Faults
from ..objects import moment
from ..resources import CREATED, ID, REQUIRED, URLS, field_map
from ..shapes import Field, Invalid

LASTS = dt.timedelta(days=90)
TOO_TELLING = 9
"""A note may not hold this many of the token's first characters."""

BROWSER_MODES = {1: "Auto", 2: "Dark", 3: "Light"}
SETTINGS = field_map(
    ID,
    Field("user", "Relationship", "User", "User this Setting belongs to", to="user", read_only=True),
    Field("default_organization", "Relationship", "Default Organization", "Users default Organization",
          to="organization"),
    Field("browser_mode", "Choice", "Browser Mode", "Set your web browser's mode", null=False, initial=1,
          choices=BROWSER_MODES),
    Field("timezone", "String", "Your Timezone", "What Timezone do you wish to have times displayed in", null=False,
          initial="UTC", max_length=60),
    URLS,
)  # fmt: skip
TOKENS = field_map(
    ID,
    Field("note", "String", "Note", "A note about this token", core="name", null=False, blank=True, max_length=50),
    Field("token", "String", "Token", "The token itself; it is never shown again", required=True, null=False,
          write_only=True, max_length=64),
    Field("user", "Relationship", "Owner", "User this token belongs to", to="user", read_only=True),
    Field("expires", "DateTime", "Expiry Date", "When this token expires", core="expires_at", null=False),
    CREATED,
    Field("modified", "DateTime", "Modified", "Date and time of last modification", core="created_at", read_only=True),
    URLS,
)  # fmt: skip


def own(call: Call, user_id: int) -> Person:
    """The caller, when the address is the own one."""
    call.need(user_id == call.caller.person_id)
    return Person.objects.get(pk=user_id)


def settings(call: Call, user_id: int) -> Any:
    """`settings/user_settings/{user}`"""
    return _settings(call, own(call, user_id))


def _settings(call: Call, person: Person) -> dict[str, Any]:
    chosen = person.preferences.get(FACE, {})
    path = f"settings/user_settings/{person.pk}"
    return {
        "id": person.pk,
        "user": call.names.show("user", person.pk),
        "default_organization": call.names.show("organization", chosen.get("default_organization")),
        "browser_mode": chosen.get("browser_mode", 1),
        "timezone": person.time_zone or "UTC",
        "_urls": {"_self": call.url(path), "token": call.url(f"{path}/token")},
    }


def change_settings(call: Call, user_id: int) -> Any:
    """PATCH and PUT of the own settings."""
    own(call, user_id)
    faults, found = Faults(), {}
    for name, field in SETTINGS.items():
        if name in call.body and not field.read_only:
            try:
                found[name] = shapes.read(field, call.body[name])
            except Invalid as error:
                faults.add(name, str(error))
    if found.get("timezone") and found["timezone"] not in zoneinfo.available_timezones():
        faults.add("timezone", f'"{found["timezone"]}" is not a valid choice.')
    chosen = found.get("default_organization")
    if chosen is not None and not organizations_of(call.caller).filter(pk=chosen).exists():
        faults.add("default_organization", shapes.unknown(chosen))
    faults.check()
    with transaction.atomic():
        person = Person.objects.select_for_update().get(pk=user_id)
        person.time_zone = found.pop("timezone", person.time_zone)
        person.preferences = {**person.preferences, FACE: {**person.preferences.get(FACE, {}), **found}}
        person.save(update_fields=["time_zone", "preferences", "updated_at"])
    return _settings(call, person)


def _tokens(call: Call, user_id: int) -> QuerySet[Credential]:
    person = own(call, user_id)
    return Credential.objects.filter(person=person, face=FACE, revoked_at__isnull=True).order_by("pk")


def list_tokens(call: Call, user_id: int) -> Any:
    """The caller's own tokens, without the secret in any form."""
    rows = _tokens(call, user_id)
    return lists.answer(call.request, rows, lambda page: [_token(call, row) for row in page])


def token(call: Call, user_id: int, pk: int) -> Any:
    """One of them."""
    return _token(call, _find(call, user_id, pk))


def _find(call: Call, user_id: int, pk: int) -> Credential:
    row = _tokens(call, user_id).filter(pk=pk).first() if 0 < pk < 2**63 else None
    if row is None:
        raise call.missing()
    return row


def _token(call: Call, row: Credential) -> dict[str, Any]:
    zone = call.caller.zone()
    return {
        "id": row.pk,
        "display_name": row.name or f"Token {row.pk}",
        "note": row.name,
        "user": call.names.show("user", row.person_id),
        "expires": moment(row.expires_at, zone),
        "created": moment(row.created_at, zone),
        "modified": moment(row.created_at, zone),
        "_urls": {"_self": call.url(f"settings/user_settings/{row.person_id}/token/{row.pk}")},
    }


_HEX = re.compile(r"[0-9a-f]{64}")


def create_token(call: Call, user_id: int) -> Any:
    """Store a token that the client chose, as OPTIONS offered it: only its digest is kept (CE-275)."""
    person = own(call, user_id)
    faults, found = Faults(), {}
    for name in ("note", "token", "expires"):
        try:
            if name in call.body:
                found[name] = shapes.read(TOKENS[name], call.body[name])
            elif TOKENS[name].required:
                faults.add(name, REQUIRED)
        except Invalid as error:
            faults.add(name, str(error))
    secret, note = found.get("token", ""), found.get("note", "")
    if secret and not _HEX.fullmatch(secret):
        faults.add("token", "Enter a valid value: 64 hexadecimal characters.")
    if secret and secret[:TOO_TELLING] in note:
        faults.add("note", "The note must not contain the token.")
    if "expires" in found and found["expires"] <= timezone.now():
        faults.add("expires", "The token would have expired already.")
    faults.check()
    try:
        with transaction.atomic():
            row, _ = actors.issue(
                person, FACE, name=note, secret=secret, created_by=person.pk,
                expires_at=found.get("expires") or timezone.now() + LASTS,
            )  # fmt: skip
            # The engine keeps a hint of each secret; a token here is never told, not even in part (CE-273).
            Credential.objects.filter(pk=row.pk).update(prefix="")
    except IntegrityError as error:
        raise errors.invalid({"token": ["auth token with this Token already exists."]}) from error
    return Created(_token(call, row))


def revoke_token(call: Call, user_id: int, pk: int) -> Any:
    """From the next request on it is unknown."""
    row = _find(call, user_id, pk)
    actors.revoke(row, by=row.person_id)


def offered() -> dict[str, Any]:
    """What OPTIONS proposes for a new token (CE-273)."""
    ends = timezone.now().replace(microsecond=0) + LASTS
    return {"token": secrets.token_hex(32), "expires": moment(ends, None)}
