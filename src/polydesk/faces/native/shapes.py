"""The shapes of everything on the wire that is not a ticket: one struct for what goes in, one for what comes out."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, defstruct

from polydesk.features.notifications.news import WHATS
from polydesk.tickets.fields import LONG
from polydesk.tickets.models import Comment as CommentRow
from polydesk.tickets.models import Relation as RelationRow

from .fields import Id, Moment, Ref, RefIn

LongText = Annotated[str, Meta(max_length=LONG)]
Line = Annotated[str, Meta(max_length=255)]
Format = Literal["markdown", "plain"]
Seconds = Annotated[int, Meta(ge=0, le=2_147_483_647)]
EntryType = Literal[tuple(key for key, _ in CommentRow.TYPES)]  # type: ignore[valid-type]
RelationType = Literal[tuple(key for key, _ in RelationRow.TYPES)]  # type: ignore[valid-type]


class In(Struct, forbid_unknown_fields=True, kw_only=True):
    """A body: unknown members are refused by name (RS-137)."""


# --- files


class File(Struct, kw_only=True):
    """A file or link on a ticket, or an upload that waits."""

    id: int
    uuid: str
    ticket: int | None
    comment: int | None
    type: str
    name: str
    title: str
    url: str
    content_type: str
    size: int
    sha256: str
    internal: bool
    author: Ref | None
    created_at: dt.datetime
    download: str | None


class NewLink(In):
    """A link in place of a file."""

    url: Annotated[str, Meta(min_length=1, max_length=2000)]
    title: Line = ""
    type: Literal["url", "file_link", "folder_link"] = "url"
    internal: bool = False


# --- entries


class Comment(Struct, kw_only=True):
    """An entry of a ticket (RC-100 … RC-109)."""

    id: int
    version: int
    ticket: int
    type: str
    internal: bool
    text: str
    format: str
    author: Ref | None
    side: str
    via: str
    reply_to: int | None
    sent_at: dt.datetime
    edited_at: dt.datetime | None
    read_at: dt.datetime | None
    rating: dict[str, Any] | None
    moved_to: int | None
    moved_at: dt.datetime | None
    attachments: list[File]
    task: Task | None


class Task(Struct, kw_only=True):
    """What a task says beside its text (RC-108)."""

    status: str
    responsible_person: Ref | None
    responsible_team: Ref | None
    planned_start: dt.datetime | None
    planned_finish: dt.datetime | None
    real_start: dt.datetime | None
    real_finish: dt.datetime | None


class NewComment(In):
    """An entry to be written; `ticket` holds fields to be set in the same step, `attachments` uploads that wait."""

    text: LongText
    type: Literal["comment", "task", "notification", "solution"] = "comment"
    internal: bool = False
    format: Format = "markdown"
    reply_to: Id | None = None
    attachments: Annotated[list[Id], Meta(max_length=10)] = []
    seconds: Annotated[Seconds, Meta(description="Time to book on the entry.")] = 0
    ticket: dict[str, Any] = {}


class CommentChange(In):
    """What changes of an entry; its type and author never do (RC-290)."""

    text: LongText | UnsetType = UNSET
    internal: bool | UnsetType = UNSET
    format: Format | UnsetType = UNSET


# --- history


class Event(Struct, kw_only=True):
    """One command on one ticket."""

    id: int
    ticket: int
    number: int
    verb: str
    actor: Ref | None
    side: str
    via: str
    cause: str
    at: dt.datetime
    comment: int | None
    changes: dict[str, Any]


class Feed(Struct):
    """Events in an order that no commit can slip behind; `after` goes on from here."""

    items: list[Event]
    after: str
    links: dict[str, str | None]


# --- relations, time, ratings


class Relation(Struct, kw_only=True):
    """One ticket to another; `type` is said from this ticket's side."""

    id: int
    type: str
    ticket: Ref
    created_at: dt.datetime
    created_by: Ref | None


