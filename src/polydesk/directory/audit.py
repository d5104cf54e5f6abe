"""The audit log of everything that is not a ticket: sign-ins, keys, memberships (RS-171).

Each row holds the HMAC-SHA256 of its content and of the row before it, with a key that is not in the database (RS-172):
who can write the table cannot mend the chain. Rows are only ever added."""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Iterator
from typing import Any

import msgspec
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from polydesk.web import tokens
from polydesk.web.statements import run, vendor

from .models import SecurityEvent

_LOCK = 7_226_031  # any number that nobody else of this database takes


@transaction.atomic
def record(
    verb: str, *, organization_id: int | None = None, actor_id: int | None = None, subject: str = "", **details: Any
) -> SecurityEvent:
    """Remember one event; `verb` is dotted (`key.issued`). Writers take turns, so that there is one chain."""
    if vendor() == "postgresql":
        run("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
    previous = SecurityEvent.objects.order_by("-id").values_list("digest", flat=True).first() or ""
    moment = timezone.now()
    event = SecurityEvent(
        organization_id=organization_id,
        at=moment if moment.tzinfo else timezone.make_aware(moment),
        verb=verb,
        actor_id=actor_id,
        subject=subject[:120],
        details=details,
        previous=previous,
    )
    event.digest = _digest(event)
    event.save(force_insert=True)
    return event


def broken() -> Iterator[tuple[int, str]]:
    """The id of every row at which the chain is broken, with the reason."""
    previous = ""
    for event in SecurityEvent.objects.order_by("id").iterator(chunk_size=2000):
        if event.previous != previous:
            yield event.pk, "it does not follow the row before it"
        elif not hmac.compare_digest(event.digest, _digest(event)):
            yield event.pk, "it was changed"
        previous = event.digest


def _digest(event: SecurityEvent) -> str:
    content = [
        event.organization_id,
        event.at.astimezone(dt.UTC).isoformat(),
        event.verb,
        event.actor_id,
        event.subject,
        event.details,
        event.previous,
    ]
    return hmac.new(_key(), msgspec.json.encode(content, order="sorted"), "sha256").hexdigest()


def _key() -> bytes:
    configured = getattr(settings, "POLYDESK_AUDIT_KEY", "")
    return configured.encode() if configured else tokens.key_for("audit")
