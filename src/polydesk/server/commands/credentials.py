"""Issue, list and revoke keys of the faces. A key is shown once; only its SHA-256 is kept (PL-014)."""

import argparse
from datetime import timedelta

from django.utils import timezone

from polydesk.directory import actors
from polydesk.directory.models import Credential
from polydesk.features import keys
from polydesk.server import people
from polydesk.server.config import ConfigError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True)

    create = verbs.add_parser("create", help="issue a key")
    create.add_argument("--face", required=True, choices=keys.FACES)
    create.add_argument("--user", required=True, metavar="LOGIN")
    create.add_argument("--organization", metavar="KEY", help="other than the person's own")
    create.add_argument("--name", default="", help="what it is for")
    create.add_argument("--read-only", action="store_true")
    create.add_argument("--expires", type=int, metavar="DAYS")
    create.add_argument("--project", action="append", default=[], metavar="ID", help="only this project (selectel)")

    show = verbs.add_parser("list", help="show all keys, without their secrets")
    show.add_argument("--user", metavar="LOGIN")

    revoke = verbs.add_parser("revoke", help="end a key at once")
    revoke.add_argument("id", type=int)


def run(options: argparse.Namespace) -> int:
    return {"create": create, "list": show, "revoke": revoke}[options.verb](options)


def create(options: argparse.Namespace) -> int:
    person = people.find(options.user)
    organization = people.the_organization(options.organization) if options.organization else person.organization
    if actors.of(person, organization) is None:
        raise ConfigError(f"{options.user} is no active member of {organization.key}")
    if options.expires is not None and options.expires < 1:
        raise ConfigError("--expires takes a number of days from 1")
    if options.project and options.face not in keys.SCOPED:
        raise ConfigError(f"--project is for {', '.join(keys.SCOPED)}")
    credential, shown = keys.issue(
        person,
        options.face,
        projects=options.project,
        organization=organization,
        name=options.name,
        read_only=options.read_only,
        expires_at=timezone.now() + timedelta(days=options.expires) if options.expires else None,
    )
    print(f"key {credential.pk} for {options.face}, shown this once:")
    for name, value in shown.items():
        print(f"  {name}: {value}")
    return 0


def show(options: argparse.Namespace) -> int:
    found = Credential.objects.select_related("person", "organization").order_by("id")
    if options.user:
        found = found.filter(person=people.find(options.user))
    for key in found:
        print(
            f"{key.pk:6} {key.face:10} {key.person.username:20} {key.organization.key:16} {key.prefix}…  "
            f"{'read-only ' if key.read_only else ''}{_state(key)} {key.name}".rstrip()
        )
    return 0


def revoke(options: argparse.Namespace) -> int:
    found = Credential.objects.filter(pk=options.id).first()
    ended = found is not None and actors.revoke(found)
    if not ended:
        raise ConfigError(f"there is no valid key {options.id}")
    print(f"key {options.id} is revoked")
    return 0


def _state(key: Credential) -> str:
    if key.revoked_at:
        return f"revoked {key.revoked_at:%Y-%m-%d}"
    return f"until {key.expires_at:%Y-%m-%d}" if key.expires_at else "without end"
