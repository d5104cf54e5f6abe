"""Whom a text names: agents, teams, suppliers, and the contact behind an e-mail address (CR-036 … CR-043)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Lower

from polydesk.directory.models import Company, Person, Team

from . import presets
from .fields import same

MOST_NAMED = 100
Find = Callable[[object], int | None]
"""Gives the id that a text names, None when it names nobody."""


class Unknown(ValueError):
    """A text that names nobody, or several; the sentence says which."""


@dataclass(frozen=True, slots=True)
class Agents:
    """The agents of an organization by the forms in which they can be written (CR-040)."""

    people: tuple[Person, ...]

    @classmethod
    def of(cls, organization_id: int) -> Agents:
        return cls(tuple(presets.agents(organization_id)))

    def find(self, text: object) -> int | None:
        """Login name first, then e-mail address, full name and number."""
        if isinstance(text, int) and not isinstance(text, bool):
            return next((p.pk for p in self.people if p.pk == text), None)
        if not isinstance(text, str):
            return None
        for said in (_username, _email, _name, _number):
            found = [p.pk for p in self.people if said(p) and same(said(p), text)]
            if found:
                return found[0] if len(found) == 1 else None
        return None


def _username(person: Person) -> str:
    return person.username


def _email(person: Person) -> str:
    return person.email


def _name(person: Person) -> str:
    return person.name


def _number(person: Person) -> str:
    return str(person.pk)


def named(value: object, find: Find, *, what: str) -> list[int | str]:
    """What a text list names, in its order and each once: ids, and the texts that `find` does not know.

    A text is split at commas; a name that holds commas itself is found as the longest run that is known."""
    items = _items(value, what)
    found: list[int | str] = []
    while items:
        for length in range(min(len(items), 6), 0, -1):
            # A JSON array is exact; only the pieces of a text may belong together.
            candidate = ",".join(items[:length]) if length > 1 else items[0]  # type: ignore[arg-type]
            known = find(candidate) if length == 1 or isinstance(value, str) else None
            if known is not None or length == 1:
                found.append(known if known is not None else str(candidate).strip())
                items = items[length:]
                break
    return list(dict.fromkeys(found))


def _items(value: object, what: str) -> list[object]:
    if value is None:
        return []
    if isinstance(value, str):
        pieces: list[object] = list(value.split(",")) if value.strip() else []
        pieces = [piece for piece in pieces if str(piece).strip()]
    elif isinstance(value, list) and all(isinstance(v, str | int) and not isinstance(v, bool) for v in value):
        pieces = [v for v in value if str(v).strip()]
    else:
        raise Unknown(f"{what} must be text, or a list of texts.")
    if len(pieces) > MOST_NAMED:
        raise Unknown(f"{what} may name at most {MOST_NAMED}.")
    return pieces


def teams(organization_id: int) -> Find:
    """Finds an active team by name, else by number (CR-042)."""
    rows = Team.objects.filter(organization_id=organization_id, is_active=True).order_by("id")
    return _finder(dict(rows.values_list("id", "name")))


def suppliers(organization_id: int) -> Find:
    """Finds a supplier by name (CR-043)."""
    rows = Company.objects.filter(organization_id=organization_id, is_supplier=True, is_active=True).order_by("id")
    names = dict(rows.values_list("id", "name"))
    return lambda text: next((i for i, name in names.items() if same(name, str(text))), None)


def _finder(names: Mapping[int, str]) -> Find:
    def find(text: object) -> int | None:
        if isinstance(text, str):
            found = next((i for i, name in names.items() if same(name, text)), None)
            text = int(text) if found is None and text.strip().isdecimal() and len(text) < 19 else text
            if found is not None or isinstance(text, str):
                return found
        return text if text in names else None  # type: ignore[return-value]

    return find


def with_shown(find: Find, shown: Mapping[int, str], ids: Iterable[int]) -> Find:
    """`find`, after what the ticket shows now: a former agent may stay where he stands (RC-002)."""
    present = {i: shown[i] for i in ids if i in shown}
    return lambda text: next((i for i, name in present.items() if same(name, str(text))), None) or find(text)


def make_supplier(organization_id: int, name: str) -> int:
    """A supplier record for a name not known yet (CR-043, RC-048)."""
    return Company.objects.create(organization_id=organization_id, name=name, is_supplier=True, is_customer=False).pk


def contact(organization_id: int, email: str, company: Company | None) -> Person:
    """The person with this address: of the company, of its parent, else a new contact of the company (RC-331).

    Without a company the one match, else a contact without company."""
    everybody = Person.objects.annotate(low=Lower("email")).filter(organization_id=organization_id, low=email.lower())
    everybody = everybody.filter(erased_at__isnull=True, is_system=False).order_by("-is_active", "id")
    if company is None:
        found = list(everybody[:2])
        known = found[0] if len(found) == 1 else everybody.filter(company__isnull=True).first()
    else:
        known = everybody.filter(company=company).first()
        if known is None and company.parent_id:
            known = everybody.filter(company_id=company.parent_id).first()
    return known or _make_contact(organization_id, email, company, everybody)


def _make_contact(organization_id: int, email: str, company: Company | None, everybody: QuerySet[Person]) -> Person:
    name = company.name if company and same(company.email, email) else email
    try:
        with transaction.atomic():
            return Person.objects.create(organization_id=organization_id, name=name[:200], email=email, company=company)
    except IntegrityError:  # made by a parallel request a moment ago
        return everybody.filter(company=company).get()


def company_of(organization_id: int, email: str) -> Company | None:
    """The one customer whose own address this is (CR-036, RC-356)."""
    found = Company.objects.annotate(low=Lower("email")).filter(
        organization_id=organization_id, low=email.lower(), is_customer=True, is_active=True
    )
    only = list(found[:2])
    return only[0] if len(only) == 1 else None
