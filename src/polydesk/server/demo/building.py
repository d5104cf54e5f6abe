"""Builds the demo's two organizations with their people and things, and has every part add its own."""

import importlib
import importlib.util
from collections.abc import Iterable, Mapping
from functools import cache
from types import ModuleType

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from polydesk.directory import founding
from polydesk.directory.demo import Desk
from polydesk.directory.models import (
    Asset,
    Company,
    Organization,
    Person,
    PersonJobRole,
    Product,
    Project,
    Site,
    Team,
    TeamMember,
)
from polydesk.server import furniture, people
from polydesk.server.demo import people_and_things as given
from polydesk.server.demo import telling
from polydesk.server.demo.people_and_things import Member
from polydesk.tickets.models import Tag, Ticket

HOUSE_TICKETS, SECOND_TICKETS = 240, 30
SEED = 20_260_101


def build() -> Desk:
    """The desk as it stands; what is missing is made, all at once or not at all."""
    with transaction.atomic():
        desk = organizations()
        for part in parts("furnish"):
            part.furnish(desk)
        if not Ticket.objects.filter(organization=desk.house).exists():
            now = timezone.now().replace(second=0, microsecond=0)
            telling.tell(telling.Cast.of(desk.house), HOUSE_TICKETS, now, SEED)
            telling.tell(telling.Cast.of(desk.second), SECOND_TICKETS, now, SEED + 1)
    return desk


def conform(desk: Desk) -> None:
    """The data sets that the faces' contracts name (PL-013)."""
    with transaction.atomic():
        for part in parts("conformance"):
            part.conformance(desk)


def parts(function: str) -> Iterable[ModuleType]:
    """The `demo` modules of features, channels and faces that have this function (directory.demo says which)."""
    for app in (*settings.FEATURES, *settings.CHANNELS, *settings.FACES):
        if importlib.util.find_spec(f"{app}.demo"):
            module = importlib.import_module(f"{app}.demo")
            if hasattr(module, function):
                yield module


def organizations() -> Desk:
    house = _organization(given.HOUSE, given.HOUSE_TEAMS, given.HOUSE_MEMBERS, given.HOUSE_CONTACTS)
    second = _organization(given.SECOND, given.SECOND_TEAMS, given.SECOND_MEMBERS, given.SECOND_CONTACTS)
    names = {member.username: member.login for member in (*given.HOUSE_MEMBERS, *given.SECOND_MEMBERS)}
    return Desk(
        house=house,
        second=second,
        people={names[person.username]: person for person in Person.objects.filter(login__in=names)},
        acme=Company.objects.get(organization=house, name="Acme"),
        beta=Company.objects.get(organization=house, name="Beta"),
        support=Team.objects.get(organization=house, name="Support"),
    )


def _organization(
    names: tuple[str, str], teams: Iterable[str], members: Iterable[Member], contacts: Mapping[str, Iterable[str]]
) -> Organization:
    key, name = names
    if existing := Organization.objects.filter(key=key).first():
        return existing
    organization = founding.found(name, key, is_demo=True, email=f"desk@{key}.example", settings={})
    furniture.furnish(organization)
    crew = {team: Team.objects.get_or_create(organization=organization, name=team)[0] for team in teams}
    companies = {company: _company(organization, company) for company in contacts}
    for member in members:
        _member(organization, member, crew, companies)
    for company, names_of_contacts in contacts.items():
        for contact in names_of_contacts:
            _contact(companies[company], contact)
    _things(organization, list(companies.values()))
    return organization


def _company(organization: Organization, name: str) -> Company:
    domain = _domain(name)
    company = Company.objects.create(
        organization=organization, name=name, email=f"ops@{domain}", website=f"https://{domain}", city="Northhaven"
    )
    Site.objects.create(
        organization=organization, company=company, name="Main office", city="Northhaven", is_primary=True
    )
    return company


def _member(
    organization: Organization, member: Member, teams: Mapping[str, Team], companies: Mapping[str, Company]
) -> None:
    person = people.add(
        organization,
        member.username,
        member.name,
        hashed=_hashed(),
        email=member.email or f"{member.login.replace('_', '.')}@{organization.key}.example",
        is_superuser=member.is_superuser,
        role=member.role,
        is_admin=member.is_admin,
        company=companies.get(member.company),
    )
    TeamMember.objects.bulk_create(TeamMember(team=teams[name], person=person) for name in member.teams)
    if member.role in ("agent", "manager"):
        role = founding.job_role(organization, "Technician")
        PersonJobRole.objects.create(person=person, role=role, is_default=True)


@cache
def _hashed() -> str:
    return make_password(given.PASSWORD)


def _contact(company: Company, name: str) -> None:
    login = name.lower().replace(" ", ".")
    founding.add_person(
        company.organization, name, email=f"{login}@{_domain(company.name)}", company=company, role="customer"
    )


def _things(organization: Organization, companies: list[Company]) -> None:
    products = {name: Product.objects.create(organization=organization, name=name) for name in given.PRODUCTS}
    number = 0
    for company in companies:
        for type_, name, product in given.ASSETS:
            number += 1
            Asset.objects.create(
                organization=organization,
                type=type_,
                name=name.format(n=number),
                company=company,
                product=products[product],
                serial_number=f"SN{organization.pk}{number:05}",
            )
    Tag.objects.bulk_create(Tag(organization=organization, name=name) for name in given.TAGS)
    for supplier in given.SUPPLIERS:
        Company.objects.create(organization=organization, name=supplier, is_customer=False, is_supplier=True)
    for name in given.PROJECTS:
        Project.objects.create(organization=organization, name=name, company=companies[0])


def _domain(company: str) -> str:
    return f"{company.split()[0].lower()}.example"
