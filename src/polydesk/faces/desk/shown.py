"""What the templates are given: plain values in the reader's words, made once per request and free of queries."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from markupsafe import Markup


@dataclass(slots=True)
class Item:
    """A line of the rail or of a row of tabs."""

    name: str
    url: str
    icon: str = "circle"
    count: str | None = None
    here: bool = False
    late: bool = False


@dataclass(slots=True)
class Group:
    title: str
    items: list[Item]


@dataclass(slots=True)
class Frame:
    """What stands around every page: whose desk it is, who looks, and how he likes it."""

    house: str = "Polydesk"
    me: str = ""
    person: int = 0
    theme: str = "system"
    density: str = "normal"
    rail: str = "open"
    facts: str = "open"
    keys: str = "on"
    nav: list[Group] = field(default_factory=list)
    others: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Due:
    """The clock of a row: its words, its state (soon, breached, met, paused) and the share of time left, of which rows
    show nothing."""

    text: str
    state: str = ""
    title: str = ""
    share: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Row:
    """A ticket in a list. Rows are equal when they look the same but for their moments, which are shown as time that
    passes."""

    number: int
    title: str
    url: str
    phase: str
    status: str
    level: int = 0
    priority: str = ""
    requester: str = ""
    company: str = ""
    assignee: str = ""
    team: str = ""
    queue: str = ""
    kind: str = ""
    category: str = ""
    due: Due | None = None
    updated: datetime | None = field(default=None, compare=False)
    created: datetime | None = field(default=None, compare=False)
    unread: bool = False
    here: bool = False
    version: int = 0

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)


@dataclass(slots=True)
class Column:
    key: str
    name: str
    sort: str = ""
    sorted: str = ""
    """`ascending`, `descending` or nothing."""


@dataclass(slots=True)
class Chip:
    """A filter of a list: what it says, and the list without it."""

    text: str
    without: str


@dataclass(frozen=True, slots=True)
class File:
    name: str
    url: str
    size: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """A message or note of the timeline; its moment does not count when two are compared."""

    id: int
    author: str
    at: datetime = field(compare=False)
    html: Markup
    internal: bool = False
    side: str = "staff"
    label: str = ""
    edited: bool = False
    by_mail: bool = False
    unverified: bool = False
    """It came by mail in the name of somebody of the staff, and nothing proves that he sent it."""
    files: tuple[File, ...] = ()
    secrets: tuple[tuple[str, str], ...] = ()
    """Titles and addresses of secrets on this message, never values."""
    actions: tuple[tuple[str, str, str], ...] = ()
    what: str = "entry"


@dataclass(slots=True)
class Unsent:
    """A reply of the reader's that is held, or that could not be sent and why."""

    id: int
    html: Markup
    files: list[str]
    failed: str = ""


@dataclass(slots=True)
class Line:
    """One field of a change."""

    label: str
    before: str
    after: str


@dataclass(slots=True)
class Change:
    """One event as a quiet line, with its fields and its why."""

    id: int
    sentence: str
    at: datetime
    lines: list[Line] = field(default_factory=list)
    why: str = ""
    what: str = "change"


BETWEEN = "\t"
"""Stands between the ticked ones of a field of several where they travel as one text."""


@dataclass(slots=True)
class Input:
    """One field of a form, with what was typed and what is wrong with it."""

    name: str
    label: str
    type: str = "text"
    value: Any = None
    choices: list[tuple[Any, str]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    hint: str = ""
    required: bool = False
    wide: bool = False
    rows: int = 3
    limit: int = 0
    source: str = ""
    form: str = ""
    autocomplete: str = ""
    placeholder: str = ""
    glyph: str = ""

    @property
    def chosen(self) -> list[str]:
        """What is ticked in a field of several."""
        return self.value.split(BETWEEN) if isinstance(self.value, str) else [str(value) for value in self.value or []]

    @property
    def text(self) -> str:
        """The value as one text, however many are ticked."""
        if self.type == "checks":
            return BETWEEN.join(self.chosen)
        return "" if self.value is None else str(self.value)
