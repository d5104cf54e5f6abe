"""Identifiers of our mails, by which an answer is known as one to them, and where answers go (RS-027, RS-070).

An identifier names the ticket and the person it was written to, and proves that we made it: nobody else can."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.utils import parseaddr

from django.utils.crypto import constant_time_compare, salted_hmac

from .house import house

_SALT = "polydesk.features.notifications"
_OURS = re.compile(r"([a-z])(\d{1,18})\.(\d{1,18})\.(\d{1,18})\.([0-9a-f]{24})@.{1,255}")

ReplyTo = Callable[[int, int, int], str]
_replies: list[ReplyTo] = []


def replies_go_to(address: ReplyTo) -> None:
    """A channel says where answers go: (organization, ticket, person) to an address, or nothing."""
    _replies.append(address)


def reply_to(organization_id: int, ticket_id: int, person_id: int) -> str:
    """Where this person's answers on this ticket go; empty where no channel takes them."""
    return next((found for one in _replies if (found := one(organization_id, ticket_id, person_id))), "")


def identifier(kind: str, number: int, ticket_id: int, person_id: int) -> str:
    """The Message-ID of our mail `number` of a `kind` (one letter): the same at every try, and not to be guessed."""
    facts = f"{kind}{number}.{ticket_id}.{person_id}"
    return f"<{facts}.{_proof(facts)}@{domain()}>"


def read(message_id: str) -> tuple[int, int] | None:
    """Ticket and person of an identifier of ours, without its angle brackets; None for anybody else's."""
    found = _OURS.fullmatch(message_id)
    if not found:
        return None
    kind, number, ticket, person, proof = found.groups()
    if not constant_time_compare(proof, _proof(f"{kind}{number}.{ticket}.{person}")):
        return None
    return int(ticket), int(person)


def domain() -> str:
    """Of the sender, as identifiers of a mail want one."""
    return parseaddr(house().sender())[1].rpartition("@")[2] or "localhost"


def _proof(facts: str) -> str:
    return salted_hmac(_SALT, facts, algorithm="sha256").hexdigest()[:24]
