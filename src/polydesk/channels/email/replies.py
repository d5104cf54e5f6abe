"""Where answers to our mails go: to a mailbox, with a token where its server takes `+` (RS-070, RS-071)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.utils.crypto import constant_time_compare, salted_hmac

from polydesk.features.mailboxes.models import Mailbox

_SALT = "polydesk.channels.email.replies"
_TAGGED = re.compile(r"([^+@]+)\+r(\d{1,18})\.(\d{1,18})\.([0-9a-f]{20})@([^@]+)")
_LONGEST_LOCAL_PART = 64  # RFC 5321, 4.5.3.1.1


def address(organization_id: int, ticket_id: int, person_id: int) -> str:
    """Where this person's answers on this ticket go; empty where the organization has no mailbox. Two statements."""
    boxes = Mailbox.objects.filter(organization_id=organization_id, is_active=True).order_by("pk")
    box = boxes.filter(messages__ticket=ticket_id).first() or boxes.first()
    if box is None:
        return ""
    local, _, domain = box.address.rpartition("@")
    tagged = f"{local}+r{ticket_id}.{person_id}.{_proof(box, ticket_id, person_id)}"
    return f"{tagged}@{domain}" if box.is_tagged and len(tagged) <= _LONGEST_LOCAL_PART else box.address


def read(box: Mailbox, recipients: Iterable[str]) -> tuple[int, int] | None:
    """Ticket and person of the first address with a token of ours; one that we did not make is nothing (RS-070)."""
    for recipient in recipients:
        found = _TAGGED.fullmatch(recipient)
        if not found or f"{found[1]}@{found[5]}" != box.address:
            continue
        ticket_id, person_id = int(found[2]), int(found[3])
        if constant_time_compare(found[4], _proof(box, ticket_id, person_id)):
            return ticket_id, person_id
    return None


def _proof(box: Mailbox, ticket_id: int, person_id: int) -> str:
    return salted_hmac(_SALT, f"{box.pk}.{ticket_id}.{person_id}", algorithm="sha256").hexdigest()[:20]
