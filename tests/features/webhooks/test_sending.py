"""How it is sent: tries, waits, giving up, switching off, and whom it may reach."""

import datetime as dt
import threading
import time

import pytest
from django.core import mail
from django.db import connections
from django.utils import timezone

from polydesk.features.webhooks import endpoints, sending
from polydesk.features.webhooks.models import Attempt, Delivery, Endpoint
from polydesk.jobs import running, worker
from polydesk.jobs.models import Job
from polydesk.jobs.testing import drain
from polydesk.tickets import commands, edits
from polydesk.tickets.refusals import Denied, Missing, Refused
from polydesk.web.testing import count_statements

from .receiver import listening

pytestmark = pytest.mark.django_db
SCHEDULE = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)


def act(world, login="anna"):
    return {"by": world.actor(login), "via": "test"}


def wait_of(job):
    return (job.due - timezone.now()).total_seconds()


@pytest.mark.spec("RS-040")
def test_nothing_is_sent_from_the_request_and_nothing_of_a_rollback(world, receiver, endpoint):
    with pytest.raises(RuntimeError), edits.begin(world.house.pk) as batch:
        commands.fields.create_in(batch, "incident", {"title": "t"}, **act(world))
        batch.flush()
        assert Delivery.objects.count() == 1
        raise RuntimeError
    assert not Delivery.objects.exists() and not Job.objects.filter(kind="webhook.send").exists()
    world.ticket()
    assert receiver.got == [] and Delivery.objects.get().state == Delivery.WAITING


@pytest.mark.spec("RS-046")
def test_tries_follow_the_schedule_then_a_dead_letter_that_can_be_sent_again(world, receiver, endpoint):
    world.ticket()
    receiver.answers += [500] * 10
    waits = []
    drain()
    while (job := Job.objects.get(kind="webhook.send")).done is None:
        waits.append(wait_of(job))
        Job.objects.filter(pk=job.pk).update(due=timezone.now())  # with `ahead`, a shorter next wait would pass too
        drain()
    assert len(waits) == len(SCHEDULE)
    for wait, planned in zip(waits, SCHEDULE, strict=True):
        assert planned * 0.8 - 5 <= wait <= planned * 1.2 + 5
    dead = Delivery.objects.get()
    assert (dead.state, dead.tries, dead.status, dead.error) == ("dead", 10, 500, "The endpoint answered 500.")
    assert len({g.headers["webhook-id"] for g in receiver.got}) == 1 and len(receiver.got) == 10
    endpoints.replay(dead, by=world.actor("mona"))
    drain()
    dead.refresh_from_db()
    assert (dead.state, dead.tries) == ("delivered", 11)
    assert receiver.got[-1].headers["webhook-id"] == dead.message_id
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.failing_since) == (0, None)


@pytest.mark.spec("RS-046")
def test_dead_letters_of_a_period_are_sent_again_in_order(world, receiver, endpoint):
    tickets = [world.ticket(title=f"{n}") for n in range(4)]
    Delivery.objects.update(state=Delivery.DEAD)
    drain()
    first = Delivery.objects.earliest("id")
    Delivery.objects.filter(pk=first.pk).update(created_at=timezone.now() - dt.timedelta(days=3))
    start = timezone.now() - dt.timedelta(days=1)
    assert endpoints.replay_period(endpoint, start, timezone.now(), by=world.actor("mona")) == 3
    drain()
    assert [g.message["data"]["ticket"]["id"] for g in receiver.got] == [t.pk for t in tickets[1:]]


@pytest.mark.spec("RS-042", "RS-041")
def test_worker_that_died_after_sending_costs_one_repetition_under_the_same_id(world, receiver, endpoint):
    world.ticket()
    doomed = running.claim("doomed", now=timezone.now())
    Job.objects.filter(pk=doomed.id).update(owner="somebody else")  # its lease ran out while it was sending
    with pytest.raises(running.LostLease):
        worker.perform(doomed)
    assert Delivery.objects.get().state == Delivery.WAITING
    Job.objects.filter(pk=doomed.id).update(due=timezone.now())
    drain()
    assert len(receiver.got) == 2 and len({g.headers["webhook-id"] for g in receiver.got}) == 1
    assert Delivery.objects.get().state == Delivery.DELIVERED


