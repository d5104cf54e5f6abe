"""Mailboxes: the addresses that people write to, what their mail becomes and how it comes in (PL-207, RS-026)."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import msgspec
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from markupsafe import Markup

from polydesk.features.mailboxes import boxes, consent
from polydesk.features.mailboxes.models import Grant, Mailbox
from polydesk.web.sentences import say

from .. import admin, pages, words
from ..auth import administrator
from ..filling import take
from ..shelves import Wrong
from ..shown import Input
from ..vocabulary import Vocabulary

LIMITS = {"address": 254, "name": 80, "host": 253, "login": 254, "password": 1000, "folder": 120, "done_folder": 120}
LIMITS |= {"client_id": 254, "client_secret": 2000, "authorize_url": 500, "token_url": 500, "scope": 500}
SOON = dt.timedelta(days=7)
"""Up to here it is said how long ago something was, then when."""
PENDING = "mailbox_consent"
"""In the session, between here and the provider."""
TICKS = ("is_active", "confirms", "is_tagged")


@require_GET
@administrator
def listing(request: HttpRequest) -> HttpResponse:
    """Every mailbox of the organization and how it does."""
    vocabulary = Vocabulary(request.actor)
    rows = [
        SimpleNamespace(
            url=reverse("desk:admin_mailbox", kwargs={"pk": box.pk}),
            cells=(box.address, box.name, _becomes(box, vocabulary), _way(box), _state(box)),
        )
        for box in boxes.listed(request.actor)[:500]
    ]
    empty = _(
        "A mailbox is an address such as support@example.com: what people write to it becomes tickets, and their "
        "answers go where they belong. Polydesk fetches the mail by IMAP, or your mail server hands it in with "
        "%(command)s."
    )
    values = {
        "title": _("Mailboxes"),
        "heads": (_("Address"), _("Name"), _("Becomes"), _("How mail comes in"), _("State")),
        "rows": rows,
        "hint": _("What people write to these addresses becomes tickets, and their answers go where they belong.")
        if rows
        else "",
        "q": None,
        "older": "",
        "add": reverse("desk:admin_mailbox_new"),
        "add_label": _("New mailbox"),
        "empty": ("mail", Markup(empty) % {"command": Markup("<code>polydesk mail take ADDRESS</code>")}),
    }
    return admin.page(request, "admin_rows", "mailboxes", values)


def _becomes(box: Mailbox, vocabulary: Vocabulary) -> str:
    parts = (box.category and box.category.name, box.team and box.team.name)
    return " · ".join([vocabulary.kind(box.kind), *(part for part in parts if part)])


def _way(box: Mailbox) -> str:
    if box.host:
        return _("fetched from %(machine)s") % {"machine": box.host}
    return _("handed in by the mail server")


def _state(box: Mailbox) -> Markup:
    """A glyph and words; what is wrong is said with since when."""
    if box.is_active and box.error:
        colour, sentence = ("late", _failing(box.failing_since)) if box.failing_since else ("soon", _working(box))
        shape = '<span class="{}">{} {}</span><br><span class="quiet">{}</span>'
        return Markup(shape).format(colour, words.icon("triangle-alert", 14), sentence, words.known(box.error))
    phase = "dropped" if not box.is_active else "new" if box.host and not box.fetched_at else "open"
    return Markup("{} {}").format(words.dot(phase), _working(box))


def _failing(since: dt.datetime) -> Markup:
    if timezone.now() - since > SOON:
        return Markup(_("fetching has failed since %(date)s")) % {"date": words.when(since, short=True)}
    return Markup(_("fetching has failed for %(span)s")) % {"span": _span(since)}


def _working(box: Mailbox) -> str | Markup:
    if not box.is_active:
        return _("paused")
    if not box.host:
        return _("in use")
    if box.fetched_at is None:
        return _("not fetched yet")
    gone = timezone.now() - box.fetched_at
    if gone < dt.timedelta(minutes=1):
        return _("fetched just now")
    if gone > SOON:
        return Markup(_("fetched on %(date)s")) % {"date": words.when(box.fetched_at, short=True)}
    return Markup(_("fetched %(span)s ago")) % {"span": _span(box.fetched_at)}


def _span(since: dt.datetime) -> Markup:
    """How long since, with the moment itself in its title."""
    shape = '<time datetime="{}" title="{}">{}</time>'
    return Markup(shape).format(since.isoformat(), words.exact(since), words.span(timezone.now() - since))


@require_http_methods(["GET", "POST"])
@administrator
def one(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """One mailbox, to be changed or (without a number) to be made."""
    box = boxes.get(pk, by=request.actor) if pk else None
    place, title, state = reverse("desk:admin_mailboxes"), box.address if box else _("New mailbox"), box and _state(box)
    parts = _parts(box, Vocabulary(request.actor), request.POST.get("sign_in", ""))
    errors = take(request, box, lambda: _keep(request, box), back=place)
    if isinstance(errors, HttpResponse):
        return errors
    inputs = [one for part in parts for one in part.inputs]
    facts = {"parts": parts, "back": place, "box": box, "state": state, "grant": _connection(box)}
    return admin.form(request, "mailboxes", title, inputs, errors, template="admin_mailbox", **facts)


@require_POST
@administrator
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """Can its mail be fetched, as it is kept? The answer is a message above the form."""
    problem = boxes.check(boxes.get(pk, by=request.actor), by=request.actor)
    if problem:
        messages.error(request, words.known(problem))
    else:
        messages.info(request, _("The connection works: mail can be fetched."))
    return HttpResponseRedirect(reverse("desk:admin_mailbox", kwargs={"pk": pk}))


@require_GET
@administrator
def connect(request: HttpRequest, pk: int) -> HttpResponse:
    """Off to the provider, with what only this session knows. A page elsewhere cannot begin it."""
    box = boxes.get(pk, by=request.actor)
    here = HttpResponseRedirect(reverse("desk:admin_mailbox", kwargs={"pk": pk}))
    from_here = request.headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none")
    if not from_here or _connection(box) is None:
        return here
    url, pending = consent.begin(box, _return_address())
    request.session[PENDING] = msgspec.to_builtins(pending)
    return HttpResponseRedirect(url)


@require_GET
@administrator
def connected(request: HttpRequest) -> HttpResponse:
    """The provider sends the administrator back, with a code or without; what waited in the session counts once."""
    waiting = request.session.pop(PENDING, None)
    if waiting is None:
        messages.error(request, words.known(consent.TOO_LATE))
        return HttpResponseRedirect(reverse("desk:admin_mailboxes"))
    pending = msgspec.convert(waiting, consent.Pending)
    box = boxes.get(pending.mailbox, by=request.actor)
    given = request.GET
    try:
        consent.finish(box, pending, state=given.get("state", ""), code=given.get("code", ""), by=request.actor)
    except consent.NoToken as trouble:
        messages.error(request, words.known(str(trouble)))
    else:
        messages.info(request, _("Connected. Check the connection to see whether mail can be fetched."))
    return HttpResponseRedirect(reverse("desk:admin_mailbox", kwargs={"pk": box.pk}))


@require_http_methods(["GET", "POST"])
@administrator
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks first: what the mailbox remembers does not come back."""
    box = boxes.get(pk, by=request.actor)
    if request.method == "POST":
        boxes.remove(box, by=request.actor)
        messages.info(request, _("The mailbox is gone."))
        return HttpResponseRedirect(reverse("desk:admin_mailboxes"))
    values = {
        "title": _("Remove %(address)s") % {"address": box.address},
        "lead": _(
            "Nothing is fetched any more, and the messages that came in are forgotten, those in quarantine too. "
            "Tickets stay. To stop for a while, take the tick from “In use” instead."
        ),
        "inputs": [],
        "button": _("Remove the mailbox"),
        "danger": True,
        "action": request.path,
        "cancel": reverse("desk:admin_mailbox", kwargs={"pk": pk}),
    }
    return pages.dialog(request, "small_form", values, here="admin")


