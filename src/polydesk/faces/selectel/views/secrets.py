"""Secrets: handed over here, shown to the staff alone elsewhere (SE-155)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from polydesk.directory.actors import Actor
from polydesk.features import vault

from .. import fields, reading
from ..auth import check_may_write
from ..reading import Body


def create(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """Seals the value; this face never returns it."""
    check_may_write(actor)
    body = Body(reading.body(request))
    title, value = body.text("title", required=True, limit=255), body.text("value", required=True, limit=10_000)
    body.check()
    secret = vault.put(title or "", value or "", by=actor)
    return {"id": secret.pk, "title": secret.title, "created_at": fields.moment(secret.created_at)}
