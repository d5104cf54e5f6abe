"""Messages that come in: take one from a mail server, fetch now, list the mailboxes, try what one would become."""

import argparse
import os
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.utils import timezone

from polydesk.channels.email import fetching, rehearsing
from polydesk.features.mailboxes import boxes, taking
from polydesk.features.mailboxes.models import Mailbox, Message
from polydesk.server.config import ConfigError
from polydesk.server.progress import Progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True)

    piped = verbs.add_parser("take", help="keep the message on standard input, for mail servers that pipe messages")
    piped.add_argument("address", metavar="ADDRESS", help="whom it came to; a +tag may stand before the @")

    now = verbs.add_parser("fetch", help="fetch from the mail servers now")
    now.add_argument("address", nargs="?", metavar="ADDRESS", help="of this mailbox alone")

    trial = verbs.add_parser("try", help="show what a message would become; nothing of it is kept")
    trial.add_argument("address", metavar="ADDRESS", help="whom it came to")
    trial.add_argument("file", metavar="FILE", help="the message as a file (.eml), or - for standard input")

    verbs.add_parser("list", help="show all mailboxes and how they do")


def run(options: argparse.Namespace) -> int:
    if options.verb == "take":
        return take(options.address)
    if options.verb == "try":
        return rehearse(options.address, options.file)
    return fetch(options.address) if options.verb == "fetch" else show()


def take(address: str) -> int:
    """Ends with 0 only when the message is kept (RS-065); the other statuses are those of sysexits.h, as mail servers
    read them. What is raised here is 75 there: try again later (`cli.main`)."""
    mailbox = _of(address)
    if mailbox is None:
        print(f"polydesk: nobody takes mail for {address}", file=sys.stderr)
        return os.EX_NOUSER
    # What does not fit is cut, as `taking` cuts it: the sender is not asked to come again in vain.
    raw = sys.stdin.buffer.read(taking.LARGEST + 1)
    if not raw.strip():
        print("polydesk: the message is empty", file=sys.stderr)
        return os.EX_DATAERR
    if len(raw) > taking.LARGEST:
        while sys.stdin.buffer.read(1024 * 1024):
            continue
    message, is_new = taking.take(mailbox, raw)
    print(_said(message, is_new))
    return 0


def _of(address: str) -> Mailbox | None:
    local, _, domain = address.strip().lower().rpartition("@")
    found = {box.address: box for box in Mailbox.objects.filter(address__in=_spellings(local, domain), is_active=True)}
    return next((found[name] for name in _spellings(local, domain) if name in found), None)


def _spellings(local: str, domain: str) -> list[str]:
    return [f"{local}@{domain}", f"{local.partition('+')[0]}@{domain}"]


def rehearse(address: str, name: str) -> int:
    """The very code that takes mail in, taken back."""
    mailbox = _of(address)
    if mailbox is None:
        raise ConfigError(f"nobody takes mail for {address} (polydesk mail list)")
    if name == "-":
        raw = sys.stdin.buffer.read(taking.LARGEST + 1)
    else:
        try:
            raw = Path(name).read_bytes()
        except OSError as error:
            raise ConfigError(f"{name} cannot be read: {error.strerror}") from error
    for label, value in _lines(rehearsing.rehearse(mailbox, raw)):
        print(f"{label:10} {value}")
    return 0


def _lines(found: rehearsing.Outcome) -> Iterator[tuple[str, str]]:
    mail = found.mail
    if mail is not None:
        yield "from", f"{mail.sender_name} <{mail.sender}>".strip()
        yield "subject", mail.subject
        yield "answers", ", ".join(mail.references) or "nothing"
        yield from (("file", f"{file.name}, {len(file.content)} bytes") for file in mail.files)
        yield from (("odd", problem) for problem in mail.problems)
    yield "becomes", _becomes(found)
    if found.why:
        yield "because", found.why
    if found.verdict == Message.TAKEN:
        yield "title", found.title
        yield "customer", found.requester
        yield from (("text", line) for line in found.text.splitlines()[:20])
        yield "copies", ", ".join(found.joining) or "nobody"
        yield from (("waits", address) for address in found.waiting)
        yield from (("left out", address) for address in found.left_out)
        yield "answer", "its sender is told the number" if found.is_confirmed else "none"


def _becomes(found: rehearsing.Outcome) -> str:
    if found.verdict == Message.TAKEN:
        entry = "a note for staff" if found.internal else "an entry"
        return f"{entry} on #{found.number}" if found.number else f"a new {found.kind}"
    return {Message.ASIDE: "nothing: it is set aside"}.get(found.verdict, "nothing: it is held in quarantine")


def fetch(address: str | None) -> int:
    mailboxes = boxes.fetched()
    if address:
        mailboxes = mailboxes.filter(address=address.lower())
        if not mailboxes.exists():
            raise ConfigError(f"no mailbox {address} is fetched from a mail server (polydesk mail list)")
    failures = 0
    for pk in mailboxes.values_list("pk", flat=True):
        failures += _fetch_all_of(Mailbox.objects.get(pk=pk))
    return 1 if failures else 0


def _fetch_all_of(mailbox: Mailbox) -> bool:
    """Whether it failed. The worker may fetch the same mailbox meanwhile: each message is kept once."""
    with Progress(f"fetching {mailbox.address}") as progress:
        new = known = 0

        def told(message: Message, is_new: bool) -> None:
            nonlocal new, known
            new, known = new + is_new, known + (not is_new)
            progress.step()

        while True:
            this = fetching.Round(mailbox, told=told)
            this.run()
            if this.error or this.stumbled or not this.is_unfinished:
                break
            mailbox.refresh_from_db()
    print(f"{mailbox.address}: {new} new, {known} known" + (f". {this.error}" if this.error else ""))
    return bool(this.error)


def show() -> int:
    for box in Mailbox.objects.select_related("organization"):
        print(f"{box.address:32} {box.organization.key:16} {_state(box)}")
    return 0


def _state(box: Mailbox) -> str:
    if not box.is_active:
        return "switched off"
    if not box.host:
        return "handed in"
    place = f"{box.host}:{box.port}"
    if box.failing_since:
        return f"{place} fails since {_moment(box.failing_since)}: {box.error}"
    last = f"fetched {_moment(box.fetched_at)}" if box.fetched_at else "not fetched yet"
    return f"{place} {last} {box.error}".rstrip()


def _moment(at: datetime) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M")


def _said(message: Message, is_new: bool) -> str:
    return f"kept as {message.pk}" if is_new else f"known as {message.pk}"
