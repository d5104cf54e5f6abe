"""Where answers to our mails go: to a mailbox, with a token where its server takes `+` (RS-070, RS-071, RS-131).

The token joins for two years, as an identifier does, and proves the sender for ninety days: an old mail in somebody's
hands gives no commands any more."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

from django.utils.crypto import constant_time_compare, salted_hmac

from polydesk.features.mailboxes.models import Mailbox
from polydesk.features.notifications import threads
from polydesk.features.notifications.threads import Proof
from polydesk.tickets.edits import now

PROVES_FOR = dt.timedelta(days=90)
_SALT = "polydesk.channels.email.replies"
_TAGGED = re.compile(r"([^+@]+)\+r(\d{1,18})\.(\d{1,18})\.(\d{1,6})\.([0-9a-f]{20})@([^@]+)")
_LONGEST_LOCAL_PART = 64  # RFC 5321, 4.5.3.1.1


def address(organization_id: int, ticket_id: int, person_id: int) -> str:
    """Where this person's answers on this ticket go; empty where the organization has no mailbox. Two statements."""
    boxes = Mailbox.objects.filter(organization_id=organization_id, is_active=True).order_by("pk")
    box = boxes.filter(messages__ticket=ticket_id).first() or boxes.first()
    if box is None:
        return ""
    local, _, domain = box.address.rpartition("@")
    facts = f"{ticket_id}.{person_id}.{threads.day(now())}"
    tagged = f"{local}+r{facts}.{_proof(box, facts)}"
    return f"{tagged}@{domain}" if box.is_tagged and len(tagged) <= _LONGEST_LOCAL_PART else box.address


def read(box: Mailbox, recipients: Iterable[str]) -> Proof | None:
    """What the first address with a token of ours proves; one that we did not make is nothing (RS-070)."""
    for recipient in recipients:
        found = _TAGGED.fullmatch(recipient)
        if not found or f"{found[1]}@{found[6]}" != box.address:
            continue
        _local, ticket, person, made, proof, _domain = found.groups()
        if constant_time_compare(proof, _proof(box, f"{ticket}.{person}.{made}")):
            return Proof(int(ticket), int(person), threads.age(int(made)))
    return None


def _proof(box: Mailbox, facts: str) -> str:
    return salted_hmac(_SALT, f"{box.pk}.{facts}", algorithm="sha256").hexdigest()[:20]
