"""How the pages write moments, names, sizes and icons; the templates know this module as `desk`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache

from django.contrib.messages.storage.base import Message
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import get_language, gettext, pgettext
from django_htmx.jinja import htmx_script
from lucide.jinja import lucide
from markupsafe import Markup, escape

from .shown import Column, Due, Entry, Row

UNDO = "undo:"
KEPT = 2048
LIGHT = 4000
"""Characters of a message that is kept as it was drawn; longer ones are rare and would fill the memory."""


@lru_cache(maxsize=256)
def icon(name: str, size: int = 16) -> Markup:
    """A lucide icon as inline SVG; its name stands beside it, so that readers of pages skip it."""
    return Markup(lucide(name, size=size, stroke_width="1.75", aria_hidden="true"))


@lru_cache(maxsize=512)
def dot(phase: str, label: str = "") -> Markup:
    """The state of a ticket; with a label for those who read it alone."""
    said = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="dot {0}" {1}><use href="#d-{0}"/></svg>').format(phase, said)


def bars(level: int, label: str = "", beside: bool = False) -> Markup:
    """A priority as bars; `beside` its word nobody has to be told again."""
    return _bars(level, "" if beside else label or gettext("No priority"))


@lru_cache(maxsize=512)
def _bars(level: int, label: str) -> Markup:
    said = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="bars" {}><use href="#b-{}"/></svg>').format(said, level)


@lru_cache(maxsize=4096)
def avatar(name: str) -> Markup:
    """Somebody's letters; a dash for nobody."""
    shape = '<span class="avatar{}" aria-hidden="true">{}</span>'
    return Markup(shape).format("" if name else " nobody", initials(name) if name else "–")


@lru_cache(maxsize=256)
def _ring(part: int) -> Markup:
    return Markup(
        '<svg class="ring" viewBox="0 0 14 14" aria-hidden="true"><circle cx="7" cy="7" r="5.5"/>'
        '<circle class="left" cx="7" cy="7" r="5.5" pathLength="100" stroke-dasharray="{} 100"/></svg>'
    ).format(part)


def ring(share: float) -> Markup:
    """A part of a whole as a circle, 0 to 1."""
    return _ring(round(share * 100))


def due(clock: Due | None, ring_too: bool = False) -> Markup:
    """A row's clock, with its part left as a ring where there is room."""
    if clock is None:
        return Markup()
    circle = ring(clock.share) if ring_too and clock.share is not None else ""
    title, text = escape(clock.title), escape(clock.text)
    return Markup(f'<span class="due {clock.state}" title="{title}">{circle}{text}</span>')


def when(at: datetime | None, short: bool = False) -> Markup:
    """A moment in the reader's zone, or `short` how long ago; the whole of it in its title."""
    if at is None:
        return Markup()
    shown = escape(ago(at) if short else moment(at))
    return Markup(f"{_time(at, timezone.get_current_timezone(), language())}{shown}</time>")


@lru_cache(maxsize=8192)
def _time(at: datetime, zone: tzinfo, language: str) -> str:
    return f'<time datetime="{at.isoformat()}" title="{escape(exact(at))}">'


@lru_cache(maxsize=KEPT)
def _drawn(macro: Callable[..., Markup], *parts: object) -> Markup:
    """What a macro makes of values that say everything it shows: each is drawn once, whoever looks and how often.

    A macro belongs to one language, and what time and the reader's zone change is among the values."""
    return macro(*parts)


def table(macro: Callable[..., Markup], rows: Iterable[Row], columns: Sequence[Column], context: str = "") -> Markup:
    """The rows of a list with these columns."""
    keys = tuple(column.key for column in columns)
    moments = [key for key in ("updated", "created") if key in keys]
    return Markup(
        "".join(_drawn(macro, row, keys, context, tuple((m, when(row[m], True)) for m in moments)) for row in rows)
    )


