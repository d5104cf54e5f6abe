"""Keyset cursors."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polydesk.web import cursors
from tests.marks import without_database

pytestmark = without_database

VALUES = st.lists(
    st.one_of(
        st.integers(-(2**63), 2**63 - 1),
        st.text(st.characters(exclude_categories=["Cs"])),
        st.none(),
        st.booleans(),
        st.datetimes(timezones=st.just(UTC)),
    ),
    max_size=5,
)


@pytest.mark.spec("PL-104", "RS-152")
@given(VALUES)
def test_values_come_back_with_their_types(values):
    back = cursors.decode(cursors.encode(values))
    assert back == tuple(values)
    assert [type(value) for value in back] == [type(value) for value in values]


def test_a_moment_of_another_zone_is_the_same_moment():
    moment = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=5)))
    assert cursors.decode(cursors.encode([moment])) == (moment,)


@pytest.mark.spec("PL-104")
def test_a_tampered_cursor_is_refused():
    cursor = cursors.encode([17, "b"])
    for place in range(len(cursor) - 1):  # the last letter has spare bits
        other = "A" if cursor[place] != "A" else "B"
        with pytest.raises(cursors.BadCursor):
            cursors.decode(cursor[:place] + other + cursor[place + 1 :])


@pytest.mark.spec("PL-104")
def test_a_cursor_of_one_list_is_refused_by_another():
    with pytest.raises(cursors.BadCursor):
        cursors.decode(cursors.encode([1], scope="tickets by created"), scope="tickets by priority")


@pytest.mark.spec("PL-104")
@pytest.mark.parametrize("text", ["", "x", "é", "=", "a b", "A" * 40, "1" * 5000, "\0"])
def test_nonsense_is_a_bad_cursor(text):
    with pytest.raises(cursors.BadCursor):
        cursors.decode(text)
