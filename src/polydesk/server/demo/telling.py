"""Tells the stories through the engine's commands, in the order in which they happened.

Each ticket is a generator that says when it goes on; the next to go on is always the one whose moment comes first, so
that numbers and events are in true order."""

import datetime as dt
import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from polydesk.directory import actors
from polydesk.directory.actors import Actor
from polydesk.directory.models import Asset, Organization, Person, Project, Team
from polydesk.server.demo.stories import BY_KIND, CUSTOMER, NOTE, STORIES, Story
from polydesk.server.progress import Progress
from polydesk.tickets import commands, kinds
from polydesk.tickets.models import Category, Queue, Tag, Ticket
from polydesk.tickets.rules import assignment

ROOMS = ("room 2.14", "the workshop", "room 0.03", "the library", "hall B", "room 3.01")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
NEWCOMERS = ("Yara Stone", "Zeno Fabri", "Amir Farah", "Bianca Roth", "Cem Aydin", "Dora Novak")
CHANNELS = (("portal", "portal"), ("email", "email"), ("web", "phone"), ("web", "agent"))
SPAN_DAYS = 60
# What a desk looks like: most is done, the rest is on its way.
ENDS = {
    "old": (("closed", 80), ("solved", 8), ("dropped", 6), ("on_hold", 3), ("waiting_supplier", 3)),
    "recent": (
        ("closed", 22), ("solved", 16), ("in_progress", 18), ("assigned", 12), ("waiting_customer", 10),
        ("waiting_supplier", 5), ("scheduled", 4), ("escalated", 3), ("open", 4), ("new", 6),
    ),
    "today": (("new", 50), ("assigned", 25), ("in_progress", 20), ("waiting_customer", 5)),
}  # fmt: skip


@dataclass
class Cast:
    """Everybody and everything a story may need, in one organization."""

    organization: Organization
    agents: list[Actor]
    customers: list[Actor]
    contacts: list[Person]
    categories: dict[str, Category]
    queues: list[Queue]
    teams: list[Team]
    assets: list[Asset]
    projects: list[Project]
    tags: list[Tag]
    tickets: list[Ticket] = field(default_factory=list)

    @classmethod
    def of(cls, organization: Organization) -> "Cast":
        people = Person.objects.filter(organization=organization, is_system=False, is_active=True).order_by("id")
        members = [actor for person in people if person.login and (actor := actors.of(person, organization))]
        return cls(
            organization,
            [actor for actor in members if actor.is_staff and "triage:*" in actor.rights],
            [actor for actor in members if actor.side == "customer"],
            [person for person in people.select_related("company") if person.company_id and not person.login],
            {row.name: row for row in Category.objects.filter(organization=organization).order_by("id")},
            list(Queue.objects.filter(organization=organization, is_active=True).order_by("id")),
            list(Team.objects.filter(organization=organization).order_by("id")),
            list(Asset.objects.filter(organization=organization).order_by("id")),
            list(Project.objects.filter(organization=organization).order_by("id")),
            list(Tag.objects.filter(organization=organization).order_by("id")),
        )


