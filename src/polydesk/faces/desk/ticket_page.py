"""Everything a ticket's page shows, gathered with a fixed number of statements (PL-202, PL-304)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from markupsafe import Markup

from polydesk.directory.actors import Actor
from polydesk.directory.models import Person
from polydesk.features import sla
from polydesk.features.approvals.models import Approver
from polydesk.features.checklists.models import Item
from polydesk.features.mailboxes import copied
from polydesk.features.replies import finding
from polydesk.features.sla.models import Clock
from polydesk.features.vault.models import Use
from polydesk.tickets import access, kinds, queries
from polydesk.tickets.models import Attachment, Comment, Relation, Ticket
from polydesk.tickets.statements import Reading, one_id
from polydesk.tickets.statements.visible import Condition
from polydesk.web import markdown
from polydesk.web.compiled import Compiled
from polydesk.web.pages import url as address

from . import fields, history, lists, there, words
from .alike import alike
from .models import Draft, Held, Seen
from .shown import Change, Due, Entry, File, Input, Unsent
from .there import There
from .vocabulary import Vocabulary

# What is shown at once; the rest of a long ticket is one click away.
ENTRIES = 60
EVENTS = 200


@dataclass(slots=True)
class Shown:
    """The ticket as its templates read it."""

    number: int
    version: int
    url: str
    title: str
    kind: str
    phase: str
    level: int
    opened: str
    is_open: bool
    may_write: bool
    newest: int
    timeline: list[Entry | Change]
    props: list[Input]
    more_props: list[Input]
    sections: list[SimpleNamespace]
    has: There
    actions: list[tuple[str, str, str]] = field(default_factory=list)
    merged_into: SimpleNamespace | None = None
    earlier: str = ""
    more_open: bool = False
    due: Due | None = None
    due_label: str = ""
    clock: str = ""
    """Where the service level's working stands, for tickets that have one."""
    held: list[Unsent] = field(default_factory=list)


def load(actor: Actor, number: int) -> Ticket:
    """The ticket with the people its page names; a merged one is shown under its own number."""
    found = _TICKET(number) if one_id(actor, number) else []
    if not found:
        raise queries.Missing
    return found[0]


_TICKET = Compiled(
    lambda number: Ticket.objects.select_related("requester", "creator", "assignee", "company").filter(pk=number)
)


def gather(request: HttpRequest, ticket: Ticket, vocabulary: Vocabulary, *, whole: bool = False) -> Shown:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    has = there.of(ticket, actor.person_id)
    entries = _entries(actor, ticket, whole)
    events = queries.latest_events(actor, ticket, EVENTS)
    names = history.Names(events, vocabulary, [c.author_id for c in entries if c.author_id])
    hidden = len(entries) > ENTRIES and not whole
    entries = entries[-ENTRIES:] if hidden else entries
    timeline: list[Entry | Change] = _messages(actor, ticket, entries, names, has)  # type: ignore[assignment]
    changes = history.changes(events, names)
    running = sla.clocks([ticket]).get(ticket.pk) if has.clock else None
    changes += _marks(running) if running else []
    if hidden:
        changes = [c for c in changes if c.at >= timeline[0].at]
    timeline = sorted([*timeline, *changes], key=lambda one: one.at)
    url = address("desk:ticket", number=ticket.pk)
    now = timezone.now()
    clock = lists.due(ticket.due_at, ticket.created_at, ticket.phase, ticket.closed_at, now, running)
    return Shown(
        number=ticket.pk,
        version=ticket.version,
        url=url,
        title=ticket.title or _("(no title)"),
        kind=vocabulary.kind(ticket.kind),
        phase=ticket.phase,
        level=ticket.priority_level or 0,
        opened=_opened(ticket),
        is_open=ticket.is_open,
        may_write=bool(access.may(actor, "triage", kind=ticket.kind, ticket=ticket)),
        newest=max((c.pk for c in entries), default=0),
        timeline=timeline,
        props=[fields.shown(p, vocabulary, ticket) for p in fields.PROPERTIES],
        more_props=_more(ticket, vocabulary, has),
        sections=_sections(actor, ticket, url, has),
        actions=_actions(url, ticket),
        merged_into=_merged(ticket),
        earlier=f"{url}?whole=1" if hidden else "",
        due=clock,
        held=_held(actor, ticket) if has.held else [],
        due_label=_("Time left") if ticket.is_open else _("Deadline"),
        clock=f"{url}/clock" if running else "",
        has=has,
    )


