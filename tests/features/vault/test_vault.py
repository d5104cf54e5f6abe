"""Secrets: sealed at rest, shown to the staff alone, logged, once or until they expire."""

from datetime import timedelta

import pytest
from django.utils import timezone

from polydesk.features import vault
from polydesk.features.vault.models import Secret, Use, Viewing
from polydesk.features.vault.sweep import sweep
from polydesk.tickets import commands
from polydesk.tickets.models import Comment, Event
from polydesk.tickets.refusals import Denied, Missing

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RC-096", "SE-155")]


@pytest.fixture
def carl(world):
    return world.actor("carl")


def hand_over(world, **facts):
    carl = world.actor("carl")
    secret = vault.put("Root password", "correct horse", by=carl, **facts)
    values = {"title": "Server down", "requester": world.carl, "company": world.acme}
    ticket = commands.create("request", values, by=carl, via="test", also=(vault.hang([secret]),))
    return secret, ticket


def test_the_value_is_sealed_at_rest_and_differs_each_time(world, carl):
    one, other = (vault.put("t", "correct horse", by=carl) for _ in range(2))
    assert "correct" not in one.sealed and one.sealed != other.sealed
    assert (one.company, one.author) == (world.acme, world.carl)


def test_a_secret_makes_the_opening_message_and_hangs_on_it_in_the_same_event(world):
    secret, ticket = hand_over(world)
    use = Use.objects.get()
    assert use.comment == Comment.objects.get(ticket=ticket) and use.comment.type == "opening"
    assert list(vault.on_ticket(ticket)) == [secret]
    event = Event.objects.get(ticket_id=ticket.pk)
    assert event.changes["+secret"] == [{"id": secret.pk, "title": "Root password"}]
    assert "correct" not in str(event.changes)


def test_staff_are_shown_the_value_and_each_showing_is_logged(world):
    secret, _ = hand_over(world)
    anna = world.actor("anna")
    assert vault.reveal(secret, by=anna, via="desk") == "correct horse"
    assert vault.reveal(secret.pk, by=anna, via="desk") == "correct horse"
    assert [(v.person_id, v.via, v.outcome) for v in Viewing.objects.all()] == [(world.anna.pk, "desk", "shown")] * 2


def test_customers_are_not_shown_it_and_strangers_do_not_know_of_it(world, carl):
    secret, _ = hand_over(world)
    with pytest.raises(Denied):
        vault.reveal(secret, by=carl, via="test")
    assert Viewing.objects.get().outcome == "denied"
    for stranger in ("olga", "rita"):
        with pytest.raises((Missing, Denied)):
            vault.reveal(secret, by=world.actor(stranger), via="test")
    with pytest.raises(Missing):
        vault.reveal(vault.put("hangs nowhere", "x", by=carl), by=world.actor("anna"), via="test")


def test_view_once_is_destroyed_by_its_first_showing(world):
    secret, _ = hand_over(world, view_once=True)
    anna = world.actor("anna")
    assert vault.reveal(secret, by=anna, via="desk") == "correct horse"
    assert Secret.objects.get().sealed == ""
    with pytest.raises(vault.Gone, match="shown already"):
        vault.reveal(secret, by=anna, via="desk")
    assert [v.outcome for v in Viewing.objects.all()] == ["shown", "used"]


def test_an_expired_secret_is_not_shown_and_the_sweep_destroys_it(world):
    secret, _ = hand_over(world, expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(vault.Gone, match="expired"):
        vault.reveal(secret, by=world.actor("anna"), via="desk")
    assert sweep(timezone.now()) == 1
    assert Secret.objects.get().sealed == ""


def test_the_sweep_leaves_what_hangs_on_a_message_and_destroys_what_hangs_nowhere(world, carl):
    kept, _ = hand_over(world)
    vault.put("forgotten", "x", by=carl)
    assert sweep(timezone.now()) == 0
    assert sweep(timezone.now() + timedelta(hours=25)) == 1
    assert Secret.objects.get(pk=kept.pk).sealed


def test_a_company_owns_its_secrets(world, carl):
    mine, staffs = vault.put("t", "x", by=carl), vault.put("t", "x", by=world.actor("anna"))
    both = [mine.pk, staffs.pk]
    assert list(vault.own(carl, both)) == [mine.pk]
    assert list(vault.own(world.actor("anna"), both)) == [staffs.pk]
    assert not vault.own(world.actor("olga"), both)


def test_former_keys_still_open_and_foreign_ones_do_not(world, settings):
    secret, _ = hand_over(world)
    former, settings.SECRET_KEY = settings.SECRET_KEY, "another key for tests that protects nothing"
    with pytest.raises(vault.Gone, match="key"):
        vault.reveal(secret, by=world.actor("anna"), via="desk")
    settings.SECRET_KEY_FALLBACKS = [former]
    assert vault.reveal(secret, by=world.actor("anna"), via="desk") == "correct horse"
    Secret.objects.update(organization=world.other)
    with pytest.raises(Missing):
        vault.reveal(secret, by=world.actor("anna"), via="desk")