def _parts(box: Mailbox | None, vocabulary: Vocabulary, asked: str) -> list[SimpleNamespace]:
    """`asked`: how it is to sign in, as a form says; what belongs to that stands open."""
    row = box or Mailbox()
    return [
        SimpleNamespace(title="", hint="", inputs=_identity(row)),
        SimpleNamespace(title=_("New tickets"), hint="", inputs=_tickets(row, vocabulary)),
        SimpleNamespace(title=_("Answers"), hint="", inputs=_answers(row)),
        SimpleNamespace(title=_("Fetching"), hint=_fetching_hint(row), inputs=_fetching(row)),
        SimpleNamespace(
            title=_("Sign-in by OAuth 2.0"),
            hint=_oauth_hint(),
            inputs=_oauth(box),
            fold=Mailbox.OAUTH not in (row.sign_in, asked),
        ),
    ]


def _identity(row: Mailbox) -> list[Input]:
    hint = _("Such as support@example.com.")
    return [
        Input("address", _("Address"), "email", row.address, required=True, limit=254, hint=hint, autocomplete="off"),
        Input("name", _("Name"), value=row.name, limit=80, hint=_("For yourselves, such as Support.")),
        Input("is_active", _("In use"), "checkbox", row.is_active),
    ]


def _tickets(row: Mailbox, vocabulary: Vocabulary) -> list[Input]:
    kinds = [(key, vocabulary.kind(key)) for key in boxes.KINDS]
    none: list[tuple[Any, str]] = [("", _("None"))]
    categories = {row.category_id: row.category.name} if row.category else {}
    teams = {row.team_id: row.team.name} if row.team else {}
    categories, teams = {**categories, **vocabulary.categories}, {**teams, **vocabulary.teams}
    return [
        Input("kind", _("Kind"), "select", row.kind, list(kinds)),
        Input("category_id", _("Category"), "select", row.category_id or "", [*none, *categories.items()]),
        Input("team_id", _("Team"), "select", row.team_id or "", [*none, *teams.items()]),
    ]


