"""A ticket that everybody wrote on, watches and links to is still answered within a second, page by page (RS-165)."""

import json
import time
from urllib.parse import quote

import pytest
from django.test import Client

from polydesk.directory import actors
from polydesk.directory.models import Membership, Person
from polydesk.tickets import commands
from polydesk.tickets.models import Comment, Relation, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RS-165")]

AT = "/ATServicesRest/V1.0"
COMMENTS, PEOPLE, LINKS = 10_000, 1_000, 5_000


@pytest.fixture
def large(world):
    """The rows as they lie in the database; making them one by one would take minutes."""
    anna = world.actor("anna")
    Person.objects.bulk_create(Person(organization=world.house, name=f"Watcher {n}") for n in range(PEOPLE))
    watchers = list(Person.objects.filter(name__startswith="Watcher"))
    Membership.objects.bulk_create(
        Membership(organization=world.house, person=person, side="customer") for person in watchers
    )
    ticket = commands.create(
        "incident",
        {"title": "large", "description": "d", "watchers": [person.pk for person in watchers]},
        by=anna,
        via="test",
    )
    pattern = commands.comment(ticket, "pattern", by=anna, via="test").comment
    Comment.objects.bulk_create(copies(pattern, COMMENTS, text=lambda n: f"comment {n}"), batch_size=500)
    Ticket.objects.bulk_create(copies(world.ticket(title="other"), LINKS, title=lambda n: f"other {n}"), batch_size=500)
    others = Ticket.objects.filter(title__startswith="other ").values_list("pk", flat=True)
    commands.link(ticket, world.ticket(title="linked"), "related", by=anna, via="test")
    made = Relation.objects.filter(source=ticket).first() or Relation.objects.get(target=ticket)
    sides = ("target_id", "source_id") if made.source_id == ticket.pk else ("source_id", "target_id")
    Relation.objects.bulk_create(copies(made, LINKS, **{sides[0]: lambda n: others[n]}), batch_size=500)
    return Ticket.objects.get(pk=ticket.pk)


def copies(row, count, **changed):
    """Rows like this one but for some columns."""
    model = type(row)
    values = {f.attname: getattr(row, f.attname) for f in model._meta.concrete_fields if not f.primary_key}
    values.pop("uuid", None)
    return [model(**values | {name: make(n) for name, make in changed.items()}) for n in range(count)]


def test_every_face_answers_within_a_second_and_a_new_comment_within_two(world, large):
    number = large.pk
    key = {face: actors.issue(world.mona, face)[1] for face in ("native", "centurion")}
    bearer = {"Authorization": f"Bearer {key['native']}"}
    token = {"Authorization": f"Token {key['centurion']}"}
    pages = Client()
    pages.force_login(world.mona.user, "django.contrib.auth.backends.ModelBackend")
    limits = {"username": "anna@house.test", "integration_code": "CODE"}
    _, secret = actors.issue(world.anna, "autotask", limits=limits)
    autotask = Client(headers={"UserName": limits["username"], "ApiIntegrationCode": "CODE", "Secret": secret})
    only = quote(json.dumps({"filter": [{"op": "eq", "field": "ticketID", "value": number}]}))
    asked = {
        f"{AT}/Tickets/{number}": autotask,
        f"{AT}/Tickets/{number}/Notes": autotask,
        f"{AT}/Tickets/{number}/SecondaryResources": autotask,
        f"{AT}/Tickets/{number}/AdditionalContacts": autotask,
        f"{AT}/TicketNotes/query?search={only}": autotask,
        f"{AT}/TicketNotes/query/count?search={only}": autotask,
        f"{AT}/TicketHistory/query?search={only}": autotask,
        f"/api/v1/tickets/{number}": Client(headers=bearer),
        f"/api/v1/tickets/{number}/comments?limit=50": Client(headers=bearer),
        f"/api/v1/tickets/{number}/relations": Client(headers=bearer),
        f"/api/v2/core/ticket/{number}/comments": Client(headers=token),
        f"/t/{number}": pages,
    }
    slow = {path: took for path, client in asked.items() if (took := quickest(client, path)) > 1}
    began = time.process_time()
    assert commands.comment(large, "one more", by=world.actor("anna"), via="test").comment
    assert time.process_time() - began < 2
    assert slow == {}


def quickest(client, path):
    """Seconds of processor time, the best of three: beside others the same work may take a machine twice as long."""
    took = []
    for _ in range(4):  # the first one reads what is read once per process
        began = time.process_time()
        assert client.get(path).status_code == 200, path
        took.append(time.process_time() - began)
        if took[1:] and took[-1] < 0.5:
            break
    return min(took[1:])
