"""Hanging secrets on the message that an edit writes, in the same event."""

from __future__ import annotations

from collections.abc import Sequence

from polydesk.tickets.edits import Edit, Part
from polydesk.tickets.rules import Rule

from .models import Secret, Use


def secrets_hang_on_the_message(secrets: Sequence[Secret]) -> Rule:
    """A completing rule for one edit; with a secret a new ticket has an opening message (RC-100)."""

    def complete(edit: Edit) -> None:
        edit.facts["has_secrets"] = bool(secrets)
        for secret in secrets:
            edit.add(_part(edit, secret))

    return Rule("secrets_hang_on_the_message", completing=complete)


def _part(edit: Edit, secret: Secret) -> Part:
    def write() -> None:
        Use.objects.create(secret=secret, ticket=edit.ticket, comment=edit.comment)

    return Part("secret", describe=lambda: {"id": secret.pk, "title": secret.title}, write=write)
