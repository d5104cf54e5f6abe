"""What administrators do with mailboxes. Faces call these."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from polydesk.directory import audit
from polydesk.directory.actors import Actor
from polydesk.directory.models import Team
from polydesk.tickets import kinds
from polydesk.tickets.models import Category
from polydesk.tickets.refusals import Denied, Missing, Refusal, Refused, refuse
from polydesk.web import sealing
from polydesk.web.sentences import say

from . import consent
from .models import Grant, Mailbox

PURPOSE = "mailbox.password"
CHANGEABLE = frozenset(
    {
        "address",
        "name",
        "is_active",
        "kind",
        "category_id",
        "team_id",
        "confirms",
        "is_tagged",
        "copies",
        "host",
        "port",
        "security",
        "sign_in",
        "login",
        "folder",
        "done_folder",
    }
)


class Application(NamedTuple):
    """As what a mailbox signs in by OAuth: `facts` are of consent.FACTS; a secret that is not given stays."""

    facts: dict[str, str]
    secret: str | None


KINDS = ("request", "incident", "problem", "change")
"""What a message may become."""
FETCH = "email.fetch"
"""The job that fetches one mailbox; the channel handles it."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HOST = re.compile(r"[A-Za-z0-9._:-]{1,253}")


def listed(by: Actor) -> QuerySet[Mailbox]:
    """Those of the organization, by address. For administrators."""
    _need_admin(by)
    return Mailbox.objects.filter(organization_id=by.organization_id).select_related("category", "team")


def fetched() -> QuerySet[Mailbox]:
    """All that are fetched from a mail server, of every organization: for the worker and the commands."""
    return Mailbox.objects.filter(is_active=True).exclude(host="")


def get(mailbox_id: int, *, by: Actor) -> Mailbox:
    """One of `listed`, or Missing."""
    found = listed(by).filter(pk=mailbox_id).first() if 0 < mailbox_id < 2**63 else None
    if found is None:
        raise Missing
    return found


def create(*, by: Actor, address: str, password: str = "", grant: Application | None = None, **facts: Any) -> Mailbox:
    """A new mailbox; `facts` are of CHANGEABLE. Refused with all that is wrong, by field."""
    _need_admin(by)
    mailbox = Mailbox(organization_id=by.organization_id)
    return _keep(mailbox, by, {"address": address, **facts}, password, grant)


def change(
    mailbox: Mailbox, *, by: Actor, password: str | None = None, grant: Application | None = None, **facts: Any
) -> Mailbox:
    """Change facts of CHANGEABLE; a password that is not given stays. Another place to fetch from begins anew."""
    get(mailbox.pk, by=by)
    return _keep(mailbox, by, facts, password, grant)


def remove(mailbox: Mailbox, *, by: Actor) -> None:
    """The mailbox and what it remembers of its messages; tickets stay."""
    get(mailbox.pk, by=by)
    with transaction.atomic():
        _tell("mailbox.removed", mailbox, by)
        mailbox.delete()


_looks: list[Callable[[Mailbox], str]] = []


def check_with(look: Callable[[Mailbox], str]) -> None:
    """Have `look` try to come in; it says what hinders that, or nothing."""
    if look not in _looks:
        _looks.append(look)


def check(mailbox: Mailbox, *, by: Actor) -> str:
    """Whether mail can be fetched now: empty, or what hinders it, for people. Asks the network: in no transaction."""
    found = get(mailbox.pk, by=by)
    return next((said for look in _looks if (said := look(found))), "")


def password_of(mailbox: Mailbox) -> str:
    """The password again; empty when it was sealed with a key that is gone."""
    try:
        return sealing.unseal(mailbox.password, PURPOSE) if mailbox.password else ""
    except sealing.Unreadable:
        return ""


