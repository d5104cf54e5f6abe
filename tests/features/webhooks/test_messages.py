"""What is sent: types, shapes, signatures, and only what the owner may see."""

import base64
import datetime as dt
import hashlib
import hmac
from pathlib import Path

import jsonschema
import pytest
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from polydesk.directory import founding
from polydesk.directory.models import Membership, SlaPolicy
from polydesk.features import sla
from polydesk.features.webhooks import endpoints, messages, types
from polydesk.features.webhooks.formats import FORMATS, Format, Outgoing, register
from polydesk.features.webhooks.models import Delivery
from polydesk.jobs.testing import drain, run_tick
from polydesk.tickets import commands
from polydesk.tickets.models import Attachment, Event, Relation
from polydesk.tickets.refusals import Denied, Refused

pytestmark = pytest.mark.django_db


def act(world, login="anna"):
    return {"by": world.actor(login), "via": "test"}


def life(world):
    """A ticket on which everything happens that a message can tell of, step by step."""
    gold = SlaPolicy.objects.create(organization=world.house, name="Gold")
    sla.promise(gold, response=0)
    by, chief = act(world), act(world, "mona")
    ticket = world.ticket(kind="request", description="Help", requester=world.carl, company=world.acme, sla=gold)
    other = world.ticket(kind="request", company=world.acme)
    yield run_tick("sla.breaches", now=timezone.now() + dt.timedelta(minutes=2))
    yield commands.edit(ticket, {"priority": "high"}, **by)
    yield commands.assign(ticket, world.bob, **by)
    yield (entry := commands.comment(ticket, "Look here", **by).comment)
    yield commands.edit_comment(entry, text="Look there", **by)
    yield commands.remove_comment(entry, **chief)
    link = commands.NewLink(type="url", title="a", url="https://example.com/")
    yield commands.attach(ticket, [link], **by)
    yield commands.detach(Attachment.objects.get(), **by)
    yield (time := commands.add_time(ticket, 60, **by).time)
    yield commands.edit_time(time, seconds=120, **by)
    yield commands.remove_time(time, **by)
    yield commands.link(ticket, other, "related", **by)
    yield commands.unlink(Relation.objects.get(), **by)
    yield commands.close(ticket, status="solved", **by)
    yield commands.reopen(ticket, **by)
    yield commands.close(ticket, **by)
    yield commands.rate(ticket, scale="five_points", score=5, **act(world, "carl"))
    yield commands.merge([other], ticket, **by)
    yield commands.remove(ticket, **chief)
    yield commands.restore(ticket, **chief)
    yield commands.remove(ticket, **chief)
    yield commands.purge(ticket, **chief)


@pytest.mark.spec("RS-044", "RS-040", "RS-042")
def test_every_type_of_message_fits_its_published_schema(world, receiver, endpoint):
    for _ in life(world):
        drain()
    endpoints.test(endpoint, by=world.actor("mona"))
    drain()
    schema = messages.schema(types.TYPES)
    for got in receiver.got:
        jsonschema.validate(got.message, schema)
        assert got.headers["content-type"] == "application/json"
    unsent = Delivery.objects.exclude(state=Delivery.DELIVERED)
    assert not unsent, [(d.type, d.state, d.error) for d in unsent]
    assert set(types.TYPES) == set(receiver.types)


@pytest.mark.spec("RS-042")
def test_messages_of_a_ticket_come_in_the_order_of_its_events(world, receiver, endpoint):
    ticket = world.ticket()
    for number in range(8):
        commands.comment(ticket, f"{number}", **act(world))
    drain()
    told = [g.message["data"] for g in receiver.got]
    assert [d["event"] for d in told] == list(
        Event.objects.filter(ticket_id=ticket.pk).order_by("number").values_list("pk", flat=True)
    )
    assert [d["comments"][0]["text"] for d in told[1:]] == [str(n) for n in range(8)]