class NewRelation(In):
    """A relation to be made."""

    ticket: Id | RefIn
    type: RelationType = "related"


class Time(Struct, kw_only=True):
    """Work booked on a ticket, in seconds (RC-107)."""

    id: int
    person: Ref | None
    seconds: int
    worked_on: dt.date
    started_at: dt.datetime | None
    ended_at: dt.datetime | None
    summary: str
    comment: int | None
    work_type: Ref | None
    is_billable: bool
    posted_at: dt.datetime | None
    created_at: dt.datetime


class NewTime(In):
    """Work to be booked; `person` is the caller unless given."""

    seconds: Seconds
    worked_on: dt.date | None = None
    person: Id | RefIn | None = None
    summary: LongText = ""
    started_at: Moment | None = None
    ended_at: Moment | None = None
    work_type: Id | RefIn | None = None
    is_billable: bool = True


class TimeChange(In):
    """What changes of booked work."""

    seconds: Seconds | UnsetType = UNSET
    worked_on: dt.date | UnsetType = UNSET
    summary: LongText | UnsetType = UNSET
    started_at: Moment | UnsetType | None = UNSET
    ended_at: Moment | UnsetType | None = UNSET
    is_billable: bool | UnsetType = UNSET


class Rating(Struct, kw_only=True):
    """A score that was given."""

    id: int
    scale: str
    score: int
    text: str
    by: Ref | None
    at: dt.datetime
    comment: int | None


class NewRating(In):
    """A score to be given."""

    scale: Literal["five_points", "ten_points", "plus_minus"]
    score: Annotated[int, Meta(ge=-1, le=10)]
    text: LongText = ""


# --- acts


class Closure(Struct, kw_only=True):
    """How and when a ticket was closed."""

    ticket: int
    status: str
    closed_at: dt.datetime | None
    closed_by: Ref | None
    solved_at: dt.datetime | None


class NewClosure(In):
    """Close a ticket, with a rating in the same step when there is one."""

    status: Annotated[str, Meta(max_length=40)] = "closed"
    rating: NewRating | None = None


class Merge(In):
    """Tickets that go into this one."""

    tickets: Annotated[list[Id | RefIn], Meta(min_length=1, max_length=100)]


class Split(In):
    """Entries that become a ticket of their own."""

    comments: Annotated[list[Id], Meta(min_length=1, max_length=1000)]
    title: Line = ""
    kind: Annotated[str, Meta(max_length=20)] = ""


class Undo(In):
    """The event to be undone; the ticket's newest when not said."""

    event: Id | None = None


class Undone(Struct):
    """What an undo did, and in words what it could not undo."""

    ticket: int
    event: Event | None
    left: list[str]


class Part(Struct):
    """One person, team or company on a ticket."""

    id: int
    name: str | None


class NewPart(In):
    """Who or what to add, by id."""

    id: Id


class NewTagged(In):
    """A tag to put on a ticket: by id, or by name, which makes it when it is new."""

    id: Id | None = None
    name: Annotated[str, Meta(min_length=1, max_length=60)] | None = None


class NewItem(In):
    """A thing to link."""

    kind: Annotated[str, Meta(min_length=1, max_length=30)]
    id: Id


# --- bulk


class BulkOperation(In):
    """One of many: what to do with which ticket."""

    act: Literal["create", "edit", "comment", "close", "reopen", "remove"]
    ticket: Id | None = None
    version: Annotated[int, Meta(ge=0, le=2**31)] | None = None
    values: dict[str, Any] = {}


class Bulk(In):
    """Up to 500 operations; with `atomic` all of them or none (PL-106)."""

    operations: Annotated[list[BulkOperation], Meta(min_length=1, max_length=500)]
    atomic: bool = False


class BulkResult(Struct, kw_only=True):
    """What became of one operation."""

    status: int
    ticket: int | None = None
    version: int | None = None
    problem: dict[str, Any] | None = None


