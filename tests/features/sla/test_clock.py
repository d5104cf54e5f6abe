"""The clock as a function: against a reference that asks minute by minute, and by hand where zones are odd."""

import datetime as dt
from bisect import bisect_left
from itertools import accumulate, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polydesk.features.sla.clock import Stamp, Step, Story, Terms, stamps, stand, sum_of, working
from polydesk.features.sla.hours import ALWAYS, Hours, instant, public_holidays, read_spans

pytestmark = pytest.mark.spec("AT-322", "AT-323", "RC-090")

MINUTE = dt.timedelta(minutes=1)
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Havana")
# A week around each of these holds a change of the clocks somewhere; the last one holds none.
CHANGES = ((3, 6), (3, 26), (4, 2), (10, 1), (10, 22), (10, 30), (6, 1))
WEEKS = tuple(
    dt.datetime(2026, m, d, tzinfo=dt.UTC) for m, d in ((3, 6), (3, 26), (4, 2), (10, 1), (10, 22), (10, 30), (6, 1))
)


def reference_opens(hours: Hours, start: dt.datetime, minutes: int) -> list[bool]:
    """For each minute: has an opening been passed on the wall, and not yet the closing that belongs to it?"""
    zone = ZoneInfo(hours.zone)
    walls = [(start + MINUTE * i).astimezone(zone).replace(tzinfo=None) for i in range(-2880, minutes + 1500)]
    passed_by = list(accumulate(walls, max))
    first_day = walls[0].date()
    counts = [False] * minutes
    for number in range((walls[-1].date() - first_day).days + 1):
        day = first_day + dt.timedelta(days=number)
        spans = hours.days[day][1] if day in hours.days else hours.week[day.weekday()]
        for begins, ends in spans:
            midnight = dt.datetime.combine(day, dt.time())
            opened, closed = (bisect_left(passed_by, midnight + MINUTE * m) for m in (begins, ends))
            for i in range(max(opened, 2880), min(closed, minutes + 2880)) if opened else ():
                counts[i - 2880] = True
    return counts


spans = st.lists(st.integers(0, 1440), max_size=6, unique=True).map(
    lambda cuts: tuple(zip(sorted(cuts)[::2], sorted(cuts)[1::2], strict=False))
)


@st.composite
def worlds(draw):
    start = draw(st.sampled_from(WEEKS)) + MINUTE * draw(st.integers(0, 1440))
    week = draw(st.tuples(*[spans] * 7))
    days = draw(st.dictionaries(st.integers(0, 6), spans, max_size=2))
    hours = Hours(
        zone=draw(st.sampled_from(ZONES)),
        week=week,
        days={start.date() + dt.timedelta(days=n): ("Feast", own) for n, own in days.items()},
    )
    story = Story(started=start, steps=[Step(start, "new", "new")])
    at = 0
    for gap, status, phase in draw(
        st.lists(
            st.tuples(
                st.integers(0, 1500),
                *[st.sampled_from((("open", "open"), ("waiting_customer", "waiting"), ("on_hold", "waiting")))],
            ).map(lambda t: (t[0], *t[1])),
            max_size=5,
        )
    ):
        at += gap
        story.steps.append(Step(start + MINUTE * at, status, phase))
    return hours, story


@settings(max_examples=60, deadline=None)
@given(worlds(), st.integers(1, 4000), st.integers(0, 1200))
def test_clock_counts_as_somebody_who_looks_every_minute(world, minutes, target):
    hours, story = world
    opens = reference_opens(hours, story.started, minutes)
    waits = [_waits(story, story.started + MINUTE * i) for i in range(minutes)]
    counted = [a and not b for a, b in zip(opens, waits, strict=True)]
    shown = working(story, Terms(), hours, story.started + MINUTE * minutes)
    assert sum_of(shown) == MINUTE * sum(counted)
    assert all(one.end == other.start for one, other in pairwise(shown))
    assert all(one.reason for one in shown)
    assert shown[0].start == story.started and shown[-1].end == story.started + MINUTE * minutes

    standing = stand(story, Terms(), MINUTE * target, hours, None)
    if story.steps[-1].phase == "waiting":
        paused = int((story.steps[-1].at - story.started) / MINUTE)
        if paused <= minutes:
            assert standing.left == max(dt.timedelta(0), MINUTE * (target - sum(counted[:paused])))
    elif sum(counted) >= target > 0:
        reached = next(i for i in range(minutes) if sum(counted[: i + 1]) == target)
        assert standing.due == story.started + MINUTE * (reached + 1)
        assert standing.left is None


def _waits(story, moment):
    return [step for step in story.steps if step.at <= moment][-1].phase == "waiting"


OFFICE = Hours(
    zone="Europe/Berlin",
    week=(*[((540, 720), (780, 1020))] * 5, (), ()),
    days={dt.date(2026, 5, 15): ("Bridge day", ()), dt.date(2026, 12, 24): ("Christmas Eve", ((540, 720),))},
    region="DE-BY",
)


def at(text, zone="Europe/Berlin"):
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)