def tell(cast: Cast, count: int, now: dt.datetime, seed: int) -> list[Ticket]:
    """Every kind in every status once, the rest as chance has it, up to `count`; the same for the same seed."""
    luck = random.Random(seed)
    plans = [(kind, status) for kind in kinds.KINDS for status in sorted(kinds.KINDS[kind].allowed)]
    plans = plans[:: max(1, len(plans) // max(count - 20, 1))] if count < len(plans) else plans
    running: list[tuple[dt.datetime, int, Iterator[dt.datetime]]] = []
    for number in range(count):
        began = now - dt.timedelta(days=SPAN_DAYS * luck.random() ** 1.6, minutes=5 + luck.randrange(600))
        kind, status = plans[number] if number < len(plans) else _by_chance(luck, now - began)
        story = luck.choice(BY_KIND[kind])
        ticket = _Telling(cast, story, status, began, now, random.Random(seed * 1_000 + number))
        running.append((began, number, ticket.go()))
    heapq.heapify(running)
    with Progress(f"writing tickets of {cast.organization.name}", count) as progress:
        while running:
            _, number, telling = heapq.heappop(running)
            later = next(telling, None)
            if later is None:
                progress.step()
            else:
                heapq.heappush(running, (later, number, telling))
    _relate(cast, luck)
    return cast.tickets


def _by_chance(luck: random.Random, age: dt.timedelta) -> tuple[str, str]:
    story = luck.choice(STORIES)
    period = "old" if age.days > 14 else "recent" if age.days > 1 else "today"
    words, weights = zip(*ENDS[period], strict=True)
    end = luck.choices(words, weights)[0]
    return story.kind, _dropped(story.kind) if end == "dropped" else end


def _dropped(kind: str) -> str:
    return next(s for s in ("invalid", "cancelled", "closed") if s in kinds.KINDS[kind].allowed)


class _Telling:
    """One ticket from its first word to the status where the demo finds it."""

    def __init__(
        self, cast: Cast, story: Story, end: str, began: dt.datetime, now: dt.datetime, luck: random.Random
    ) -> None:
        self.cast, self.story, self.end, self.now, self.luck = cast, story, end, now, luck
        self.moment = began
        self.agent = luck.choice(cast.agents)
        self.phase = kinds.STATUSES[end].phase
        self.asset = luck.choice(cast.assets)
        self.words = {
            "asset": self.asset.name,
            "room": luck.choice(ROOMS),
            "person": luck.choice(NEWCOMERS),
            "day": luck.choice(DAYS),
            "n": luck.randrange(10_000, 99_999),
        }

    def go(self) -> Iterator[dt.datetime]:
        self._open()
        # The new lie untouched; everything else is taken up, talked about, and ended.
        if self.phase != "new":
            yield self._later(2, 120)
            self._take_up()
            for who, text in self._talk():
                yield self._later(5, 900)
                self._say(who, text)
        yield self._later(5, 300)
        self._end()

    def _later(self, least: int, most: int) -> dt.datetime:
        """Some minutes on, and never in the future."""
        wait = dt.timedelta(minutes=self.luck.randint(least, most), seconds=self.luck.randrange(60))
        self.moment = min(self.moment + wait, self.moment + (self.now - self.moment) / 2)
        return self.moment

    def _open(self) -> None:
        luck, cast, story = self.luck, self.cast, self.story
        values: dict[str, Any] = {
            "title": self._fill(story.title),
            "description": self._fill(story.text),
            "priority": story.priority,
            "urgency": luck.choice((None, 2, 3, 4)),
        }
        if story.category in cast.categories:
            values["category"] = cast.categories[story.category].pk
        values |= {"draft": {"status": "draft"}}.get(self.end, {})
        self.speaker, via, values = self._requester(values)
        ticket = commands.create(story.kind, values, by=self.speaker, via=via, at=self.moment)
        self.ticket = ticket.pk
        cast.tickets.append(ticket)

    def _requester(self, values: dict[str, Any]) -> tuple[Actor, str, dict[str, Any]]:
        """Who writes it: a customer himself, an agent for a contact on the phone, or agents among themselves."""
        inside = self.story.kind not in ("request", "incident")
        if inside:
            source = "monitoring" if self.story.kind == "alert" else "agent"
            return self.agent, "web", values | {"channel": source}
        via, channel = self.luck.choice(CHANNELS)
        if via != "web" and self.cast.customers:
            customer = self.luck.choice(self.cast.customers)
            himself = {"requester": customer.person_id, "company": customer.company_id, "channel": channel}
            return customer, via, values | himself
        contact = self.luck.choice(self.cast.contacts)
        asked = {"requester": contact.pk, "company": contact.company_id, "channel": channel}
        return self.agent, "web", values | asked

    def _take_up(self) -> None:
        values: dict[str, Any] = {"assignee": self.agent.person_id, "queue": self.luck.choice(self.cast.queues).pk}
        if self.luck.random() < 0.3:
            values["tags"] = [tag.pk for tag in self.luck.sample(self.cast.tags, 2)]
        if "{asset}" in self.story.title + self.story.text:
            values["asset"] = self.asset.pk
        if self.story.kind == "project_task" and self.cast.projects:
            values["project"] = self.luck.choice(self.cast.projects).pk
        if self.luck.random() < 0.4:
            values["assigned_teams"] = [self.luck.choice(self.cast.teams).pk]
        self._edit(values, also=(assignment.status_follows_assignment,))

    def _talk(self) -> tuple[tuple[str, str], ...]:
        """What is done was talked through; what is under way has come half."""
        told = self.story.talk
        return told if self.phase in ("solved", "closed") else told[: self.luck.randint(1, len(told))]

    def _say(self, who: str, text: str) -> None:
        customer = self.speaker if self.speaker.side == "customer" else None
        if who == CUSTOMER and customer is None:
            who, text = NOTE, f"By phone: {text}"
        seconds = self.luck.choice((0, 0, 300, 600, 900, 1800)) if who != CUSTOMER else 0
        commands.add_comment(
            self.ticket,
            self._fill(text),
            by=customer if who == CUSTOMER and customer else self.agent,
            via="portal" if who == CUSTOMER else "web",
            internal=who == NOTE,
            seconds=seconds,
            at=self.moment,
        )

    def _end(self) -> None:
        values: dict[str, Any] = {"status": self.end}
        if self.phase in ("solved", "closed"):
            values["resolution"] = self.story.resolution
        if self.end == "scheduled":
            values |= {
                "planned_start": self.now + dt.timedelta(days=2),
                "planned_finish": self.now + dt.timedelta(days=3),
            }
        self._edit(values)

    def _edit(self, values: dict[str, Any], also: Any = ()) -> None:
        commands.edit(self.ticket, values, by=self.agent, via="web", at=self.moment, also=also)

    def _fill(self, text: str) -> str:
        return text.format(**self.words)


def _relate(cast: Cast, luck: random.Random) -> None:
    """Incidents of one problem, children of one parent, one pair merged: by an agent, today."""
    by = cast.agents[0]
    problems = [t for t in cast.tickets if t.kind == "problem"]
    incidents = [t for t in cast.tickets if t.kind == "incident"]
    for ticket in incidents[: len(incidents) // 6]:
        commands.edit(ticket.pk, {"problem": luck.choice(problems).pk}, by=by, via="web")
    for one, other in zip(incidents[-6:-3], incidents[-3:], strict=False):
        commands.link(one.pk, other.pk, "related", by=by, via="web")
    tasks = [t for t in cast.tickets if t.kind == "project_task"]
    for task in tasks[1:5]:
        commands.edit(task.pk, {"parent": tasks[0].pk}, by=by, via="web")