def _held(actor: Actor, ticket: Ticket) -> list[Unsent]:
    """The reader's own replies that are not sent yet, or could not be."""
    rows = Held.objects.filter(person_id=actor.person_id, ticket=ticket).order_by("pk")
    return [
        Unsent(r.pk, prose(r.text, "markdown", {}, f"h{r.pk}"), [f["name"] for f in r.files], r.failed) for r in rows
    ]


def _marks(clock: Clock) -> list[Change]:
    """When the service level's targets were reached; that one was missed is an event of its own."""
    said = {
        "response": (_("First response in time"), _("First response too late")),
        "plan": (_("Planned in time"), _("Planned too late")),
        "resolution": (_("Resolved in time"), _("Resolved too late")),
    }
    return [
        Change(
            -place,
            said[which][not clock.met_of(which)],
            at,
            why=_("service level %(name)s") % {"name": clock.policy.name},
        )
        for place, which in enumerate(sla.WHICH, start=1)
        if clock.due_of(which) and (at := clock.at_of(which)) and clock.met_of(which) is not None
    ]


def _entries(actor: Actor, ticket: Ticket, whole: bool) -> list[Comment]:
    return queries.latest_comments(actor, ticket, 5000 if whole else ENTRIES + 1)


def _messages(actor: Actor, ticket: Ticket, entries: list[Comment], names: history.Names, has: There) -> list[Entry]:
    files = defaultdict(list)
    for row in queries.attachments(actor, ticket) if has.attachments else ():
        files[row.comment_id].append(_file(row))
    opening = next((c.pk for c in entries if c.type == "opening"), None)
    if files[None] and opening:
        files[opening] += files.pop(None)
    secrets: defaultdict[int | None, list[tuple[str, str]]] = defaultdict(list)
    uses = Use.objects.filter(ticket=ticket).select_related("secret").order_by("pk")
    for use in uses if has.secrets else ():
        where = reverse("desk:secret", kwargs={"number": ticket.pk, "pk": use.secret_id})
        secrets[use.comment_id].append((use.secret.title, where))
    references = _references(actor, [queries.text_of(c, ticket) for c in entries])
    labels = {
        "solution": _("solution"),
        "task": _("task"),
        "notification": _("notification"),
        "automation": _("automation"),
    }
    actions = _entry_actions(actor, ticket)
    return [
        Entry(
            id=c.pk,
            author=names.person(c.author_id),
            at=c.sent_at,
            html=prose(queries.text_of(c, ticket), queries.format_of(c, ticket), references, f"c{c.pk}"),
            internal=c.internal,
            side=c.side,
            label=labels.get(c.type, ""),
            edited=c.edited_at is not None,
            by_mail=c.via == "email",
            unverified=copied.is_unverified(c),
            files=tuple(files[c.pk]),
            secrets=tuple(secrets[c.pk]),
            actions=actions(c),
        )
        for c in entries
    ]


def prose(text: str, format: str, references: dict[str, markdown.Reference], anchors: str) -> Markup:
    """Safe HTML, the reader's own tickets linked."""
    shape = "plain" if format == "plain" else "markdown"
    return Markup(markdown.render(text, shape, references=lambda found: references, anchors=anchors))


def _references(actor: Actor, texts: list[str]) -> dict[str, markdown.Reference]:
    """The tickets that the texts name and the reader may see; one statement, none when no text names one."""
    numbers = {int(w[1:]) for t in texts if "#" in t for w in markdown.find_references(t) if w.startswith("#")}
    found = queries.visible_to(actor).filter(pk__in=sorted(numbers)[:200]).values_list("pk", "title", "phase")
    return {
        f"#{pk}": markdown.Reference(address("desk:ticket", number=pk), title, phase)
        for pk, title, phase in (found if numbers else ())
    }