@pytest.mark.parametrize(
    ("started", "minutes", "due"),
    [
        ("2026-06-01T09:00", 60, "2026-06-01T10:00"),
        ("2026-06-01T11:30", 60, "2026-06-01T13:30"),  # over lunch
        ("2026-06-01T07:00", 180, "2026-06-01T12:00"),  # from the opening on, due at its end
        ("2026-06-05T16:00", 120, "2026-06-08T10:00"),  # over a week-end
        ("2026-05-13T16:00", 120, "2026-05-18T10:00"),  # Ascension and a bridge day
        ("2026-12-23T16:00", 120, "2026-12-24T10:00"),  # a short day
        ("2026-12-24T10:00", 180, "2026-12-28T10:00"),  # Christmas on a Friday
        ("2026-03-27T16:00", 120, "2026-03-30T10:00"),  # the clocks go forward in between
    ],
)
def test_due_time_in_an_office(started, minutes, due):
    story = Story(at(started), [Step(at(started), "new", "new")])
    assert stand(story, Terms(), MINUTE * minutes, OFFICE, None).due == at(due)


def test_working_says_why_time_did_not_count():
    story = Story(at("2026-05-13T16:00"), [Step(at("2026-05-13T16:00"), "new", "new")])
    story.steps.append(Step(at("2026-05-18T10:00"), "waiting_customer", "waiting"))
    shown = working(story, Terms(), OFFICE, at("2026-05-18T11:00"))
    assert [(i.start, i.counts, i.reason) for i in shown] == [
        (at("2026-05-13T16:00"), True, "business hours"),
        (at("2026-05-13T17:00"), False, "outside business hours"),
        (at("2026-05-14T00:00"), False, "holiday: " + public_holidays("DE-BY", 2026)[dt.date(2026, 5, 14)]),
        (at("2026-05-15T00:00"), False, "holiday: Bridge day"),
        (at("2026-05-16T00:00"), False, "outside business hours"),
        (at("2026-05-18T09:00"), True, "business hours"),
        (at("2026-05-18T10:00"), False, "status: waiting_customer"),
    ]


@pytest.mark.parametrize(
    ("zone", "day", "minute", "utc"),
    [
        ("Europe/Berlin", "2026-03-29", 150, "2026-03-29T01:00"),  # 02:30 is never shown: the jump
        ("Europe/Berlin", "2026-10-25", 150, "2026-10-25T00:30"),  # 02:30 is shown twice: the first
        ("America/Havana", "2026-03-08", 0, "2026-03-08T05:00"),  # midnight itself is skipped
        ("Pacific/Apia", "2011-12-30", 720, "2011-12-30T10:00"),  # a whole day is skipped
    ],
)
def test_instants_where_the_clocks_change(zone, day, minute, utc):
    assert instant(zone, dt.date.fromisoformat(day), minute) == at(utc, "UTC")


def test_reached_during_a_pause_is_judged_by_the_moment_the_pause_began():
    start = at("2026-06-01T09:00")
    story = Story(start, [Step(start, "new", "new"), Step(start + 30 * MINUTE, "waiting_customer", "waiting")])
    stamp = Stamp(start + 300 * MINUTE)
    in_time = stand(story, Terms(), 60 * MINUTE, ALWAYS, stamp)
    late = stand(story, Terms(), 20 * MINUTE, ALWAYS, stamp)
    assert (in_time.met, in_time.spent) == (True, 30 * MINUTE)
    assert late.met is False


def test_time_that_comes_after_a_target_was_reached_does_not_move_its_due_time():
    start = at("2026-06-01T09:00")
    steps = [Step(start, "new", "new"), Step(start + 30 * MINUTE, "waiting_customer", "waiting")]
    steps.append(Step(start + 90 * MINUTE, "open", "open"))
    standing = stand(Story(start, steps), Terms(), 60 * MINUTE, ALWAYS, Stamp(start + 10 * MINUTE))
    assert (standing.due, standing.met) == (start + 60 * MINUTE, True)


def test_hours_that_never_open_promise_nothing():
    never = Hours(week=((),) * 7)
    start = at("2026-06-01T09:00")
    assert stand(Story(start, [Step(start, "new", "new")]), Terms(), MINUTE, never, None).due is None


@pytest.mark.spec("RC-247")
def test_policy_names_the_statuses_that_pause_and_whether_reopening_resumes():
    start = at("2026-06-01T09:00")
    statuses = (("new", "new"), ("waiting_customer", "waiting"), ("on_hold", "waiting"), ("in_progress", "open"))
    statuses += (("solved", "solved"), ("open", "open"))
    story = Story(start, [Step(start + 10 * i * MINUTE, *status) for i, status in enumerate(statuses)])
    until = start + 60 * MINUTE
    assert sum_of(working(story, Terms(), ALWAYS, until)) == 30 * MINUTE
    assert sum_of(working(story, Terms(pausing=frozenset({"on_hold"})), ALWAYS, until)) == 40 * MINUTE
    once, resumed = stamps(story, Terms()), stamps(story, Terms(resumes=True))
    assert once["resolution"].at == start + 40 * MINUTE and resumed["resolution"] is None
    assert once["plan"].at == resumed["plan"].at == start + 30 * MINUTE
    again = Story(start, [*story.steps, Step(until, "solved", "solved"), Step(until + MINUTE, "closed", "closed")])
    assert stamps(again, Terms(resumes=True))["resolution"].at == until


@pytest.mark.parametrize(
    "wrong", [[["12:00", "09:00"]], [["09:00", "13:00"], ["12:00", "17:00"]], [["9", "25:00"]], [["a", "b"]]]
)
def test_hours_out_of_order_are_not_read(wrong):
    with pytest.raises(ValueError):
        read_spans(wrong)