class BulkResults(Struct):
    """One result for each operation, in order."""

    results: list[BulkResult]
    done: int
    failed: int


# --- people


class Me(Struct, kw_only=True):
    """Who calls, and what the caller may do."""

    id: int | None
    name: str
    login: str
    email: str
    side: str
    company: Ref | None
    organization: Ref
    teams: list[Ref]
    rights: list[str]
    is_admin: bool
    scopes: list[str]


class Token(Struct, kw_only=True):
    """A key of this API; its secret is shown once, when it is made."""

    id: int
    name: str
    person: Ref
    prefix: str
    scopes: list[str]
    read_only: bool
    created_at: dt.datetime
    expires_at: dt.datetime | None
    last_used_at: dt.datetime | None
    revoked_at: dt.datetime | None
    secret: str | UnsetType = UNSET


class NewToken(In):
    """A key to be made: for oneself, by administrators for anybody."""

    name: Annotated[str, Meta(max_length=100)] = ""
    person: Id | RefIn | None = None
    scopes: Annotated[list[Annotated[str, Meta(max_length=60)]], Meta(max_length=50)] = []
    expires_at: Moment | None = None
    read_only: bool = False


class Word(Struct, kw_only=True):
    """A kind, status or priority."""

    key: str
    name: str
    phase: str | UnsetType = UNSET
    level: int | UnsetType = UNSET
    statuses: list[str] | UnsetType = UNSET


class Words(Struct):
    """A closed list."""

    items: list[Word]


class Hit(Struct, kw_only=True):
    """Something that a search found."""

    type: str
    id: int
    name: str
    url: str


class Hits(Struct):
    """What was found, best first."""

    items: list[Hit]


# --- what features add


class Item(Struct, kw_only=True):
    """Something to tick off on a ticket."""

    id: int
    name: str
    is_important: bool
    position: int
    done: bool
    done_at: dt.datetime | None
    done_by: Ref | None


class NewCheck(In):
    """Something to be ticked off."""

    name: Annotated[str, Meta(min_length=1, max_length=600)]
    is_important: bool = False
    done: bool = False


class ItemChange(In):
    """What changes of something to tick off."""

    name: Annotated[str, Meta(min_length=1, max_length=600)] | UnsetType = UNSET
    is_important: bool | UnsetType = UNSET
    position: Annotated[int, Meta(ge=0, le=2**31 - 1)] | UnsetType = UNSET
    done: bool | UnsetType = UNSET


class Approval(Struct, kw_only=True):
    """Somebody who is asked about a change, and the vote."""

    id: int
    person: Ref | None
    is_member: bool
    approved: bool | None
    note: str
    voted_at: dt.datetime | None


class NewApproval(In):
    """Whom to ask."""

    person: Id | RefIn


class Vote(In):
    """Yes or no; everybody votes for himself."""

    approved: bool
    note: Annotated[str, Meta(max_length=2000)] = ""


class View(Struct, kw_only=True):
    """A saved query."""

    id: int
    version: int
    name: str
    query: str
    sort: str
    columns: list[str]
    position: int
    owner: Ref | None
    team: Ref | None


class NewView(In):
    """A query to be saved: for oneself, for a team, or for everybody (administrators)."""

    name: Annotated[str, Meta(min_length=1, max_length=80)]
    query: Annotated[str, Meta(max_length=2000)] = ""
    sort: Annotated[str, Meta(max_length=40)] = ""
    columns: Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(max_length=40)] = []
    position: Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)] = 0
    team: Id | RefIn | None = None
    for_everybody: bool = False


class ViewChange(In):
    """What changes of a saved query."""

    name: Annotated[str, Meta(min_length=1, max_length=80)] | UnsetType = UNSET
    query: Annotated[str, Meta(max_length=2000)] | UnsetType = UNSET
    sort: Annotated[str, Meta(max_length=40)] | UnsetType = UNSET
    columns: Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(max_length=40)] | UnsetType = UNSET
    position: Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)] | UnsetType = UNSET