@pytest.mark.spec("RS-045")
@pytest.mark.parametrize("status", [301, 302, 400, 404, 500])
def test_anything_but_2xx_is_failure_and_redirects_are_not_followed(world, receiver, endpoint, status):
    receiver.answers.append((status, {"Location": receiver.url + "/elsewhere"}, b""))
    world.ticket()
    drain()
    assert [g.path for g in receiver.got] == ["/hook"]
    assert (Delivery.objects.get().state, Delivery.objects.get().status) == ("waiting", status)


@pytest.mark.spec("RS-045")
def test_410_switches_the_endpoint_off_and_tells_its_owner(world, receiver, endpoint):
    receiver.answers.append(410)
    world.ticket()
    world.ticket()
    drain()
    endpoint.refresh_from_db()
    assert not endpoint.is_active and endpoint.disabled_because == sending.GONE
    assert set(Delivery.objects.values_list("state", flat=True)) == {"dead"} and len(receiver.got) == 1
    assert [m.to for m in mail.outbox] == [["mona@house.example"]] and receiver.url in mail.outbox[0].body
    world.ticket()
    assert Delivery.objects.count() == 2
    with pytest.raises(Refused):
        endpoints.replay(Delivery.objects.first(), by=world.actor("mona"))
    endpoints.enable(endpoint, by=world.actor("mona"))
    assert endpoints.replay(Delivery.objects.first(), by=world.actor("mona")).state == "waiting"
    drain()
    assert len(receiver.got) == 2


@pytest.mark.spec("RS-045")
@pytest.mark.parametrize(
    ("answer", "low", "high"),
    [
        ((429, {"Retry-After": "120"}, b""), 110, 121),
        ((503, {"Retry-After": "60"}, b""), 50, 61),
        ((429, {"Retry-After": "999999"}, b""), 86_300, 86_401),
        ((502, {}, b""), 3, 7),
        ((504, {"Retry-After": "soon"}, b""), 3, 7),
    ],
)
def test_endpoint_that_asks_for_time_gets_it_for_all_its_messages(world, receiver, endpoint, answer, low, high):
    receiver.answers.append(answer)
    world.ticket()
    world.ticket()
    drain()
    world.ticket()
    assert len(receiver.got) == 1
    jobs = list(Job.objects.filter(kind="webhook.send").order_by("id"))
    assert all(low <= wait_of(job) <= high for job in jobs), [wait_of(job) for job in jobs]
    assert [job.tries for job in jobs] == [1, 0, 0]
    drain(ahead=dt.timedelta(days=2))
    assert len(receiver.got) == 4


@pytest.mark.spec("RS-046")
def test_five_days_of_failure_switch_the_endpoint_off(world, receiver, endpoint):
    receiver.answers += [500, 500]
    world.ticket()
    drain()
    endpoint.refresh_from_db()
    assert endpoint.is_active and endpoint.failing_since
    Endpoint.objects.update(failing_since=timezone.now() - dt.timedelta(days=5))
    drain(ahead=dt.timedelta(seconds=30))
    endpoint.refresh_from_db()
    assert not endpoint.is_active and "five days" in endpoint.disabled_because
    assert len(mail.outbox) == 1


@pytest.mark.spec("RS-057")
def test_error_tells_nothing_of_ports_and_bodies_are_for_administrators(world, receiver, endpoint):
    mona, anna = world.actor("mona"), world.actor("anna")
    own, _ = endpoints.create(by=anna, url=receiver.url)
    endpoints.disable(endpoint, by=mona)
    receiver.answers.append((500, {}, b"secret of the inner network" + b"x" * 100_000))
    world.ticket()
    drain()
    delivery = Delivery.objects.get()
    assert "secret" not in delivery.error
    assert [a.answer for a in endpoints.attempts(delivery, by=anna)] == [""]
    shown = endpoints.attempts(delivery, by=mona)[0]
    assert shown.answer.startswith("secret") and len(shown.answer) == 64 * 1024
    texts = set()
    with listening() as gone:
        closed = gone.url
    import socket

    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        silent = f"http://127.0.0.1:{mute.getsockname()[1]}/"
        for url in (closed, silent):
            texts.add(sending.post(url, sending.Outgoing(b"{}"), 0.3)[1])
    assert len(texts) == 1
    assert own.url == receiver.url


