"""Whether a machine sent it, and what that means: nothing here is ever answered automatically (RS-066)."""

from __future__ import annotations

import re
from collections.abc import Collection

from polydesk.features.mailboxes.models import Mailbox
from polydesk.features.notifications.house import house
from polydesk.web.sentences import say

from .mail import Mail, Reason

_DAEMONS = frozenset({"mailerdaemon", "postmaster"})
_NOBODY = _DAEMONS | {"noreply", "donotreply"}
_OF_A_LIST = re.compile(
    r"^(?:owner|bounces?|majordomo|listserv|mailman|sympa)(?:$|[-_.+])|(?:^|[-_.+])(?:no-?reply|donotreply|bounces?"
    r"|request|(?:un)?subscribe|owner|listserv|notifications?)$",
    re.IGNORECASE,
)
_SUPPRESSED = frozenset({"all", "oof", "autoreply"})
_IN_BULK = frozenset({"bulk", "list", "junk", "auto_reply"})
_AWAY = re.compile(
    r"(?:re\s*:\s*)?\W*(?:automatic reply|auto[- ]?reply|autoresponse|auto:|out of (?:the )?office|vacation"
    r"|automatische antwort|abwesenheit|автоответ|автоматический ответ|réponse automatique|absence du bureau"
    r"|respuesta automática|fuera de la oficina|risposta automatica|automatisch antwoord|resposta automática"
    r"|odpowiedź automatyczna|automatická odpověď|autosvar|automatiskt svar|automatisk svar)",
    re.IGNORECASE,
)


NONE = Reason("")


def machine(mail: Mail, own: Collection[str]) -> Reason:
    """Why it must not be answered, to be read behind “not answered:”; empty for mail of a person."""
    if _is_own(mail, own):
        return Reason(say("it comes from one of our own mailboxes"))
    submitted = _submitted(mail)
    if submitted is not None and submitted != "no":
        return Reason(say("it was sent automatically (Auto-Submitted: %(value)s)"), value=submitted or "empty")
    if mail.return_path == "<>":
        return Reason(say("it has an empty return path"))
    if mail.is_report:
        return Reason(say("it is a report about a delivery"))
    if (precedence := mail.headers.get("precedence", "").strip().lower()) in _IN_BULK:
        return Reason(say("it was sent in bulk (Precedence: %(value)s)"), value=precedence)
    if lists := next((name for name in mail.headers if name.startswith("list-")), ""):
        return Reason(say("it came over a mailing list (%(header)s)"), header=lists.title())
    if asked := _suppressed(mail):
        return Reason(say("it asks for no automatic answers (X-Auto-Response-Suppress: %(value)s)"), value=asked)
    if _local_part(mail.sender) in _NOBODY:
        return Reason(say("nobody reads at %(address)s"), address=mail.sender)
    return NONE


def own_addresses() -> set[str]:
    """Of all mailboxes, and the one that our mails come from."""
    return {*Mailbox.objects.values_list("address", flat=True), house().sender().rpartition("<")[2].rstrip(">").lower()}


def sort(mail: Mail, own: Collection[str]) -> str:
    """What becomes of a machine's mail: `own` nothing ever, `bounce` and `reply` no ticket, `notice` perhaps one.

    Empty for mail of a person."""
    if _is_own(mail, own):
        return "own"
    if not machine(mail, own):
        return ""
    if mail.is_report or (mail.return_path == "<>" and _local_part(mail.sender) in _DAEMONS):
        return "bounce"
    return "reply" if _is_automatic_reply(mail) else "notice"


def _is_automatic_reply(mail: Mail) -> bool:
    """Exchange calls its vacation replies auto-generated; others send them with an empty return path alone."""
    replied = (_submitted(mail) or "").startswith("auto-replied") or mail.headers.get("precedence") == "auto_reply"
    return replied or bool(_AWAY.match(mail.subject)) or (mail.return_path == "<>" and bool(mail.references))


def _submitted(mail: Mail) -> str | None:
    value = mail.headers.get("auto-submitted")
    return None if value is None else re.split(r"[;(]", value, maxsplit=1)[0].strip().lower()


def _suppressed(mail: Mail) -> str:
    asked = re.split(r"[\s,;]+", mail.headers.get("x-auto-response-suppress", ""))
    return next((word for word in asked if word.lower() in _SUPPRESSED), "")


def _local_part(address: str) -> str:
    return re.sub(r"[-_.]", "", _untagged(address).partition("@")[0])


def _is_own(mail: Mail, own: Collection[str]) -> bool:
    return bool(mail.sender) and _untagged(mail.sender) in {_untagged(address) for address in own}


def is_nobody(address: str, own: Collection[str]) -> bool:
    """One of our own, a machine's, or a list's: never somebody who takes part."""
    if _untagged(address) in {_untagged(one) for one in own} or _local_part(address) in _NOBODY:
        return True
    return bool(_OF_A_LIST.search(_untagged(address).partition("@")[0]))


def _untagged(address: str) -> str:
    """Without the +tag."""
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"