class Promise(Struct, kw_only=True):
    """One clock of a service level (RC-090)."""

    due: dt.datetime | None
    met_at: dt.datetime | None
    met_by: Ref | None
    met: bool | None
    left: int | None


class Sla(Struct, kw_only=True):
    """The service level of a ticket and its three clocks; `left` is what remains while paused, in seconds."""

    policy: Ref
    met: bool | None
    paused_at: dt.datetime | None
    response: Promise
    plan: Promise
    resolution: Promise


class Webhook(Struct, kw_only=True):
    """An address that is told of events; its secret is shown once, when it is made or changed."""

    id: int
    version: int
    name: str
    url: str
    types: list[str]
    internal_notes: bool
    owner: Ref | None
    is_active: bool
    disabled_at: dt.datetime | None
    disabled_because: str
    failures: int
    secret: str | UnsetType = UNSET


class NewWebhook(In):
    """An address to be told; no types means all."""

    url: Annotated[str, Meta(min_length=1, max_length=500)]
    name: Annotated[str, Meta(max_length=100)] = ""
    types: Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(max_length=50)] = []
    internal_notes: bool = False


class WebhookChange(In):
    """What changes of a webhook; `is_active` switches it off and on again."""

    url: Annotated[str, Meta(min_length=1, max_length=500)] | UnsetType = UNSET
    name: Annotated[str, Meta(max_length=100)] | UnsetType = UNSET
    types: Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(max_length=50)] | UnsetType = UNSET
    internal_notes: bool | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET


class Delivery(Struct, kw_only=True):
    """A message to a webhook."""

    id: int
    message_id: str
    type: str
    ticket: int | None
    state: str
    created_at: dt.datetime
    settled_at: dt.datetime | None
    tries: int
    status: int | None
    error: str


# --- what people prepare

Name = Annotated[str, Meta(min_length=1, max_length=100)]
Numbers = Annotated[list[Id], Meta(max_length=50)]


class CannedReply(Struct, kw_only=True):
    """An answer prepared in advance."""

    id: int
    version: int
    name: str
    folder: str
    shortcut: str
    body: str
    is_active: bool
    owner: Ref | None
    team: Ref | None


class NewCannedReply(In):
    """A text with names such as `{{requester.name}}`: for oneself, for a team, or for everybody (administrators)."""

    name: Name
    body: Annotated[str, Meta(min_length=1, max_length=50_000)]
    folder: Annotated[str, Meta(max_length=60)] = ""
    shortcut: Annotated[str, Meta(max_length=30, pattern="^[a-z0-9_]*$")] = ""
    is_active: bool = True
    team: Id | RefIn | None = None
    for_everybody: bool = False


class CannedReplyChange(In):
    """What changes of a canned reply."""

    name: Name | UnsetType = UNSET
    body: Annotated[str, Meta(min_length=1, max_length=50_000)] | UnsetType = UNSET
    folder: Annotated[str, Meta(max_length=60)] | UnsetType = UNSET
    shortcut: Annotated[str, Meta(max_length=30, pattern="^[a-z0-9_]*$")] | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET


class FilledReply(Struct):
    """A canned reply as it reads on a ticket."""

    text: str


class Macro(Struct, kw_only=True):
    """Several changes and a text under one name."""

    id: int
    version: int
    name: str
    description: str
    kinds: list[str]
    values: dict[str, Any]
    add_tags: list[int]
    remove_tags: list[int]
    text: str
    internal: bool
    position: int
    is_active: bool
    owner: Ref | None
    team: Ref | None


class NewMacro(In):
    """`values` are fields of the ticket; `"assignee": "me"` is whoever applies it."""

    name: Name
    description: Annotated[str, Meta(max_length=300)] = ""
    kinds: Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(max_length=20)] = []
    values: dict[str, Any] = {}
    add_tags: Numbers = []
    remove_tags: Numbers = []
    text: Annotated[str, Meta(max_length=50_000)] = ""
    internal: bool = False
    position: Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)] = 0
    is_active: bool = True
    team: Id | RefIn | None = None
    for_everybody: bool = False