def _answers(row: Mailbox) -> list[Input]:
    copies = _(
        "Whoever takes part follows the ticket and gets the answers. The others wait on the ticket until somebody of "
        "the staff lets them in."
    )
    tagged = _("What goes to support+anything@… arrives too. Then answers find their ticket, and prove their sender.")
    return [
        Input("copies", _("Who is copied takes part"), "select", row.copies, _copies(), hint=copies),
        Input("confirms", _("Tell the sender the ticket's number"), "checkbox", row.confirms),
        Input("is_tagged", _("The mail server takes + addresses"), "checkbox", row.is_tagged, hint=tagged),
    ]


def _copies() -> list[tuple[Any, str]]:
    return [
        (Mailbox.NOBODY, _("Nobody, and no address is kept")),
        (Mailbox.KNOWN, _("People of the same company, and staff")),
        (Mailbox.ANYBODY, _("Anybody: unknown addresses become contacts")),
    ]


def _fetching_hint(row: Mailbox) -> Markup:
    sentence = Markup(_("Without a server nothing is fetched: your mail server hands messages in with %(command)s."))
    return sentence % {"command": Markup("<code>polydesk mail take {}</code>").format(row.address or "ADDRESS")}


def _fetching(row: Mailbox) -> list[Input]:
    kept = bool(row.password)
    done = _("Where fetched messages are moved. Empty: they stay, marked as read.")
    password = Input("password", _("Password"), "password", "", limit=LIMITS["password"], autocomplete="new-password")
    if kept:
        password.placeholder = _("One is kept")
        password.hint = _("It is not shown. Empty leaves it as it is.")
    security = [(key, _("None") if key == Mailbox.PLAIN else name) for key, name in Mailbox.SECURITY]
    return [
        Input("host", _("Server"), value=row.host, limit=253, hint=_("Such as imap.example.com."), autocomplete="off"),
        Input("port", _("Port"), "number", row.port, hint=_("Usually 993, or 143 with STARTTLS.")),
        Input("security", _("Encryption"), "select", row.security, list(security)),
        Input("login", _("Login"), value=row.login, limit=254, autocomplete="off"),
        Input("sign_in", _("How it signs in"), "select", row.sign_in, _sign_ins()),
        password,
        *([Input("forget", _("Forget the password"), "checkbox", False)] if kept else []),
        Input("folder", _("Folder"), value=row.folder, limit=120, hint=_("Usually INBOX.")),
        Input("done_folder", _("Folder for what was fetched"), value=row.done_folder, limit=120, hint=done),
    ]


