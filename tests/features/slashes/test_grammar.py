"""The grammar of slash commands: what is one, and what is left of the text."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polydesk.features import slashes
from tests.marks import without_database

pytestmark = without_database


def ran(text: str, failed: tuple[str, ...] = ()) -> str:
    found = slashes.find(text)
    lost = {(c.start, r) for c in found for r in (c.references or ("",)) if r in failed}
    return slashes.rewrite(text, found, lost)


@pytest.mark.spec("CE-158", "CE-150")
@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("/spend 1h 1m 1s", 3661),
        ("/spend 1h1m1s", 3661),
        ("/spent 5m", 300),
        ("/spend \t 90s", 90),
        ("/spend 1h 30s", 3630),
        ("/spend 2h", 7200),
        ("/spend 99m", 5940),
        ("/spend 0h", None),
        ("/spend", None),
        ("/spend ", None),
        ("/spend 1d", None),
        ("/spend 100m", None),
        ("/spend 0h 0m 0s", None),
        ("/spend 5", None),
        ("/spend 5m30", None),
        ("/spend\n5m", None),
        ("/spend 999999999h", None),
    ],
)
def test_a_time_has_at_least_one_part_and_is_not_nothing(text, seconds):
    found = slashes.find(text)
    assert [c.seconds for c in found] == ([seconds] if seconds else [])


@pytest.mark.spec("CE-151", "CE-154", "CE-155", "CE-156")
@pytest.mark.parametrize(
    ("text", "verbs"),
    [
        ("/spend 1h", ["spend"]),
        ("words /spend 1h words", ["spend"]),
        ("line\n/relate #1 #2 #3\nline", ["relate"]),
        ("line\r\n/blocks #1\r\nline", ["blocks"]),
        ("/link $device-3 $kb-7", ["link"]),
        ("/blocked_by #4 /spend 1m", ["blocked_by", "spend"]),
        ("/spending 1h", []),
        ("/send 5m", []),
        ("a/spend 1h", []),
        ("https://desk.example/spend 1h", []),
        ("/spend 1hour", []),
        ("/relate 5", []),
        ("/relate #5x", []),
        ("/link device-3", []),
        ("/link $Device-3", []),
        ("/Spend 1h", []),
        ("```\n/spend 1h\n```", []),
        ("~~~ sh\n/spend 1h\n", []),
        ("```\ncode\n```\n/spend 1h", ["spend"]),
        ("````\n```\n/spend 1h\n````", []),
    ],
)
def test_a_command_is_a_whole_word_between_blanks_or_line_breaks(text, verbs):
    assert [c.verb for c in slashes.find(text)] == verbs


@pytest.mark.spec("CE-152", "CE-157")
@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("before /spend 10m after", "before after"),
        ("No paper light\n/spend 5m", "No paper light"),
        ("Checked\n/spend 20m\n/blocked_by #8\n/link $organization-1", "Checked"),
        ("/spend 5m", ""),
        ("/spend 5m words", "words"),
        ("/spend 5m\r\nwords", "words"),
        ("a\r\n/spend 5m\r\nb", "a\r\nb"),
        ("a\n/spend 5m b", "a\nb"),
        ("a /spend 1m /spend 2m b", "a b"),
        ("/spend 1m /spend 2m", ""),
    ],
)
def test_a_command_that_worked_takes_one_blank_or_line_break_along(text, left):
    assert ran(text) == left


@pytest.mark.spec("CE-153")
@pytest.mark.parametrize(
    ("text", "failed", "left"),
    [
        ("a /relate #1 #2 #3 b", ("#2",), "a /relate #2 b"),
        ("a /relate #1 #2 b", ("#1", "#2"), "a /relate #1 #2 b"),
        ("/link $device-9", ("$device-9",), "/link $device-9"),
        ("x /spend 5m", ("",), "x /spend 5m"),
    ],
)
def test_what_could_not_be_done_stays(text, failed, left):
    assert ran(text, failed) == left


WORDS = st.lists(
    st.sampled_from(
        ["word", "/spend 5m", "/spent 1h 2m", "/relate #1 #2", "/link $device-3", "/spend", "a/b", "#7", "$x-1", "```"]
    ),
    max_size=8,
)
GLUE = st.sampled_from([" ", "\n", "\r\n", "\t"])


@pytest.mark.spec("CE-150", "CE-152")
@settings(max_examples=300, deadline=None)
@given(WORDS, st.lists(GLUE, min_size=8, max_size=8))
def test_words_around_commands_are_never_lost_or_glued(words, glue):
    text = "".join(word + mark for word, mark in zip(words, glue, strict=False))
    found = slashes.find(text)
    rest = text
    for command in reversed(found):
        rest = rest[: command.start] + " " + rest[command.end :]
    assert slashes.rewrite(text, found).split() == rest.split()


@pytest.mark.spec("CE-153", "CE-155")
@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("/spendlinkrt #$-_0123hms \t\r\n`~é"), max_size=60))
def test_any_text_is_read_and_what_fails_whole_leaves_it_untouched(text):
    found = slashes.find(text)
    assert all(text[c.start] == "/" and 0 <= c.start < c.end <= len(text) for c in found)
    every = {(c.start, r) for c in found for r in (c.references or ("",))}
    assert slashes.rewrite(text, found, every) == text
    assert len(slashes.rewrite(text, found)) <= len(text)


@pytest.mark.spec("CE-134")
@settings(max_examples=100, deadline=None)
@given(st.integers(1, 10**8))
def test_time_in_words_reads_back(seconds):
    words = slashes.in_words(seconds)
    parts = {unit: int(n) for n, unit in re.findall(r"(\d+)([hms])", words)}
    assert parts.get("h", 0) * 3600 + parts.get("m", 0) * 60 + parts.get("s", 0) == seconds
