"""Add, list and change people who sign in."""

import argparse
import secrets

from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.db import transaction

from polydesk.directory import founding
from polydesk.directory.models import Company, Membership, Organization, Person, Role
from polydesk.server import people
from polydesk.server.config import ConfigError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True)

    add = verbs.add_parser("add", help="add a person")
    add.add_argument("login")
    add.add_argument("--name")
    add.add_argument("--email", default="")
    add.add_argument(
        "--role", default="agent", help="customer, requester, editor, agent, manager, importer, or one of yours"
    )
    add.add_argument("--admin", action="store_true", help="administers the organization")
    add.add_argument("--company", help="of a customer, by name")
    add.add_argument("--organization", metavar="KEY")
    add.add_argument("--password", help="without it one is made and shown once")

    show = verbs.add_parser("list", help="show all who may sign in")
    show.add_argument("--organization", metavar="KEY")

    for verb, sentence in (
        ("password", "give a new password, which ends all sessions"),
        ("disable", "let a person no longer in, at once"),
        ("enable", "let a person in again"),
    ):
        parser = verbs.add_parser(verb, help=sentence)
        parser.add_argument("login")
        if verb == "password":
            parser.add_argument("--password", help="without it one is made and shown once")

    role = verbs.add_parser("role", help="give a person another role")
    role.add_argument("login")
    role.add_argument("role")
    role.add_argument("--organization", metavar="KEY")


def run(options: argparse.Namespace) -> int:
    return {"add": add, "list": show, "password": password, "disable": disable, "enable": enable, "role": role}[
        options.verb
    ](options)


def add(options: argparse.Namespace) -> int:
    organization = people.the_organization(options.organization)
    _check_role(organization, options.role)
    if Person.objects.filter(login=options.login).exists():
        raise ConfigError(f"the login {options.login} is taken")
    secret, is_made = _secret(options)
    people.add(
        organization,
        options.login,
        options.name or options.login,
        password=secret,
        email=options.email,
        role=options.role,
        is_admin=options.admin,
        company=_company(organization, options.company),
    )
    print(f"{options.login} may sign in" + (f" with the password {secret}" if is_made else ""))
    return 0


def show(options: argparse.Namespace) -> int:
    members = Membership.objects.select_related("person", "organization", "role").filter(person__user__isnull=False)
    if options.organization:
        members = members.filter(organization=people.the_organization(options.organization))
    for member in members.order_by("organization__key", "person__login"):
        is_in = member.is_active and member.person.is_active
        role = member.role.key if member.role else member.side
        print(
            f"{member.person.login:20} {member.organization.key:16} {role:12}"
            f"{'admin ' if member.is_admin else ''}{'' if is_in else 'disabled'}".rstrip()
        )
    return 0


def password(options: argparse.Namespace) -> int:
    person = people.find(options.login)
    user = _user(person)
    secret, is_made = _secret(options)
    with transaction.atomic():
        user.set_password(secret)
        user.save(update_fields=["password"])
        _end_sessions(user)
    print(f"{options.login} has a new password" + (f": {secret}" if is_made else ""))
    return 0


def disable(options: argparse.Namespace) -> int:
    person = people.find(options.login)
    with transaction.atomic():
        _set_active(person, False)
        _end_sessions(_user(person))
    print(f"{options.login} can no longer sign in; keys of the faces are refused too")
    return 0


def enable(options: argparse.Namespace) -> int:
    _set_active(people.find(options.login), True)
    print(f"{options.login} may sign in again")
    return 0


def role(options: argparse.Namespace) -> int:
    person = people.find(options.login)
    organization = people.the_organization(options.organization) if options.organization else person.organization
    _check_role(organization, options.role)
    old = Membership.objects.filter(person=person, organization=organization).first()
    founding.join(person, organization, role=options.role, is_admin=bool(old and old.is_admin))
    print(f"{options.login} is {options.role} in {organization.key}")
    return 0


def _set_active(person: Person, is_active: bool) -> None:
    user = _user(person)
    person.is_active = user.is_active = is_active
    person.save(update_fields=["is_active", "updated_at"])
    user.save(update_fields=["is_active"])


def _user(person: Person) -> User:
    if person.user is None:
        raise ConfigError(f"{person.name} has no login to the pages (polydesk user add makes one)")
    return person.user


def _end_sessions(user: User) -> None:
    for session in UserSession.objects.filter(user=user):
        session.end()


def _check_role(organization: Organization, key: str) -> None:
    known = list(Role.objects.filter(organization=organization).order_by("id").values_list("key", flat=True))
    if key not in known:
        raise ConfigError(f"there is no role {key} in {organization.key} ({', '.join(known)})")


def _company(organization: Organization, name: str | None) -> Company | None:
    return Company.objects.get_or_create(organization=organization, name=name)[0] if name else None


def _secret(options: argparse.Namespace) -> tuple[str, bool]:
    if options.password is None:
        return secrets.token_urlsafe(12), True
    people.check_password(options.password, options.login)
    return options.password, False
