"""Keeping automations: what does not fit is refused by name, every save is a version, foreign rows are unknown rows."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from polydesk import jobs
from polydesk.directory.models import SecurityEvent, Team
from polydesk.features.automation import keeping, recipe, starters
from polydesk.features.automation.clock import SINCE
from polydesk.features.automation.models import Automation, Run, Version
from polydesk.features.automation.recipe import Event as On
from polydesk.features.automation.recipe import HandTo, Recipe, Then
from polydesk.features.checklists.models import Library
from polydesk.jobs.models import Job
from polydesk.jobs.testing import drain
from polydesk.tickets import commands, placeholders
from polydesk.tickets.kinds import PRIORITIES, STATUSES
from polydesk.tickets.models import Category, CustomField, Queue, Tag
from polydesk.tickets.refusals import Denied, Missing, Refused, Stale

from .test_running import ages

pytestmark = pytest.mark.django_db
CREATED = {"by": "event", "of": ["created"]}
NOTE = {"text": "Seen"}


def kept(world, made, *, row=None, name="Any", by="mona", **facts):
    return keeping.keep(row, by=world.actor(by), name=name, recipe=made, **facts)


def refused(world, made, **facts):
    with pytest.raises(Refused) as caught:
        kept(world, made, **facts)
    assert not Automation.objects.exists()
    return {r.field: (r.rule, r.message) for r in caught.value.refusals}


WRONG = {
    "of": {"when": {"by": "event", "of": ["full_moon"]}, "then": NOTE},
    "field": {"when": {"by": "event", "of": ["changed"], "field": "closed_at"}, "then": NOTE},
    "hours": {"when": {"by": "time", "hours": 0}, "then": NOTE},
    "since": {"when": {"by": "time", "hours": 1, "since": "easter"}, "then": NOTE},
    "condition": {"when": CREATED, "condition": "status:nowhere", "then": NOTE},
    "status": {"when": CREATED, "then": {"values": {"status": "nowhere"}}},
    "priority": {"when": {"by": "event", "of": ["changed"], "field": "priority", "to": "odd"}, "then": NOTE},
    "urgency": {"when": CREATED, "then": {"values": {"urgency": 9}}},
    "closed_at": {"when": CREATED, "then": {"values": {"closed_at": "2026-01-01"}}},
    "fields.odd": {"when": CREATED, "then": {"values": {"fields": {"odd": 1}}}},
    "fields.floor": {"when": CREATED, "then": {"values": {"fields": {"floor": "high"}}}},
    "text": {"when": CREATED, "then": {"text": "x" * 50_001}},
    "then": {"when": CREATED, "then": {"text": "  "}},
    "internal": {"when": CREATED, "then": {"text": "x", "internal": "maybe"}},
    "hand_to": {"when": CREATED, "then": {"hand_to": {"team": 10**9}}},
}


@pytest.mark.parametrize("field", WRONG)
def test_what_does_not_fit_is_refused_with_the_part_that_it_is_about(world, field):
    CustomField.objects.create(organization=world.house, key="floor", name="Floor", type="integer")
    assert field in refused(world, WRONG[field])


@pytest.mark.parametrize("query", ["assignee:me", "status:open -team:mine", "is:mine OR kind:incident"])
def test_a_condition_cannot_speak_of_a_reader(world, query):
    assert "nobody is “me”" in refused(world, {"when": CREATED, "condition": query, "then": NOTE})["condition"][1]


@pytest.mark.spec("RS-112")
def test_rows_of_another_organization_are_unknown_rows(world):
    there = {"organization": world.other}
    team, category = Team.objects.create(name="Theirs", **there), Category.objects.create(name="Theirs", **there)
    queue, tag = Queue.objects.create(name="Theirs", **there), Tag.objects.create(name="Theirs", **there)
    library = Library.objects.create(name="Theirs", **there)
    olga = world.olga.pk

    def shapes(team, category, queue, tag, library, person):
        yield "assignee", Then(values={"assignee": person})
        yield "assigned_teams", Then(values={"assigned_teams": [team]})
        yield "category", Then(values={"category": category})
        yield "queue", Then(values={"queue": queue})
        yield "add_tags", Then(add_tags=[tag])
        yield "remove_tags", Then(text="x", remove_tags=[tag])
        yield "hand_to", Then(hand_to=HandTo(team))
        yield "tell_people", Then(tell_people=[person])
        yield "tell_teams", Then(tell_teams=[team])
        yield "checklist", Then(checklist=library)

    foreign = shapes(team.pk, category.pk, queue.pk, tag.pk, library.pk, olga)
    unknown = shapes(*[10**9] * 6)
    for (field, theirs), (_, nobodys) in zip(foreign, unknown, strict=True):
        answer = refused(world, Recipe(On(of=["created"]), "", theirs))
        assert answer == refused(world, Recipe(On(of=["created"]), "", nobodys)) and answer[field][0] == "unknown"
    for field, pk in (("assignee", olga), ("assigned_teams", team.pk), ("category", category.pk), ("queue", queue.pk)):
        watched = Recipe(On(of=["changed"], field=field, to=pk), "", Then(text="x"))
        nothing = Recipe(On(of=["changed"], field=field, to=10**9), "", Then(text="x"))
        assert refused(world, watched) == refused(world, nothing)


@pytest.mark.spec("RS-171", "RS-110")
def test_only_administrators_of_the_desk_keep_them_and_all_is_remembered(world):
    for login in ("anna", "carl"):
        with pytest.raises(Denied):
            kept(world, {"when": CREATED, "then": NOTE}, by=login)
        with pytest.raises(Denied):
            keeping.listed(world.actor(login))
    row, mona, olga = kept(world, {"when": CREATED, "then": NOTE}), world.actor("mona"), world.actor("olga")
    assert not row.is_active, "a new one is off"
    assert list(keeping.listed(olga)) == []
    for act in (
        lambda: keeping.get(row.pk, by=olga),
        lambda: kept(world, {"when": CREATED, "then": {"text": "Theirs"}}, row=row, by="olga"),
        lambda: keeping.switch(row, True, by=olga),
        lambda: keeping.remove(row, by=olga),
        lambda: keeping.go_back(row, 1, by=olga),
        lambda: keeping.runs(row, by=olga),
    ):
        with pytest.raises(Missing):
            act()
    keeping.switch(row, True, by=mona)
    keeping.switch(row, True, by=mona)
    keeping.switch(row, False, by=mona)
    keeping.remove(row, by=mona)
    verbs = SecurityEvent.objects.filter(verb__startswith="automation.").order_by("id").values_list("verb", "actor_id")
    assert list(verbs) == [
        (f"automation.{verb}", world.mona.pk) for verb in ("created", "switched_on", "switched_off", "removed")
    ]


def test_every_save_is_a_version_and_one_goes_back_by_a_new_one(world):
    row = kept(world, {"when": CREATED, "then": {"text": "One"}})
    same = kept(world, {"when": CREATED, "then": {"text": "One"}}, row=row)
    assert same.version == 1, "what is so already is no version"
    kept(world, {"when": {"by": "time", "hours": 2}, "then": {"text": "Two"}}, row=row, name="Other", expected=1)
    with pytest.raises(Stale):
        kept(world, {"when": CREATED, "then": {"text": "Three"}}, row=row, expected=1)
    row.refresh_from_db()
    assert (row.version, row.name, row.is_timed) == (2, "Other", True)
    back = keeping.go_back(row, 1, by=world.actor("mona"))
    assert (back.version, back.name, back.parts.then.text, back.is_timed) == (3, "Any", "One", False)
    known = Version.objects.filter(automation=row).values_list("number", "name", "by_id")
    assert list(known) == [(n, name, world.mona.pk) for n, name in ((3, "Any"), (2, "Other"), (1, "Any"))]
    with pytest.raises(Missing):
        keeping.go_back(row, 4, by=world.actor("mona"))


def test_the_ready_made_ones_fit_every_desk(world):
    for organization, by in ((world.house, "mona"), (world.other, "olga")):
        for starter in starters.STARTERS.values():
            made = starter.make(starters.first_team(organization.pk))
            row = kept(world, made, name=str(starter.name), by=by)
            assert recipe.read(row.recipe) == made


ODD = [None, True, -3, 9, "", "x", [], [1], {}]
SOME = {
    "status": [*STATUSES, "nowhere"],
    "priority": [*PRIORITIES, None],
    "urgency": range(7),
    "assigned_teams": [[], ["support"]],
}
WORDS = st.sampled_from([f"{{{{{name}}}}}" for name in placeholders.NAMES])
QUERIES = st.sampled_from(["", "is:open", "priority>=low", "status:waiting OR vpn", "-tag:none", "created<1d printer"])
MADE = st.fixed_dictionaries(
    {
        "when": st.sampled_from(
            [{"by": "event", "of": ["created", "changed"]}, {"by": "event", "of": ["note_added", "solved"]}]
            + [{"by": "time", "hours": 1, "since": since} for since in SINCE]
        ),
        "condition": st.one_of(QUERIES, QUERIES, QUERIES, st.text(max_size=15)),
        "then": st.fixed_dictionaries(
            {"text": WORDS | st.text(max_size=20)},
            optional={
                "values": st.fixed_dictionaries(
                    {}, optional={name: st.sampled_from(values) for name, values in SOME.items()}
                )
                | st.dictionaries(st.sampled_from([*SOME, "queue", "fields"]), st.sampled_from(ODD), max_size=1),
                "internal": st.booleans(),
                "tell_teams": st.just(["support"]),
                "hand_to": st.just({"team": "support", "how": "load"}),
            },
        ),
    }
)


def placed(made, team):
    """The team's number where its name stands."""
    if isinstance(made, dict):
        return {name: placed(value, team) for name, value in made.items()}
    if isinstance(made, list):
        return [placed(value, team) for value in made]
    return team if made == "support" else made


@given(made=MADE)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_automation_is_refused_or_runs_without_an_error(world, made):
    Automation.objects.all().delete()
    try:
        row = kept(world, placed(made, world.support.pk))
    except Refused:
        return
    keeping.switch(row, True, by=world.actor("mona"))
    ticket = world.ticket(requester=world.carl.pk)
    ages(2)
    commands.edit(ticket, {"title": "Other"}, by=world.actor("anna"), via="test")
    jobs.later("automation.look", {"automation": row.pk, "after": 0})
    drain()
    assert not Job.objects.dead().exists() and not Job.objects.waiting().exclude(error="").exists()
    assert set(Run.objects.values_list("outcome", flat=True)) <= {"done", "nothing", "refused", "stopped"}