def _entry_actions(actor: Actor, ticket: Ticket) -> Callable[[Comment], tuple[tuple[str, str, str], ...]]:
    """What may be done with each entry of the ticket."""
    url = address("desk:ticket", number=ticket.pk)
    text, edit, split = _("Edit the text"), _("Edit"), _("Split into a new ticket")
    mail = _("The mail as it came") if queries.reads_internal(actor, ticket) else ""
    edits_all = "change:comment" in actor.rights or actor.is_superuser

    def actions(entry: Comment) -> tuple[tuple[str, str, str], ...]:
        is_opening = entry.type == "opening"
        came = f"{url}/mail/{'opening' if is_opening else entry.pk}"
        original = ((mail, came, "mail"),) if mail and entry.via == "email" else ()
        if is_opening:
            return ((text, f"{url}/text", "pencil"), *original)
        splitting = (split, f"{url}/split?entry={entry.pk}", "split")
        if edits_all or entry.author_id == actor.person_id:
            return ((edit, f"{url}/comments/{entry.pk}", "pencil"), splitting, *original)
        return (splitting, *original)

    return actions


def _file(row: Attachment) -> File:
    return File(row.name, row.url if row.type != "file" else reverse("desk:file", kwargs={"uuid": row.uuid}), row.size)


def _opened(ticket: Ticket) -> str:
    who = ticket.requester or ticket.creator
    values = {
        "name": who.name if who else _("somebody"),
        "when": words.moment(ticket.created_at),
        "channel": words.within(_(kinds.CHANNELS.get(ticket.channel, ""))),
    }
    if ticket.channel in ("", "other", "agent"):
        return _("Opened by %(name)s, %(when)s") % values
    return _("Opened by %(name)s, %(when)s, through %(channel)s") % values


def _more(ticket: Ticket, vocabulary: Vocabulary, has: There) -> list[Input]:
    unoffered = kinds.KINDS[ticket.kind].unoffered_fields
    shown = [fields.shown(p, vocabulary, ticket) for p in fields.MORE if p.target not in unoffered]
    declared = vocabulary.custom_fields if has.custom else []
    custom = [f for f in declared if not f.kinds or ticket.kind in f.kinds]
    return shown + [fields.custom_shown(f, ticket) for f in custom]


def _merged(ticket: Ticket) -> SimpleNamespace | None:
    target = ticket.merged_into
    if target is None:
        return None
    return SimpleNamespace(number=target.pk, title=target.title, url=address("desk:ticket", number=target.pk))


def _actions(url: str, ticket: Ticket) -> list[tuple[str, str, str]]:
    return [
        (_("Apply a macro"), f"{url}/macros", "wand-sparkles"),
        (_("Edit title and text"), f"{url}/text", "pencil"),
        (_("Merge into another"), f"{url}/merge", "merge"),
        (_("Link a ticket"), f"{url}/links", "link"),
        (_("Book time"), f"{url}/time", "timer"),
        (_("Keep a secret"), f"{url}/secrets", "key-round"),
        (_("Delete"), f"{url}/removal", "trash-2"),
    ]


def _sections(actor: Actor, ticket: Ticket, url: str, has: There) -> list[SimpleNamespace]:
    sections = (
        _customer(actor, ticket),
        _copies(ticket, url),
        _checklist(ticket, url, has),
        _approvals(actor, ticket, url, has),
        _links(actor, ticket, url, has),
        _similar(actor, ticket),
    )
    return [s for s in sections if s]


def _copies(ticket: Ticket, url: str) -> SimpleNamespace:
    """Who else gets the answers, and whom mails copied without their taking part. One statement where somebody does."""
    people = Person.objects.filter(pk__in=ticket.watchers).order_by("name") if ticket.watchers else ()
    return SimpleNamespace(
        title=_("Copies"),
        lead="",
        under="",
        rows=[],
        add=f"{url}/copies",
        add_label=_("Add a copy"),
        empty="",
        copies=[SimpleNamespace(pk=p.pk, name=p.name, title=p.email or p.name) for p in people],
        waiting=copied.waiting(ticket),
        decide=f"{url}/copies/decision",
    )


def _checklist(ticket: Ticket, url: str, has: There) -> SimpleNamespace:
    items = Item.objects.filter(ticket=ticket)[:200] if has.checklist else ()
    return SimpleNamespace(
        title=_("Checklist"),
        lead="",
        under="",
        rows=[],
        add=f"{url}/checklist",
        add_label=_("Add an item"),
        empty="",
        items=[SimpleNamespace(name=i.name, done=i.is_done, url=f"{url}/checklist/{i.pk}") for i in items],
    )


