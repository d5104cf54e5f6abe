"""The persons, teams and rows that a log names: looked up once, made when missing, kept for the whole import."""

from __future__ import annotations

from typing import Any

from polydesk.directory.models import Asset, Company, Membership, Organization, Person, Team
from polydesk.tickets.checks import Rows
from polydesk.tickets.models import Category


class Cast:
    """Who and what one source names, by the source's own words."""

    def __init__(self, organization: Organization, source: str, rows: Rows) -> None:
        self.organization = organization
        self.source = source
        self.rows = rows
        self._known: dict[tuple[str, ...], Any] = {}
        self._loaded = False

    def make(self, contacts: set[str], staff: set[str]) -> None:
        """Make all of these persons that are missing, in a few statements."""
        if not self._loaded:
            self._load()
        new = [self._new(name) for name in sorted(contacts | staff) if ("person", name) not in self._known]
        Person.objects.bulk_create(new)
        Membership.objects.bulk_create(
            Membership(organization=self.organization, person=p, side=Membership.STAFF) for p in new if p.name in staff
        )
        for person in new:
            self._keep(person, Membership.STAFF if person.name in staff else None)

    def person(self, name: str) -> Person:
        """One whom `make` has made."""
        return self._known[("person", name)]  # type: ignore[no-any-return]

    def _load(self) -> None:
        self._loaded = True
        earlier = Person.objects.filter(organization=self.organization, extra__source=self.source)
        staff = set(Membership.objects.filter(person__in=earlier).values_list("person_id", flat=True))
        for person in earlier:
            self._keep(person, Membership.STAFF if person.pk in staff else None)

    def _new(self, name: str) -> Person:
        first, _, last = name.partition(" ")
        return Person(
            organization=self.organization, name=name, first_name=first, last_name=last, extra={"source": self.source}
        )

    def _keep(self, person: Person, side: str | None) -> None:
        person.side = side  # type: ignore[attr-defined]
        self.rows.keep(person)
        self.rows.answer(("default_role", person.pk), None)
        self._known[("person", person.name)] = person

    def team(self, name: str) -> Team:
        """A team by name."""
        return self._row("team", Team, name)

    def supplier(self, name: str) -> Company:
        """A supplier by name."""
        return self._row("supplier", Company, name, is_supplier=True, is_customer=False)

    def asset(self, name: str) -> Asset:
        """A device by name."""
        return self._row("asset", Asset, name, type="device")

    def category(self, *names: str) -> Category | None:
        """The node of the category tree at this path; made when missing."""
        node = None
        for depth in range(len(names)):
            path = names[: depth + 1]
            key = ("category", *path)
            if key not in self._known:
                found, _ = Category.objects.get_or_create(
                    organization=self.organization, parent=node, name=path[-1][:100], defaults={"for_customers": False}
                )
                self.rows.keep(found)
                self._known[key] = found
            node = self._known[key]
        return node

    def _row(self, word: str, model: Any, name: str, **facts: Any) -> Any:
        key = (word, name)
        if key not in self._known:
            row, _ = model.objects.get_or_create(organization=self.organization, name=name, defaults=facts)
            self.rows.keep(row)
            self._known[key] = row
        return self._known[key]