class MacroChange(In):
    """What changes of a macro."""

    name: Name | UnsetType = UNSET
    description: Annotated[str, Meta(max_length=300)] | UnsetType = UNSET
    kinds: Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(max_length=20)] | UnsetType = UNSET
    values: dict[str, Any] | UnsetType = UNSET
    add_tags: Numbers | UnsetType = UNSET
    remove_tags: Numbers | UnsetType = UNSET
    text: Annotated[str, Meta(max_length=50_000)] | UnsetType = UNSET
    internal: bool | UnsetType = UNSET
    position: Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)] | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET


class Fault(Struct):
    """What stands against a change."""

    field: str
    rule: str
    message: str


class MacroPreview(Struct, kw_only=True):
    """What a macro would do on a ticket now: fields with before and after, the text, and what stands against it."""

    ticket: int
    version: int
    changes: dict[str, list[Any]]
    text: str
    internal: bool
    errors: list[Fault]


# --- notifications


class Notification(Struct, kw_only=True):
    """One thing that the caller was told; `sentence` and `excerpt` are for people."""

    id: int
    what: str
    reason: str
    sentence: str
    excerpt: str
    ticket: Ref
    comment: int | None
    event: int
    actor: Ref | None
    created_at: dt.datetime
    read_at: dt.datetime | None


class NotificationChange(In):
    """Read, or unread again."""

    read: bool | UnsetType = UNSET


class NewReading(In):
    """What is read: everything, or what one ticket brought, or nothing newer than the one seen last."""

    ticket: Id | None = None
    through: Id | None = None


class Marked(Struct):
    """How many changed."""

    count: int


class Way(Struct):
    """Where one kind of news is told."""

    inbox: bool
    mail: bool


class WayChange(In):
    """Where one kind of news is to be told."""

    inbox: bool | UnsetType = UNSET
    mail: bool | UnsetType = UNSET


Ways: Any = defstruct("Ways", [(what, Way) for what in WHATS], namespace={"__doc__": "What somebody is told, by kind."})
WaysChange: Any = defstruct(
    "WaysChange",
    [(what, WayChange | UnsetType, UNSET) for what in WHATS],
    bases=(In,),
    namespace={"__doc__": "What changes; kinds that are absent stay."},
    forbid_unknown_fields=True,
    kw_only=True,
)


class NotificationText(Struct):
    """An organization's own text for one kind of news; version 0: as shipped."""

    version: int
    what: str
    language: str
    subject: str
    body: str


class NewNotificationText(In):
    """Subject and body; `{{name}}` stands for what is listed. Without a language it is for all."""

    language: Literal["", "en", "de", "ru"] = ""
    subject: Annotated[str, Meta(max_length=200)] = ""
    body: Annotated[str, Meta(max_length=20_000)] = ""


# --- notices

Keys = Annotated[list[Annotated[str, Meta(min_length=1, max_length=60)]], Meta(max_length=20)]


class Notice(Struct, kw_only=True):
    """An announcement to one company, or to all customers when it names none."""

    id: int
    version: int
    title: str
    text: str
    notification_categories: list[str]
    company: Ref | None
    created_at: dt.datetime


class NewNotice(In):
    """An announcement to be made."""

    title: Annotated[str, Meta(min_length=1, max_length=255)]
    text: Annotated[str, Meta(max_length=50_000)] = ""
    notification_categories: Keys = []
    company: Id | RefIn | None = None


class NoticeChange(In):
    """What changes of an announcement."""

    title: Annotated[str, Meta(min_length=1, max_length=255)] | UnsetType = UNSET
    text: Annotated[str, Meta(max_length=50_000)] | UnsetType = UNSET
    notification_categories: Keys | UnsetType = UNSET
    company: Id | RefIn | UnsetType | None = UNSET