def _connection(box: Mailbox | None) -> SimpleNamespace | None:
    """Whether a mailbox that signs in by OAuth is connected, and where that is done."""
    grant = getattr(box, "grant", None) if box and box.sign_in == Mailbox.OAUTH else None
    if box is None or grant is None:
        return None
    if grant.is_refused or not grant.tokens:
        said, phase = consent.CONNECT_AGAIN if grant.is_refused else consent.NOT_CONNECTED, "waiting"
    else:
        said, phase = say("It is connected."), "open"
    url = reverse("desk:admin_mailbox_connection", kwargs={"pk": box.pk})
    button = _("Connect it again") if grant.tokens else _("Connect it")
    return SimpleNamespace(said=words.known(said), phase=phase, url=url, button=button)


def _sign_ins() -> list[tuple[Any, str]]:
    return [(Mailbox.PASSWORD, _("By password")), (Mailbox.OAUTH, _("By OAuth 2.0 (Microsoft 365, Google …)"))]


def _oauth_hint() -> Markup:
    sentence = Markup(
        _(
            "Only for a mailbox that signs in so. Register an application with the provider, allow it the return "
            "address %(address)s, keep what you were given here, and then connect the mailbox."
        )
    )
    return sentence % {"address": Markup("<code>{}</code>").format(_return_address())}


def _return_address() -> str:
    return f"{settings.POLYDESK_BASE_URL}{reverse('desk:admin_mailbox_connected')}"


def _oauth(box: Mailbox | None) -> list[Input]:
    grant = (getattr(box, "grant", None) if box else None) or Grant(provider="microsoft")
    providers: list[tuple[Any, str]] = [(key, _(one.name)) for key, one in consent.PROVIDERS.items()]
    secret = Input("client_secret", _("Application secret"), "password", "", limit=2000, autocomplete="new-password")
    if grant.client_secret:
        secret.placeholder, secret.hint = _("One is kept"), _("It is not shown. Empty leaves it as it is.")
    own = _("Empty: the provider's own.")
    return [
        Input("provider", _("Provider"), "select", grant.provider, providers),
        Input("client_id", _("Application id"), value=grant.client_id, limit=254, autocomplete="off"),
        secret,
        Input("authorize_url", _("Address that asks for consent"), "url", grant.authorize_url, limit=500, hint=own),
        Input("token_url", _("Address that gives tokens"), "url", grant.token_url, limit=500, hint=own),
        Input("scope", _("Scope"), value=grant.scope, limit=500, hint=own),
    ]


def _application(posted: QueryDict) -> boxes.Application:
    return boxes.Application(
        {name: posted[name] for name in consent.FACTS if name in posted}, posted.get("client_secret") or None
    )


def _keep(request: HttpRequest, box: Mailbox | None) -> None:
    posted = request.POST
    too_long = {
        name: [_("At most %(n)d characters.") % {"n": limit}]
        for name, limit in LIMITS.items()
        if len(posted.get(name, "")) > limit
    }
    if too_long:
        raise Wrong(too_long)
    facts = {name: posted.get(name, "") for name in LIMITS if name in boxes.CHANGEABLE}
    facts |= {name: posted.get(name) == "on" for name in TICKS}
    facts |= {name: _number(posted, name) for name in ("category_id", "team_id")}
    facts |= {
        "kind": posted.get("kind", ""),
        "copies": posted.get("copies", Mailbox.KNOWN),
        "sign_in": posted.get("sign_in", Mailbox.PASSWORD),
        "security": posted.get("security", ""),
        "port": _number(posted, "port") or 0,
    }
    password = posted.get("password", "")
    if box is None:
        boxes.create(by=request.actor, password=password, grant=_application(posted), **facts)
    else:
        kept = None if not password and posted.get("forget") != "on" else password
        boxes.change(box, by=request.actor, password=kept, grant=_application(posted), **facts)


def _number(posted: QueryDict, name: str) -> int | None:
    """None for nothing, and a number that nothing has for what is none."""
    text = posted.get(name, "").strip()
    if not text:
        return None
    return int(text) if text.isdecimal() and len(text) < 19 else -1