def _keep(
    mailbox: Mailbox, by: Actor, facts: dict[str, Any], password: str | None, application: Application | None
) -> Mailbox:
    assert set(facts) <= CHANGEABLE, facts
    is_new = mailbox.pk is None
    place = (mailbox.host, mailbox.port, mailbox.login, mailbox.folder)
    for name, value in facts.items():
        setattr(mailbox, name, value.strip() if isinstance(value, str) else value)
    mailbox.address = mailbox.address.lower()
    grant = _grant(mailbox, application)
    if grant is not None and not mailbox.host:
        mailbox.host = consent.PROVIDERS[grant.provider].host if grant.provider in consent.PROVIDERS else ""
    wrong = [*_wrong(mailbox), *(consent.wrong(grant) if grant else ())]
    if wrong:
        raise Refused(wrong)
    if password is not None:
        mailbox.password = sealing.seal(password, PURPOSE) if password else ""
    if not is_new and place != (mailbox.host, mailbox.port, mailbox.login, mailbox.folder):
        mailbox.uid_validity = mailbox.last_uid = 0
    mailbox.error, mailbox.failing_since = "", None
    mailbox.version += not is_new
    try:
        with transaction.atomic():
            mailbox.save()
            if grant is not None:
                grant.mailbox = mailbox
                grant.save()
            _tell("mailbox.created" if is_new else "mailbox.changed", mailbox, by)
    except IntegrityError as error:
        raise refuse("taken", "address", say("Another mailbox has this address.")) from error
    return mailbox


def _grant(mailbox: Mailbox, application: Application | None) -> Grant | None:
    """What a mailbox that signs in by OAuth needs; what is not given stays."""
    if mailbox.sign_in != Mailbox.OAUTH:
        return None
    application = application or Application({}, None)
    grant = consent.drafted(mailbox, application.facts, application.secret)
    if mailbox.pk and Mailbox.objects.filter(pk=mailbox.pk).exclude(login=mailbox.login).exists():
        grant.tokens = ""  # granted for another account
    return grant


def _wrong(mailbox: Mailbox) -> Any:
    """Everything that is wrong, by field."""
    try:
        validate_email(mailbox.address)
    except ValidationError:
        yield Refusal("invalid", "address", say("This is no address of mail."))
    for name in ("name", "login", "folder", "done_folder"):
        if _CONTROL.search(getattr(mailbox, name)):
            yield Refusal("invalid", name, say("No control characters, please."))
    if mailbox.kind not in KINDS or mailbox.kind not in kinds.KINDS:
        yield Refusal("unknown", "kind", say("There is no kind “%(value)s”", value=mailbox.kind))
    here = {"organization_id": mailbox.organization_id}
    if mailbox.category_id and not Category.objects.filter(pk=mailbox.category_id, **here).exists():
        yield Refusal("unknown", "category_id", say("There is no such category."))
    if mailbox.team_id and not Team.objects.filter(pk=mailbox.team_id, is_active=True, **here).exists():
        yield Refusal("unknown", "team_id", say("There is no such team."))
    if mailbox.host and not _HOST.fullmatch(mailbox.host):
        yield Refusal("invalid", "host", say("The name of a machine, such as imap.example.com."))
    if mailbox.host and not mailbox.login:
        yield Refusal("required", "login", say("Needed to fetch mail."))
    if not 0 < mailbox.port < 65_536:
        yield Refusal("invalid", "port", say("A number from 1 to 65535."))
    if mailbox.sign_in not in dict(Mailbox.SIGN_IN):
        yield Refusal("unknown", "sign_in", say("One of %(names)s.", names=", ".join(dict(Mailbox.SIGN_IN))))
    if mailbox.security not in dict(Mailbox.SECURITY):
        yield Refusal("unknown", "security", say("One of %(names)s.", names=", ".join(dict(Mailbox.SECURITY))))
    if mailbox.copies not in dict(Mailbox.COPIES):
        yield Refusal("unknown", "copies", say("One of %(names)s.", names=", ".join(dict(Mailbox.COPIES))))
    if not mailbox.folder:
        yield Refusal("required", "folder", say("Usually INBOX."))


def _tell(verb: str, mailbox: Mailbox, by: Actor) -> None:
    audit.record(
        verb,
        organization_id=mailbox.organization_id,
        actor_id=by.person_id,
        subject=mailbox.address,
        mailbox=mailbox.pk,
        host=mailbox.host,
    )


def _need_admin(by: Actor) -> None:
    if not by.is_admin or by.read_only:
        raise Denied(say("Mailboxes are kept by administrators."))
