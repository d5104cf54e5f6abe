"""The grammar of slash commands, and how they leave the text (centurion.md 7.1). Pure: it knows no tickets.

command   = boundary "/" verb 1*blank arguments end
boundary  = start of text | line break | blank          end = end of text | line break | blank
time      = ("spend" | "spent") 1*blank [digits "h"] [blank] [1*2digit "m"] [blank] [digits "s"]
link      = "link" 1*(1*blank "$" kind "-" digits)       kind = a-z and "_"
relation  = ("relate" | "blocks" | "blocked_by") 1*(1*blank "#" digits)
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

RELATIONS = {"relate": "related", "blocks": "blocks", "blocked_by": "blocked_by"}
"""Verb -> relation of the engine."""

LONGEST_TIME = 2**31 - 1
_TIME_PARTS = r"""(?:
    (?P<h>[0-9]{1,9})h(?:[ \t]?(?P<m>[0-9]{1,2})m(?:[ \t]?(?P<s>[0-9]{1,9})s)?|[ \t]{0,2}(?P<s2>[0-9]{1,9})s)?
    |(?P<m2>[0-9]{1,2})m(?:[ \t]?(?P<s3>[0-9]{1,9})s)?
    |(?P<s4>[0-9]{1,9})s)"""
_COMMAND = re.compile(
    rf"""(?<![^ \t\r\n])/(?:
        (?P<time>spend|spent)[ \t]+{_TIME_PARTS}
        |(?P<link>link)(?P<items>(?:[ \t]+\$[a-z_]+-[0-9]{{1,18}})+)
        |(?P<relation>relate|blocks|blocked_by)(?P<tickets>(?:[ \t]+\#[0-9]{{1,18}})+)
    )(?![^ \t\r\n])""",
    re.VERBOSE,
)
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})([^\n]*)$")


@dataclass(frozen=True, slots=True)
class Command:
    """One command where it stands: `text[start:end]`. A time has `seconds`, the others have `references`."""

    verb: str
    start: int
    end: int
    seconds: int = 0
    references: tuple[str, ...] = ()

    @property
    def is_time(self) -> bool:
        """Does it book time?"""
        return self.verb in ("spend", "spent")


def find(text: str) -> list[Command]:
    """The commands of a text in order; none of those in fenced code (CE-156)."""
    if "/" not in text:
        return []
    fenced = _fences(text)
    found = (_command(match) for match in _COMMAND.finditer(text))
    return [c for c in found if c is not None and not any(a <= c.start < b for a, b in fenced)]


def _command(match: re.Match[str]) -> Command | None:
    if match["time"]:
        seconds = _seconds(match)
        return Command(match["time"], match.start(), match.end(), seconds=seconds) if seconds else None
    verb, references = (match["link"], match["items"]) if match["link"] else (match["relation"], match["tickets"])
    return Command(verb, match.start(), match.end(), references=tuple(references.split()))


def _seconds(match: re.Match[str]) -> int:
    """0 for no time at all and for one beyond what a ticket can hold: then it is no command (CE-158)."""
    hours, minutes = int(match["h"] or 0), int(match["m"] or match["m2"] or 0)
    total = hours * 3600 + minutes * 60 + int(match["s"] or match["s2"] or match["s3"] or match["s4"] or 0)
    return total if total <= LONGEST_TIME else 0


def _fences(text: str) -> list[tuple[int, int]]:
    """Where fenced code stands; a fence that is never closed reaches to the end."""
    spans, opened, mark, at = [], -1, "", 0
    for line in text.splitlines(keepends=True):
        fence = _FENCE.match(line.rstrip("\r\n"))
        if fence and opened < 0 and not (fence[1][0] == "`" and "`" in fence[2]):
            opened, mark = at, fence[1]
        elif fence and opened >= 0 and fence[1].startswith(mark) and not fence[2].strip():
            spans.append((opened, at + len(line)))
            opened = -1
        at += len(line)
    if opened >= 0:
        spans.append((opened, len(text)))
    return spans


def rewrite(text: str, commands: Sequence[Command], failed: Collection[tuple[int, str]] = ()) -> str:
    """The text without the commands that worked; failing references stay where they were (CE-152, CE-153).

    `failed` holds (start of the command, reference); a time that failed is named with the reference ""."""
    for command in sorted(commands, key=lambda c: -c.start):
        left = [r for r in command.references or ("",) if (command.start, r) in failed]
        if len(left) == len(command.references or ("",)):
            continue
        if left:
            text = text[: command.start] + " ".join([f"/{command.verb}", *left]) + text[command.end :]
        else:
            text = _cut(text, command.start, command.end)
    return text


def _cut(text: str, start: int, end: int) -> str:
    """Take one blank or line break along, so that the words and lines around stay apart as they were."""
    before, after = _break_before(text, start), _break_after(text, end)
    at_line_start = start == 0 or text[start - 1] in "\r\n"
    if at_line_start and after and (start == 0 or text[end] in " \t"):
        return text[:start] + text[end + after :]
    return text[: start - before] + text[end:]


def _break_before(text: str, start: int) -> int:
    return 2 if text[max(0, start - 2) : start] == "\r\n" else min(start, 1)


def _break_after(text: str, end: int) -> int:
    return 2 if text[end : end + 2] == "\r\n" else int(end < len(text))


def in_words(seconds: int) -> str:
    """`3723` as `1h2m3s`, the form in which time is told (CE-134)."""
    hours, rest = divmod(seconds, 3600)
    parts = ((hours, "h"), (rest // 60, "m"), (rest % 60, "s"))
    return "".join(f"{amount}{unit}" for amount, unit in parts if amount) or "0s"