def strip(macro: Callable[..., Markup], rows: Iterable[Row], context: str = "") -> Markup:
    """The rows of the list beside a ticket."""
    return Markup("".join(_drawn(macro, row, context) for row in rows))


def entry(macro: Callable[..., Markup], one: Entry) -> Markup:
    """A message or note."""
    return (_drawn if len(one.html) < LIGHT else _drawn.__wrapped__)(macro, one, when(one.at))


def within(label: str) -> str:
    """The name of a field in the middle of a sentence; German keeps its capitals, and so does API."""
    keeps = (get_language() or "").startswith("de") or label.isupper()
    return label if keeps else label.lower()


def known(sentence: str) -> str:
    """A sentence that a program wrote down in English, in the reader's language when a catalogue has it."""
    return gettext(sentence) if sentence else ""


def language() -> str:
    return get_language() or "en"


def initials(name: str) -> str:
    """At most two letters, of the first and the last word: Ada Lovelace is AL."""
    words = [word for word in name.replace("(", " ").split() if word[:1].isalnum()]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper() if words else "?"


@lru_cache(maxsize=8192)
def _written(local: datetime, how: str, language: str) -> str:
    """Django reads the pattern anew for each moment; a list says the same moments to every reader. Russian writes its
    months small."""
    return date_format(local, how.replace("M", "b") if language == "ru" else how)


def _as(local: datetime, how: str) -> str:
    return _written(local, how, language())


def exact(moment: datetime) -> str:
    """The whole moment in the reader's zone."""
    local = timezone.localtime(moment)
    return f"{_as(local, 'D j M Y H:i:s')} {local:%Z}"


def moment(when: datetime) -> str:
    """As short as it stays clear: 09:14, 12 Mar 09:14, 12 Mar 2025."""
    local, now = timezone.localtime(when), timezone.localtime()
    if local.date() == now.date():
        return _as(local, "H:i")
    return _as(local, "j M H:i" if local.year == now.year else "j M Y")


def ago(when: datetime) -> str:
    """How long since: now, 4 min, 3 h, 2 d, then the date."""
    gone = timezone.now() - when
    if gone < timedelta(minutes=1):
        return gettext("now")
    if gone > timedelta(days=7):
        local = timezone.localtime(when)
        return _as(local, "j M" if local.year == timezone.localtime().year else "j M Y")
    return span(gone)


def span(length: timedelta) -> str:
    """A length in its largest unit: 4 min, 3 h, 2 d."""
    return _span(max(1, round(abs(length.total_seconds()) / 60)), language())


@lru_cache(maxsize=8192)
def _span(minutes: int, language: str) -> str:
    if minutes < 60:
        return gettext("%(n)d min") % {"n": minutes}
    if minutes < 48 * 60:
        return gettext("%(n)d h") % {"n": round(minutes / 60)}
    return gettext("%(n)d d") % {"n": round(minutes / 1440)}


def length(whole: timedelta) -> str:
    """A length to the minute: 2 h 05 min."""
    minutes = round(whole.total_seconds() / 60)
    if minutes < 60:
        return gettext("%(n)d min") % {"n": minutes}
    return gettext("%(h)d h %(m)02d min") % {"h": minutes // 60, "m": minutes % 60}


def seconds(length: int) -> str:
    """Work booked: 1:05 h."""
    return pgettext("hours and minutes", "%(h)d:%(m)02d h") % {"h": length // 3600, "m": length % 3600 // 60}


def size(count: int) -> str:
    """Bytes for people."""
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:.0f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"


def count(number: int) -> str:
    return number_format(number, force_grouping=True)


def seconds_to(when: datetime) -> int:
    """Whole seconds until a moment, one at least."""
    return max(1, round((when - timezone.now()).total_seconds()))


def undo_of(message: Message) -> list[str]:
    """The events that the toast of this message offers to undo; none when it offers nothing."""
    return [tag.removeprefix(UNDO) for tag in (message.extra_tags or "").split() if tag.startswith(UNDO)]


__all__ = ["htmx_script"]