@pytest.mark.spec("RS-043")
def test_signature_is_that_of_the_specification(world, receiver, endpoint):
    world.ticket(title="Prüfung & <tag>")
    drain()
    (got,) = receiver.got
    body = got.body.decode()
    assert Webhook(endpoint.plain_secret).verify(body, got.headers)["type"] == "ticket.created"
    key = base64.b64decode(endpoint.plain_secret.removeprefix("whsec_"))
    assert 24 <= len(key) <= 64
    signed = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.{body}".encode()
    mine = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert got.headers["webhook-signature"] == f"v1,{mine}"
    assert abs(int(got.headers["webhook-timestamp"]) - timezone.now().timestamp()) < 30
    for part, wrong in (
        ("webhook-id", got.headers["webhook-id"] + "x"),
        ("webhook-timestamp", str(int(got.headers["webhook-timestamp"]) + 1)),
        ("webhook-signature", "v1," + mine[:-4] + "AAA="),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(endpoint.plain_secret).verify(body, {**got.headers, part: wrong})
    with pytest.raises(WebhookVerificationError):
        Webhook(endpoint.plain_secret).verify(body.replace("tag", "tug"), got.headers)


@pytest.mark.spec("RS-043")
def test_rotation_signs_with_both_secrets_until_the_overlap_ends(world, receiver, endpoint):
    new = endpoints.rotate(endpoint, by=world.actor("mona"))
    assert new != endpoint.plain_secret
    world.ticket()
    drain()
    got = receiver.got[0]
    for secret in (new, endpoint.plain_secret):
        Webhook(secret).verify(got.body.decode(), got.headers)
    assert len(got.headers["webhook-signature"].split(" ")) == 2
    endpoint.former_until = timezone.now() - dt.timedelta(seconds=1)
    endpoint.save()
    world.ticket()
    drain()
    assert " " not in receiver.got[1].headers["webhook-signature"]
    with pytest.raises(WebhookVerificationError):
        Webhook(endpoint.plain_secret).verify(receiver.got[1].body.decode(), receiver.got[1].headers)


@pytest.mark.spec("RS-043")
def test_secret_is_sealed_in_the_database_and_own_ones_are_checked(world, receiver, endpoint):
    assert endpoint.plain_secret not in endpoint.secret and "whsec_" not in endpoint.secret
    for wrong in ("short", "whsec_" + base64.b64encode(b"x" * 23).decode(), "whsec_!!!"):
        with pytest.raises(Refused):
            endpoints.create(by=world.actor("mona"), url=receiver.url, secret=wrong)


@pytest.mark.spec("RS-044")
def test_large_message_says_ids_only(world, receiver, endpoint):
    ticket = world.ticket()
    entry = commands.comment(ticket, "x" * 30_000, **act(world)).comment
    drain()
    got = receiver.got[-1]
    assert len(got.body) < 20_000
    data = got.message["data"]
    assert data["shortened"] is True and data["comments"] == [{"id": entry.pk}] and data["ticket"] == {"id": ticket.pk}


class TestWhatTheOwnerMaySee:
    """RS-048: judged at the time of sending."""

    def make(self, world, receiver, owner, **facts):
        return endpoints.create(by=world.actor("mona"), url=receiver.url, owner=world.people[owner], **facts)[0]

    @pytest.mark.spec("RS-048")
    def test_customer_never_gets_a_note_nor_what_staff_do_inside(self, world, receiver):
        self.make(world, receiver, "carl", internal_notes=True)
        ticket = world.ticket(kind="request", requester=world.carl, company=world.acme)
        commands.comment(ticket, "MARKED note", internal=True, **act(world))
        commands.comment(ticket, "MARKED task", type="task", **act(world))
        commands.add_time(ticket, 60, summary="MARKED time", **act(world))
        commands.edit(ticket, {"priority": "high", "assignee": world.bob, "status": "in_progress"}, **act(world))
        commands.comment(ticket, "Hello Carl", values={"status": "waiting_customer"}, **act(world))
        world.ticket(kind="request", company=world.beta, title="MARKED other company")
        drain()
        assert all(b"MARKED" not in got.body for got in receiver.got)
        assert receiver.types == ["ticket.created", "ticket.updated", "comment.created"]
        changed = receiver.got[1].message["data"]
        assert changed["changes"] == {"status": ["open", "waiting"]} and changed["ticket"]["status"] == "waiting"
        assert not {"priority", "assignee", "queue", "version", "phase"} & changed["ticket"].keys()

    @pytest.mark.spec("RS-048")
    def test_notes_leave_only_where_an_administrator_asked_for_them(self, world, receiver):
        plain = self.make(world, receiver, "anna")
        ticket = world.ticket()
        commands.comment(ticket, "MARKED", internal=True, **act(world))
        drain()
        assert receiver.types == ["ticket.created"]
        with pytest.raises(Denied):
            endpoints.change(plain, by=world.actor("anna"), internal_notes=True)
        endpoints.change(plain, by=world.actor("mona"), internal_notes=True)
        commands.comment(ticket, "MARKED", internal=True, **act(world))
        drain()
        assert receiver.got[-1].message["data"]["comments"][0]["text"] == "MARKED"

    @pytest.mark.spec("RS-048")
    def test_what_became_internal_or_vanished_before_sending_stays_inside(self, world, receiver):
        self.make(world, receiver, "carl")
        ticket = world.ticket(kind="request", requester=world.carl, company=world.acme)
        drain()
        hidden = commands.comment(ticket, "MARKED", **act(world)).comment
        commands.edit_comment(hidden, internal=True, **act(world))
        gone = commands.comment(ticket, "MARKED", **act(world)).comment
        commands.remove_comment(gone, **act(world, "mona"))
        drain()
        assert all(b"MARKED" not in got.body for got in receiver.got)
        assert set(Delivery.objects.exclude(type="ticket.created").values_list("type", "state")) >= {
            ("comment.created", "withheld")
        }

    @pytest.mark.spec("RS-048")
    def test_owner_who_left_is_told_nothing_more(self, world, receiver):
        self.make(world, receiver, "bob")
        world.ticket()
        Membership.objects.filter(person=world.bob).update(is_active=False)
        drain()
        assert receiver.got == [] and Delivery.objects.get().state == Delivery.WITHHELD

    def test_other_organizations_are_not_told(self, world, receiver, endpoint):
        commands.create("incident", {"title": "t"}, **act(world, "olga"))
        drain()
        assert receiver.got == []


class TestTypes:
    """Which messages an event makes for which endpoint."""

    @pytest.mark.parametrize(
        ("patterns", "wanted"),
        [
            ((), ["ticket.created", "ticket.closed", "comment.created", "ticket.updated"]),
            (("ticket.*",), ["ticket.created", "ticket.closed", "ticket.updated"]),
            (("ticket.updated",), ["ticket.updated", "ticket.updated"]),
            (("comment.*",), ["comment.created"]),
            (("ticket.closed", "comment.created"), ["ticket.closed", "comment.created"]),
            (("time.*",), []),
        ],
    )
    def test_endpoint_gets_the_most_special_type_it_wants(self, world, receiver, patterns, wanted):
        endpoints.create(by=world.actor("mona"), url=receiver.url, types=patterns)
        ticket = world.ticket(description="Opening")
        commands.comment(ticket, "Done", values={"status": "closed"}, **act(world))
        commands.edit(ticket, {"title": "Other"}, **act(world))
        drain()
        assert receiver.types == wanted

    def test_unknown_type_is_refused(self, world, receiver):
        with pytest.raises(Refused):
            endpoints.create(by=world.actor("mona"), url=receiver.url, types=["ticket.exploded"])

    @pytest.mark.spec("AT-503", "AT-505", "AT-506", "AT-507")
    def test_face_registers_a_format_with_numbers_exclusions_and_a_farewell(self, world, receiver, monkeypatch):
        monkeypatch.setattr("polydesk.features.webhooks.formats.FORMATS", FORMATS)
        register(
            Format(
                "odd",
                lambda news: Outgoing(f'{{"type":"odd","n":{news.delivery.sequence}}}'.encode(), {"X-Odd": "1"}),
                wants=lambda endpoint, event: event.actor_id not in endpoint.extra.get("excluded", ()),
                farewell=lambda endpoint: Outgoing(b'{"type":"bye"}', url=receiver.url + "/bye"),
                is_numbered=True,
                most_failures=2,
            )
        )
        mona = world.actor("mona")
        endpoint, _ = endpoints.create(by=mona, url=receiver.url, format="odd", extra={"excluded": [world.bob.pk]})
        ticket = world.ticket()
        commands.edit(ticket, {"title": "By Bob"}, **act(world, "bob"))
        commands.edit(ticket, {"title": "By Anna"}, **act(world))
        drain()
        assert [g.message.get("n") for g in receiver.got] == [1, 2] and receiver.got[0].headers["x-odd"] == "1"
        receiver.answers += [500, 500]
        commands.edit(ticket, {"title": "Fails"}, **act(world))
        drain(ahead=dt.timedelta(seconds=30))
        endpoint.refresh_from_db()
        assert (endpoint.is_active, endpoint.failures) == (False, 2)
        assert [g.message.get("n") for g in receiver.got[2:]] == [3, 3, None]
        assert receiver.got[-1].path == "/hook/bye"
        assert [a.status for a in endpoints.attempts(Delivery.objects.latest("id"), by=mona)] == [500, 500]
        endpoints.remove(endpoint, by=mona)
        drain()
        assert len(receiver.got) == 5
        del FORMATS["odd"]


def test_test_message_needs_no_event(world, receiver, endpoint):
    endpoints.test(endpoint, by=world.actor("mona"))
    drain()
    assert receiver.got[0].message["type"] == "endpoint.tested" and receiver.got[0].message["data"] == {}


def test_contacts_without_a_membership_cannot_own_one(world, receiver):
    contact = founding.add_person(world.house, "Nobody Here")
    with pytest.raises(Refused):
        endpoints.create(by=world.actor("mona"), url=receiver.url, owner=contact)


def test_guide_names_every_type_with_its_meaning():
    page = (Path(__file__).parents[3] / "docs" / "guides" / "webhooks.md").read_text(encoding="utf-8")
    assert [line for name, said in types.TYPES.items() if (line := f"| `{name}` | {said} |") not in page] == []
