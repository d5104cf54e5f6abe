"""A person is erased: nothing of him is left to read, and every chain still verifies (RS-174)."""

import pytest
from django.apps import apps
from django.core import serializers

from polydesk.directory import audit
from polydesk.features import search
from polydesk.tickets import chain, commands, erasing
from polydesk.tickets.refusals import Denied

pytestmark = pytest.mark.django_db


def everything():
    """All rows of directory and tickets as text."""
    models = [m for label in ("directory", "tickets") for m in apps.get_app_config(label).get_models()]
    return " ".join(serializers.serialize("json", m.objects.all()) for m in models)


@pytest.mark.spec("RS-174", "PL-022")
def test_nothing_of_an_erased_person_can_be_read_and_the_chains_hold(world):
    ticket = world.ticket(
        requester=world.carl, company=world.acme, title="Zebra printer", description="Zebra is broken"
    )
    commands.comment(ticket, "Zebra again", by=world.actor("carl"), via="portal")
    commands.comment(ticket, "We look at it", by=world.actor("anna"), via="web")
    assert erasing.erase(world.carl, by=world.actor("mona")) > 0
    left = everything()
    for word in ("Zebra", "carl@acme.example", "Carl Customer", '"carl"'):
        assert word not in left, word
    assert not list(chain.broken()) and not list(audit.broken())
    assert not search.tickets(world.actor("anna"), "zebra").exists()
    ticket.refresh_from_db()
    assert ticket.requester_id == world.carl.pk


@pytest.mark.spec("RS-138", "RS-174")
def test_only_administrators_erase(world):
    with pytest.raises(Denied):
        erasing.erase(world.carl, by=world.actor("anna"))
