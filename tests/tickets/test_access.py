"""Who may do what: the set and the single question agree, and every verb needs its right."""

import itertools

import pytest

from polydesk.directory import actors
from polydesk.directory.actors import Actor
from polydesk.directory.models import Credential
from polydesk.tickets import access, commands, queries
from polydesk.tickets.kinds import KINDS
from polydesk.tickets.models import Ticket

pytestmark = pytest.mark.django_db


@pytest.mark.spec("RC-192", "RC-272", "RS-138", "RS-110")
def test_what_is_listed_is_what_can_be_seen(world):
    mona = world.actor("mona")
    combinations = itertools.product(
        ("request", "change", "project_task"),
        (None, world.acme, world.beta),
        (None, world.carl, world.rita),
        (True, False),
    )
    for kind, company, requester, shared in combinations:
        ticket = world.ticket(
            kind=kind,
            company=company,
            requester=requester,
            shared=shared,
            access="project_users",
            access_projects=["p"],
        )
        if company == world.beta:
            commands.remove(ticket, by=mona, via="t")
    reader = Actor(
        world.house.pk,
        world.rita.pk,
        side="customer",
        reads_by="rights",
        rights=frozenset({"view:change", "add:request"}),
    )
    project = Actor(world.house.pk, world.carl.pk, side="customer", company_id=world.acme.pk, projects=("p",))
    elsewhere = Actor(world.house.pk, world.carl.pk, side="customer", company_id=world.acme.pk, projects=("q",))
    alone = Actor(world.house.pk, world.carl.pk, side="customer", company_id=world.acme.pk, sees_company=False)
    everybody = [world.actor(login) for login in ("anna", "mona", "rita", "carl", "olga")]
    everybody += [reader, project, elsewhere, alone, actors.system(world.house.pk)]
    for actor in everybody:
        listed = set(queries.visible_to(actor).values_list("pk", flat=True))
        listed |= set(queries.visible_to(actor, deleted=True).values_list("pk", flat=True)) if actor.is_staff else set()
        seen = {t.pk for t in Ticket.objects.all() if queries.can_see(actor, t)}
        assert listed == seen, actor


@pytest.mark.parametrize("verb", sorted(access.NEEDS))
@pytest.mark.spec("RS-138", "CE-073", "RC-201")
def test_every_verb_needs_one_of_its_rights_and_no_other_kind_helps(verb):
    for kind in KINDS:
        codes = KINDS[kind].codes
        for right in access.VERBS:
            holder = Actor(1, 2, rights=frozenset({f"{right}:{codes}"}))
            assert bool(access.may(holder, verb, kind=kind)) == (right in access.NEEDS[verb])
            other = Actor(1, 2, rights=frozenset({f"{right}:{'problem' if codes != 'problem' else 'change'}"}))
            assert not access.may(other, verb, kind=kind)


@pytest.mark.spec("RC-191", "CE-275", "RS-130", "PL-014")
def test_a_credential_gives_the_same_actor_as_the_person(world):
    _, secret = actors.issue(world.anna, "native", scopes=["read"])
    by_key, by_person = actors.by_secret("native", secret), actors.of(world.anna)
    for name in (
        "organization_id",
        "person_id",
        "side",
        "rights",
        "team_ids",
        "company_id",
        "is_admin",
        "name",
        "login",
    ):
        assert getattr(by_key, name) == getattr(by_person, name), name
    assert actors.by_secret("crm", secret) is None and actors.by_secret("native", secret + "x") is None
    assert not Credential.objects.filter(digest=secret).exists()


@pytest.mark.spec("RC-294", "RS-118", "RS-130")
def test_revoking_deactivating_and_leaving_act_at_once(world):
    from django.utils import timezone

    for change in (
        lambda c: Credential.objects.filter(pk=c.pk).update(revoked_at=timezone.now()),
        lambda c: Credential.objects.filter(pk=c.pk).update(expires_at=timezone.now()),
        lambda c: c.person.memberships.update(is_active=False),
        lambda c: type(c.person).objects.filter(pk=c.person_id).update(is_active=False),
    ):
        person = world.people["bob"]
        type(person).objects.filter(pk=person.pk).update(is_active=True)
        person.memberships.update(is_active=True)
        credential, secret = actors.issue(person, "native")
        assert actors.by_secret("native", secret) is not None
        change(credential)
        assert actors.by_secret("native", secret) is None
