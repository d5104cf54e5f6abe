"""Between any two writes the program may fail: all of an action is there afterwards, or nothing (RS-002)."""

import pytest
from django.apps import apps
from django.db import transaction

from polydesk.tickets import chain, commands
from polydesk.tickets.commands import NewFile
from polydesk.tickets.models import Ticket
from polydesk.web import failpoints
from polydesk.web.failpoints import Failed, armed

POINTS = [name for name in failpoints.names() if name.startswith("edit.")]
OURS = ("directory", "tickets", "jobs", "web", "search", "sla", "webhooks")


def contents():
    """How many rows every table of ours holds, and all of the tickets'."""
    counts = {
        m._meta.label: m._default_manager.count()
        for label in OURS
        if apps.is_installed(f"polydesk.{label}") or label in apps.app_configs
        for m in apps.get_app_config(label).get_models()
        if m._meta.managed
    }
    return counts, list(Ticket.objects.order_by("pk").values())


def acts(world):
    """Each verb as the action of one request."""
    anna, mona = world.actor("anna"), world.actor("mona")
    ticket, other = world.ticket(description="d"), world.ticket(title="other")
    file = NewFile("a.txt", 3, "a" * 64)
    entry = commands.comment(ticket, "first", by=anna, via="t").comment
    gone = world.ticket(title="gone")
    commands.remove(gone, by=mona, via="t")
    return {
        "create": lambda: commands.create(
            "incident", {"title": "t", "description": "d", "watchers": [world.bob.pk]}, by=anna, via="t", files=[file]
        ),
        "edit": lambda: commands.edit(ticket, {"title": "n", "assigned_people": [world.bob.pk]}, by=anna, via="t"),
        "comment": lambda: commands.comment(
            ticket, "x", by=anna, via="t", files=[file], seconds=60, values={"impact": 2}
        ),
        "edit_comment": lambda: commands.edit_comment(entry, by=anna, via="t", text="second"),
        "attach": lambda: commands.attach(ticket, [file], by=anna, via="t"),
        "close": lambda: commands.close(ticket, by=anna, via="t", rating=("five_points", 5, "")),
        "link": lambda: commands.link(ticket, other, "related", by=anna, via="t"),
        "merge": lambda: commands.merge([ticket], other, by=anna, via="t"),
        "split": lambda: commands.split(ticket, [entry.pk], by=anna, via="t"),
        "remove": lambda: commands.remove(ticket, by=mona, via="t"),
        "purge": lambda: commands.purge(gone, by=mona, via="t"),
    }


@pytest.mark.django_db
@pytest.mark.spec("RS-002", "RS-009", "CE-290", "AT-050", "CR-068")
def test_a_failure_between_any_two_writes_leaves_no_trace(world):
    tried = 0
    for verb, act in acts(world).items():
        before = contents()
        for point in POINTS:
            try:
                with armed(f"{point}:raise"), transaction.atomic():
                    act()
                    raise LookupError(point)  # this verb does not pass the point
            except (Failed, LookupError):
                pass
            assert contents() == before, (verb, point)
            tried += 1
    assert tried == len(POINTS) * 11 and len(POINTS) >= 6
    assert not list(chain.broken())