def _approvals(actor: Actor, ticket: Ticket, url: str, has: There) -> SimpleNamespace | None:
    """Who is asked about a change, what they said, and the reader's own vote."""
    if ticket.kind != "change":
        return None
    rows = list(Approver.objects.filter(ticket=ticket).select_related("person")[:50]) if has.approvers else []
    states = {None: (_("asked"), "waiting"), True: (_("approved"), "open"), False: (_("rejected"), "dropped")}
    asked = [
        SimpleNamespace(name=r.person.name, word=states[r.approved][0], phase=states[r.approved][1], note=r.note)
        for r in rows
    ]
    mine = next((r for r in rows if r.person_id == actor.person_id and r.approved is None), None)
    return SimpleNamespace(
        title=_("Approvals"),
        lead="",
        under="",
        rows=[],
        add=f"{url}/approvals",
        add_label=_("Ask somebody"),
        empty="" if rows else _("Nobody is asked yet."),
        approvers=asked,
        vote=f"{url}/approvals/{mine.pk}" if mine else "",
    )


def _customer(actor: Actor, ticket: Ticket) -> SimpleNamespace | None:
    person = ticket.requester
    if person is None:
        return None
    others = Condition("t.requester_id = %s AND t.id <> %s", (person.pk, ticket.pk))
    rows = [found.row for found in _TITLES.page(actor, conditions=[others], limit=5)]
    open_ones = sum(phase in kinds.OPEN_PHASES for _pk, _title, phase in rows)
    under = [p for p in (ticket.company.name if ticket.company else "", person.email, person.phone) if p]
    if open_ones:
        under.append(_("%(count)s more open") % {"count": open_ones})
    return SimpleNamespace(
        title=_("Customer"), lead=person.name, under=" · ".join(under), rows=[_related(*row) for row in rows], empty=""
    )


def _links(actor: Actor, ticket: Ticket, url: str, has: There) -> SimpleNamespace:
    relations = list(Relation.objects.filter(Q(source=ticket) | Q(target=ticket))) if has.relations else []
    named = (_family(ticket) if has.family else set()) | {
        r.target_id if r.source_id == ticket.pk else r.source_id for r in relations
    }
    named |= {i for i in (ticket.parent_id, ticket.problem_id, ticket.split_from_id) if i}
    near = queries.visible_to(actor).filter(pk__in=sorted(named)[:200]).values(*_NEAR)[:100]
    found = {other["id"]: other for other in (near if named else ())}
    rows = []
    for relation in relations:
        out = relation.source_id == ticket.pk
        other = found.get(relation.target_id if out else relation.source_id)
        if other:
            remove = f"{url}/links/{relation.pk}/removal"
            rows.append(_related(other["id"], other["title"], other["phase"], _relation(relation.type, out), remove))
    for other in found.values():
        if kin := _kin(ticket, other):
            rows.append(_related(other["id"], other["title"], other["phase"], kin))
    return SimpleNamespace(
        title=_("Links"),
        lead="",
        under="",
        rows=rows,
        add=f"{url}/links",
        add_label=_("Link a ticket"),
        empty=_("Linked to nothing yet."),
    )


_NEAR = ("id", "title", "phase", "parent_id", "problem_id", "merged_into_id", "split_from_id")


def _family(ticket: Ticket) -> set[int]:
    """Who points at this ticket, each way by its own index: an OR over the four would read the whole table."""
    parts, incidents, merged, split = (
        Ticket.objects.filter(**{name: ticket}).order_by().values_list("pk", flat=True)
        for name in ("parent", "problem", "merged_into", "split_from")
    )
    return set(parts.union(incidents, merged, split)[:100])


def _relation(type: str, out: bool) -> str:
    there = {
        "related": _("related"),
        "blocks": _("blocks"),
        "blocked_by": _("blocked by"),
        "change": _("for change"),
        "duplicate": _("duplicate of"),
    }
    back = {
        "blocks": _("blocked by"),
        "blocked_by": _("blocks"),
        "change": _("caused by"),
        "duplicate": _("has duplicate"),
    }
    return there.get(type, type) if out else back.get(type, there.get(type, type))


def _kin(ticket: Ticket, other: dict[str, Any]) -> str:
    if other["id"] == ticket.parent_id:
        return _("part of")
    if other["id"] == ticket.problem_id:
        return _("problem")
    if other["id"] == ticket.split_from_id:
        return _("split from")
    for column, name in (
        ("parent_id", _("part")),
        ("problem_id", _("incident")),
        ("merged_into_id", _("merged")),
        ("split_from_id", _("split off")),
    ):
        if other[column] == ticket.pk:
            return name
    return ""