@pytest.mark.spec("RS-058", "AT-509", "RS-055")
def test_private_addresses_are_refused_unless_the_setting_allows_them(world, settings):
    mona = world.actor("mona")
    urls = ["http://127.0.0.1:9/", "http://localhost:9/", "http://[::1]:9/", "http://10.1.2.3/", "http://192.168.1.1/"]
    metadata = ["http://169.254.169.254/", "http://[fd00:ec2::254]/", "ftp://example.com/", "https://a:b@example.com/"]
    for url in [*urls, *metadata]:
        with pytest.raises(Refused) as refused:
            endpoints.create(by=mona, url=url)
        assert refused.value.refusals[0].field == "url"
    settings.POLYDESK_WEBHOOKS_ALLOW_PRIVATE = True
    for url in urls:
        assert endpoints.create(by=mona, url=url)[0].pk
    for url in (metadata[0], *metadata[2:]):
        with pytest.raises(Refused):
            endpoints.create(by=mona, url=url)


@pytest.mark.spec("RS-055", "RS-058")
def test_address_that_became_private_is_not_reached_at_sending(world, receiver, endpoint, settings):
    world.ticket()
    settings.POLYDESK_WEBHOOKS_ALLOW_PRIVATE = False
    drain()
    assert receiver.got == [] and Attempt.objects.get().status is None


class TestWhoMay:
    """PL-101: who sees and changes which endpoints."""

    @pytest.mark.spec("PL-101")
    def test_staff_have_their_own_and_administrators_all(self, world, receiver, endpoint):
        anna, mona, carl, olga = (world.actor(n) for n in ("anna", "mona", "carl", "olga"))
        own, _ = endpoints.create(by=anna, url=receiver.url, name="Mine", types=["comment.*"])
        assert list(endpoints.listed(anna)) == [own] and list(endpoints.listed(mona)) == [endpoint, own]
        assert endpoints.change(own, by=anna, name="Ours", types=["ticket.*"]).version == 2
        for stranger in (anna, olga, carl):
            with pytest.raises(Missing):
                endpoints.get(endpoint.pk, by=stranger)
            for verb in (endpoints.disable, endpoints.enable, endpoints.rotate, endpoints.remove, endpoints.test):
                with pytest.raises(Missing):
                    verb(endpoint, by=stranger)
        with pytest.raises(Denied):
            endpoints.create(by=carl, url=receiver.url)
        with pytest.raises(Denied):
            endpoints.create(by=anna, url=receiver.url, owner=world.bob)
        with pytest.raises(Denied):
            endpoints.create(by=anna, url=receiver.url, internal_notes=True)
        endpoints.remove(own, by=mona)
        assert list(endpoints.listed(anna)) == []


def test_where_nobody_listens_a_write_pays_one_statement(world):
    ticket, by = world.ticket(), act(world)
    with count_statements() as counted:
        commands.edit(ticket, {"title": "Other"}, **by)
    assert len([sql for sql in counted.sql if "webhooks" in sql]) == 1


def test_old_deliveries_are_forgotten_and_waiting_ones_kept(world, receiver, endpoint):
    for _ in range(3):
        world.ticket()
    ids = list(Delivery.objects.values_list("pk", flat=True))
    Delivery.objects.filter(pk__in=ids[:2]).update(created_at=timezone.now() - dt.timedelta(days=31))
    Delivery.objects.filter(pk=ids[0]).update(state=Delivery.DEAD)
    assert sending.forget(timezone.now()) == 1
    assert list(Delivery.objects.order_by("pk").values_list("pk", flat=True)) == ids[1:]


@pytest.mark.spec("RS-047", "RS-042")
@pytest.mark.django_db(transaction=True)
def test_endpoint_that_never_answers_holds_up_nobody_else(world_of_threads, settings):
    world, many = world_of_threads, 60
    settings.POLYDESK_WEBHOOKS_ALLOW_PRIVATE = True
    release, stop = threading.Event(), threading.Event()
    with listening() as hanging, listening() as good:
        hanging.answers += [release] * 1000
        mona = world.actor("mona")
        endpoints.create(by=mona, url=hanging.url)
        endpoints.create(by=mona, url=good.url)
        thread = threading.Thread(target=_work, args=(stop,))
        thread.start()
        try:
            for n in range(many):
                world.ticket(title=f"{n}")
            written = time.monotonic()
            while len(good.got) < many and time.monotonic() - written < 30:
                time.sleep(0.05)
            assert len(good.got) == many
            assert len(hanging.got) <= 2
        finally:
            release.set()
            stop.set()
            thread.join(20)
    titles = [g.message["data"]["ticket"]["title"] for g in good.got]
    assert sorted(titles, key=int) == [f"{n}" for n in range(many)]


def _work(stop):
    try:
        worker.run(threads=4, stop=stop, poll=0.05)
    finally:
        connections.close_all()


@pytest.fixture
def world_of_threads(transactional_db):
    from tests import worlds

    return worlds.build()