def _similar(actor: Actor, ticket: Ticket) -> SimpleNamespace | None:
    rows = [_related(*row) for row in alike(actor, ticket)]
    return SimpleNamespace(title=_("Similar"), lead="", under="", rows=rows, empty="") if rows else None


_TITLES = Reading(("id", "title", "phase"))


def _related(pk: int, title: str, phase: str, type: str = "", remove: str = "") -> SimpleNamespace:
    url = address("desk:ticket", number=pk)
    return SimpleNamespace(number=pk, title=title, url=url, phase=phase, status=_(phase), type=type, remove=remove)


def composer(
    request: HttpRequest, ticket: Ticket, vocabulary: Vocabulary, *, drafted: bool = True, **typed: Any
) -> SimpleNamespace | None:
    """The place to answer, filled with what was typed, else with the draft that the desk keeps."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if ticket.merged_into_id or not access.may(actor, "comment", kind=ticket.kind, ticket=ticket):
        return None
    draft = Draft.objects.filter(person_id=actor.person_id, ticket=ticket).first() if drafted else None
    requester = ticket.requester
    name = requester.name if requester else ""
    offered = [(k, n, vocabulary.statuses[k].phase) for k, n in vocabulary.offered_statuses(ticket.kind, ticket.status)]
    then = "waiting_customer" if ticket.is_open and requester and requester.pk != actor.person_id else ""
    to = requester.email if requester and requester.email else name
    if picked := _picked(request, ticket):
        text = typed.get("text", draft.text if draft else "")
        typed = {**typed, "text": f"{text}\n\n{picked}".strip()}
    button = _send_to(to, len(set(ticket.watchers) - {ticket.requester_id, actor.person_id}))
    others = [o for o in offered if o[0] != ticket.status]
    return SimpleNamespace(
        mode=typed.get("mode") or (draft.mode if draft else "reply"),
        text=typed.get("text", draft.text if draft else ""),
        errors=typed.get("errors", []),
        ask=typed.get("ask", ""),
        drafted=bool(draft and draft.text and "text" not in typed),
        kept=draft.files if draft else [],
        canned=f"{address('desk:ticket', number=ticket.pk)}/replies",
        then=then,
        placeholder=_("Write to %(name)s… (/ commands, @ people, # tickets)") % {"name": name}
        if name
        else _("Write an answer… (/ commands, @ people, # tickets)"),
        reply_button=button,
        reply_sets=_("set %(status)s") % {"status": vocabulary.status(then)} if then else "",
        nexts=[("", _("Send and leave it %(status)s") % {"status": vocabulary.status(ticket.status)}, ticket.phase)]
        + [(k, _("Send and set %(status)s") % {"status": n}, p) for k, n, p in others],
        note_nexts=[(k, _("Keep and set %(status)s") % {"status": n}, p) for k, n, p in others],
    )


def _send_to(to: str, others: int) -> str:
    if not to:
        return _("Send")
    if not others:
        return _("Send to %(to)s") % {"to": to}
    sentence = ngettext("Send to %(to)s and %(n)d other", "Send to %(to)s and %(n)d others", others)
    return sentence % {"to": to, "n": others}


def _picked(request: HttpRequest, ticket: Ticket) -> str:
    """The canned reply that the address names, for whom no script puts it into the text."""
    named = request.GET.get("reply", "")
    if request.method != "GET" or not named.isdecimal() or len(named) > 18:
        return ""
    row = finding.visible(request.actor).filter(pk=int(named)).first()  # type: ignore[attr-defined]
    return row.filled(ticket, request.actor) if row else ""  # type: ignore[attr-defined]


def mark_seen(actor: Actor, ticket: Ticket) -> None:
    """The newest public message is no news to this reader any more; written only when it was."""
    newest = ticket.latest_message or 0
    if ticket.latest_side != "customer":
        return
    row = Seen.objects.filter(person_id=actor.person_id, ticket=ticket).first()
    if row is None or row.message < newest:
        Seen.objects.update_or_create(person_id=actor.person_id, ticket=ticket, defaults={"message": newest})
