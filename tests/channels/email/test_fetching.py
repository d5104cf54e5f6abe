"""Fetching from a mail server that really speaks IMAP: nothing lost, nothing twice, nobody kept waiting."""

import datetime as dt
import ipaddress
import os
import random
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.db import connections
from django.test import override_settings
from django.utils import timezone

from polydesk.channels.email import fetching, imap
from polydesk.directory import founding
from polydesk.features.mailboxes import boxes, taking
from polydesk.features.mailboxes.models import Mailbox, Message
from polydesk.jobs import running, testing, worker
from polydesk.jobs.models import Job
from polydesk.web import sealing
from tests.channels.email.imap import Server
from tests.server.desks import Desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def server():
    with Server() as server:
        yield server


@pytest.fixture(autouse=True)
def this_machine_may_be_asked(settings):
    settings.POLYDESK_MAIL_ALLOW_PRIVATE = True


@pytest.fixture
def house(db):
    return founding.found("House", "house")


@pytest.fixture
def box(house, server):
    return make(house, server)


def make(house, server, **facts):
    place = {"host": "127.0.0.1", "port": server.port, "security": Mailbox.PLAIN, "login": "desk"}
    place |= {"address": "desk@house.example", "password": sealing.seal("secret", boxes.PURPOSE), **facts}
    return Mailbox.objects.create(organization=house, **place)


def letter(name, size=0):
    return f"Message-ID: <{name}@x>\r\nSubject: {name}\r\n\r\nThis is {name}.\r\n{'x' * size}".encode()


def fetch(box):
    """What the worker does, this job alone."""
    fetching.ask(box.pk)
    work()
    box.refresh_from_db()
    return box


def work():
    """Jobs of fetching that are due; what reads messages is not for here."""
    while job := running.claim("w", now=timezone.now()):
        if job.kind == boxes.FETCH:
            assert worker.perform(job) is None
        else:
            job.finish()


def a_minute_later():
    """For what was put off."""
    Job.objects.waiting().filter(kind=boxes.FETCH).update(due=timezone.now())
    work()


def kept(state=None):
    rows = Message.objects.order_by("id")
    return [row.message_id.removesuffix("@x") for row in (rows.filter(state=state) if state else rows)]


@pytest.mark.spec("RS-065")
def test_what_is_unread_is_kept_first_and_marked_afterwards(box, server):
    server.deliver(letter("old"), "\\Seen")
    server.deliver(letter("a"))
    server.deliver(letter("b"))
    assert fetch(box).error == ""
    assert kept() == ["a", "b"] and server.unread() == []
    assert (box.uid_validity, box.last_uid) == (1, 3)
    assert timezone.now() - box.fetched_at < dt.timedelta(minutes=1)
    row = Message.objects.first()
    with taking.files.open_stored(row.sha256) as file:
        assert file.read() == letter("a")


def test_each_new_message_asks_once_to_be_read(box, server):
    server.deliver(letter("a"))
    fetching.Round(box).run()
    fetching.Round(box).run()
    assert Job.objects.filter(kind=taking.READ).count() == 1


def test_later_also_what_somebody_has_read_meanwhile_is_taken(box, server):
    fetch(box)
    server.deliver(letter("a"), "\\Seen")
    server.deliver(letter("gone"), "\\Deleted")
    fetch(box)
    assert kept() == ["a"]


def test_an_empty_answer_to_a_range_is_not_the_newest_message_again(box, server):
    server.deliver(letter("a"))
    fetch(box)
    server.log.clear()
    fetch(box)
    assert server.asked("SEARCH") and not server.asked("FETCH")


@pytest.mark.spec("RS-182")
def test_an_older_state_of_the_desk_makes_no_doubles(box, server):
    for name in "abcd":
        server.deliver(letter(name))
    fetch(box)
    Mailbox.objects.update(last_uid=1)
    assert fetch(box).last_uid == 4
    assert kept() == ["a", "b", "c", "d"]
    assert len(server.asked("FETCH 2 (UID BODY")) == 2 and len(server.asked("FETCH 1 (UID BODY")) == 1


@pytest.mark.spec("RS-182")
def test_uids_that_began_anew_are_gone_through_anew(box, server):
    server.deliver(letter("a"))
    server.deliver(letter("b"))
    fetch(box)
    inbox = server.folders["INBOX"]
    inbox.mails[0].flags.clear()
    inbox.begin_anew()
    server.deliver(letter("c"))
    fetch(box)
    assert kept() == ["a", "b", "c"] and (box.uid_validity, box.last_uid) == (2, 3)


def test_a_long_first_round_goes_on_in_further_jobs_and_leaves_read_messages_alone(box, server, monkeypatch):
    monkeypatch.setattr(fetching, "MOST", 3)
    server.forbids = {"STORE"}  # so that the flags cannot tell what was taken
    for number in range(8):
        server.deliver(letter(str(number)), *(["\\Seen"] if number == 4 else []))
    fetching.ask(box.pk)
    work()
    box.refresh_from_db()
    assert kept() == [*"0123567"] and (box.uid_validity, box.last_uid) == (1, 8)
    assert box.error == fetching.NOT_MARKED and box.failing_since is None
    assert Job.objects.filter(kind=boxes.FETCH).count() == 3


@pytest.mark.spec("RS-075")
def test_of_a_message_that_is_too_large_only_the_headers_cross_the_line(box, server, monkeypatch):
    monkeypatch.setattr(taking, "LARGEST", 10_000)
    server.deliver(letter("huge", 20_000))
    server.deliver(letter("small"))
    fetch(box)
    held = Message.objects.get(state=Message.HELD)
    assert held.message_id == "huge@x" and held.reason == taking.TOO_LARGE and held.size < 100
    assert kept() == ["huge", "small"] and server.unread() == []
    assert not server.asked("FETCH 1 (UID BODY.PEEK[])")


def test_a_server_that_lies_about_a_size_fills_no_memory(box, server, monkeypatch):
    monkeypatch.setattr(imap, "_LARGEST_LITERAL", 10_000)
    server.deliver(letter("lie", 20_000))
    server.claims_size[1] = 10
    fetch(box)
    assert kept() == [] and box.error == imap.BROKE_OFF


@pytest.mark.parametrize("capabilities", [["MOVE", "UIDPLUS"], ["UIDPLUS"], []])
def test_fetched_messages_go_to_a_folder_that_is_made_for_them(box, server, capabilities):
    server.capabilities = ["IMAP4rev1", *capabilities]
    Mailbox.objects.update(done_folder="Done")
    server.deliver(letter("theirs"), "\\Deleted", "\\Seen")
    server.deliver(letter("a"))
    server.deliver(letter("b"))
    fetch(box)
    assert [mail.raw for mail in server.folders["Done"].mails] == [letter("a"), letter("b")]
    assert all("\\Seen" in mail.flags for mail in server.folders["Done"].mails)
    left = [mail.raw for mail in server.folders["INBOX"].mails]
    # What others marked stays theirs; without UIDPLUS ours cannot be removed without it.
    assert left == ([letter("theirs")] if capabilities else [letter("theirs"), letter("a"), letter("b")])
    server.log.clear()
    fetch(box)
    assert not server.asked("FETCH") and kept() == ["a", "b"]


def test_a_folder_that_leads_back_to_itself_is_no_circle(box, server):
    Mailbox.objects.update(done_folder="inbox")
    server.deliver(letter("a"))
    fetch(box)
    assert not server.asked("MOVE") and server.unread() == []


@pytest.mark.spec("RS-076")
def test_a_message_that_the_server_keeps_to_itself_delays_nobody_and_ends_in_quarantine(box, server):
    for name in ("a", "poison", "b"):
        server.deliver(letter(name))
    server.refuses[2] = 2
    fetch(box)
    assert kept() == ["a", "b"] and box.error == "" and box.last_uid == 1
    a_minute_later()
    assert kept(Message.HELD) == []
    a_minute_later()
    held = Message.objects.get(state=Message.HELD)
    assert held.message_id == "poison@x" and held.reason == fetching.NOT_HANDED_OUT
    box.refresh_from_db()
    assert server.unread() == [2] and (box.uid_validity, box.last_uid) == (1, 3)
    assert not Job.objects.waiting().filter(kind=boxes.FETCH).exists()


@pytest.mark.spec("RS-076")
def test_a_message_that_breaks_every_connection_is_noted_and_the_others_are_taken_at_once(box, server):
    for name in ("a", "poison", "b"):
        server.deliver(letter(name))
    server.drops_at[2] = 100
    fetch(box)
    assert kept() == ["a", "b"] and box.error == imap.BROKE_OFF and box.failing_since
    a_minute_later()
    a_minute_later()
    box.refresh_from_db()
    held = Message.objects.get(state=Message.HELD)
    assert held.reason == fetching.NOT_HANDED_OUT
    with taking.files.open_stored(held.sha256) as file:
        assert file.read() == b"Subject: Message 2 of INBOX\r\n\r\n"
    assert (box.error, box.failing_since, box.last_uid) == ("", None, 3)


def test_a_message_that_failed_once_is_taken_a_minute_later(box, server):
    for name in ("a", "odd", "b"):
        server.deliver(letter(name))
    server.refuses[2] = 1
    fetch(box)
    a_minute_later()
    assert kept() == ["a", "b", "odd"] and server.unread() == []
    assert not Message.objects.filter(state=Message.HELD).exists()


def test_a_connection_that_breaks_at_the_mark_is_made_up_for(box, server, monkeypatch):
    monkeypatch.setattr(imap, "TIMEOUT", 0.3)
    for name in "ab":
        server.deliver(letter(name))
    server.hangs_at = "STORE"
    fetch(box)
    assert kept() == ["a"] and box.error == imap.BROKE_OFF
    server.hangs_at = ""
    a_minute_later()
    assert kept() == ["a", "b"] and server.unread() == []


def test_a_broken_connection_costs_no_message(box, server):
    for name in "abc":
        server.deliver(letter(name))
    server.drops_at[2] = 1
    fetch(box)
    assert sorted(kept()) == ["a", "b", "c"] and server.unread() == []


def test_what_was_forgotten_about_stumbling_is_only_traffic(box, server):
    for name in ("a", "poison", "b"):
        server.deliver(letter(name))
    server.refuses[2] = 100
    fetch(box)
    Job.objects.all().delete()
    fetch(box)
    assert kept() == ["a", "b"] and box.last_uid == 1


@pytest.mark.spec("RS-057")
def test_every_way_not_to_be_a_mail_server_is_the_same_sentence(house, server, settings):
    silent = make(house, server, address="a@h.example", port=1)
    server.greeting = b"HTTP/1.1 400 Bad Request\r\n"
    other = make(house, server, address="b@h.example")
    encrypted = make(house, server, address="c@h.example", security=Mailbox.TLS)
    starttls = make(house, server, address="d@h.example", security=Mailbox.STARTTLS)
    unknown = make(house, server, address="e@h.example", host="nowhere.invalid")
    assert {fetch(one).error for one in (silent, other, encrypted, starttls, unknown)} == {imap.NO_ANSWER}
    assert fetching.check(silent) == fetching.check(other) == imap.NO_ANSWER


@pytest.mark.spec("RS-055", "RS-058")
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "169.254.169.254", "10.0.0.1", "::1", "0"])
def test_private_networks_are_not_reached_unless_a_setting_says_so(house, server, settings, host):
    settings.POLYDESK_MAIL_ALLOW_PRIVATE = False
    box = make(house, server, host=host)
    assert fetch(box).error == "The address leads into a network that may not be reached."
    assert server.log == []


@pytest.mark.spec("RS-058")
def test_a_network_that_is_named_is_reached(house, server, settings):
    settings.POLYDESK_MAIL_ALLOW_PRIVATE = False
    settings.POLYDESK_OUTBOUND_NETWORKS = ("127.0.0.0/8",)
    assert fetching.check(make(house, server)) == ""


def test_what_hinders_is_said_without_secrets_until_it_is_over(box, server):
    server.password = "other"
    fetch(box)
    since = box.failing_since
    assert box.error == imap.NOT_LET_IN and since and "secret" not in box.error
    assert fetch(box).failing_since == since
    assert not Job.objects.waiting().exists() and not Job.objects.dead().exists()
    server.password = "secret"
    assert (fetch(box).error, box.failing_since) == ("", None)
    Mailbox.objects.update(folder="Elsewhere")
    assert fetch(box).error == imap.NO_FOLDER
    Mailbox.objects.update(folder="INBOX", password="sealed with another key")
    assert fetch(box).error == imap.NO_PASSWORD


@pytest.mark.parametrize("password", ['quo"te\\', "пароль", "two\r\nlines"])
def test_every_password_arrives_as_it_is(house, server, password):
    box = make(house, server, password=sealing.seal(password, boxes.PURPOSE))
    server.password = password
    said = fetching.check(box)
    if password.isascii() and password.isprintable():
        assert said == ""
    assert all(line.startswith(("CAPABILITY", "LOGIN", "AUTHENTICATE", "SELECT", "LOGOUT")) for line in server.log)


def test_a_server_that_hangs_holds_nobody_for_long(box, server, monkeypatch):
    monkeypatch.setattr(imap, "TIMEOUT", 0.3)
    server.deliver(letter("a"))
    server.hangs_at = "SEARCH"
    began = time.monotonic()
    assert fetch(box).error == imap.BROKE_OFF
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(("command", "said"), [("LOGIN", imap.NO_ANSWER), ("SEARCH", imap.BROKE_OFF)])
def test_a_server_that_drips_is_cut_off(house, certificates, trusted, monkeypatch, command, said):
    monkeypatch.setattr(imap, "LONGEST", 0.3)
    with Server(tls=certificates[1]) as server:
        server.hangs_at = command
        assert fetch(make(house, server, security=Mailbox.TLS)).error == said


def test_a_check_makes_nobody_wait_for_long(box, server, monkeypatch):
    monkeypatch.setattr(fetching, "WHILE_SOMEBODY_WAITS", imap.Patience(0.2, 0.4))
    server.hangs_at = "SELECT"
    assert fetching.check(box) == imap.NO_ANSWER


def test_a_server_that_finds_nothing_out_is_a_failure_that_is_told(box, server):
    server.forbids = {"SEARCH"}
    assert fetch(box).error == imap.NO_ANSWER and box.failing_since
    assert not Job.objects.dead().exists() and not Job.objects.waiting().exists()


def test_a_full_disk_puts_no_message_into_quarantine(box, server, tmp_path):
    blocked = tmp_path / "files"
    blocked.write_text("no folder")
    server.deliver(letter("a"))
    with override_settings(POLYDESK_FILES_ROOT=str(blocked)):
        for _ in range(4):
            assert fetch(box).error == fetching.NOT_STORED
    assert fetch(box).error == "" and kept() == ["a"] and server.unread() == []


def test_every_minute_each_active_mailbox_is_asked_once(house, server):
    asked = make(house, server)
    make(house, server, address="off@h.example", is_active=False)
    make(house, server, address="handed@h.example", host="")
    for _ in range(2):
        assert fetching.fetch_all(timezone.now()) == 1
    assert [job.args for job in Job.objects.filter(kind=boxes.FETCH)] == [{"mailbox": asked.pk}]
    testing.run_tick("email.fetch_all", timezone.now() + dt.timedelta(days=1))
    assert server.asked("SELECT")


def test_a_mailbox_that_fails_for_long_is_asked_every_ten_minutes(box):
    start = timezone.now().replace(second=0, microsecond=0)
    Mailbox.objects.update(failing_since=start)
    asked = [fetching.fetch_all(start + dt.timedelta(minutes=minute)) for minute in range(41)]
    assert sum(asked[:11]) == 11 and sum(asked[11:]) == 3


def test_two_fetches_of_one_mailbox_never_run_at_once_and_few_take_all_workers(house, server):
    one, two, three = (make(house, server, address=f"{name}@h.example") for name in "abc")
    fetching.ask(one.pk)
    first = running.claim("w1", now=timezone.now())
    fetching.ask(one.pk)
    assert first and running.claim("w2", now=timezone.now()) is None
    fetching.ask(two.pk)
    fetching.ask(three.pk)
    second = running.claim("w2", now=timezone.now())
    assert second.args["mailbox"] == two.pk and running.claim("w3", now=timezone.now()) is None


def test_a_mailbox_that_was_pointed_elsewhere_meanwhile_remembers_nothing_of_the_old_place(box, server):
    server.deliver(letter("a"))
    stale = Mailbox.objects.get(pk=box.pk)
    Mailbox.objects.update(folder="Other")
    fetching.Round(stale).run()
    box.refresh_from_db()
    assert (box.last_uid, box.uid_validity, kept()) == (0, 0, []) and server.unread() == [1]


def test_administrators_ask_whether_a_mailbox_can_be_fetched(world, server):
    box = make(world.house, server)
    boxes.check_with(fetching.check)
    assert boxes.check(box, by=world.actor("mona")) == ""
    server.password = "other"
    assert boxes.check(box, by=world.actor("mona")) == imap.NOT_LET_IN
    with pytest.raises(boxes.Denied):
        boxes.check(box, by=world.actor("anna"))
    with pytest.raises(boxes.Missing):
        boxes.check(box, by=world.actor("olga"))


# Encryption


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """An authority, and what it certifies for two names."""
    folder = tmp_path_factory.mktemp("certificates")
    authority_key, authority = _certificate("Authority")
    (folder / "ca.pem").write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    contexts = {}
    for name in ("127.0.0.1", "127.0.0.9"):
        key, certificate = _certificate(name, authority, authority_key)
        file = folder / f"{name}.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        contexts[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        contexts[name].load_cert_chain(file)
    return folder / "ca.pem", contexts["127.0.0.1"], contexts["127.0.0.9"]


def _certificate(name, issuer=None, issuer_key=None):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    at = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - dt.timedelta(days=1))
        .not_valid_after(at + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if issuer:
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(name))])
        builder = builder.add_extension(names, critical=False)
    return key, builder.sign(issuer_key or key, hashes.SHA256())


@pytest.fixture
def trusted(certificates, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates[0]))
    imap._tls.cache_clear()
    yield
    imap._tls.cache_clear()


@pytest.mark.parametrize("security", [Mailbox.TLS, Mailbox.STARTTLS])
def test_encryption_needs_a_certificate_for_this_very_name(house, certificates, trusted, security):
    word = "tls" if security == Mailbox.TLS else "starttls"
    with Server(**{word: certificates[1]}) as good, Server(**{word: certificates[2]}) as misnamed:
        good.deliver(letter("a"))
        assert fetch(make(house, good, security=security)).error == "" and kept() == ["a"]
        wrong = make(house, misnamed, security=security, address="b@h.example")
        assert fetch(wrong).error == imap.NO_ANSWER and not misnamed.asked("LOGIN")


def test_a_certificate_of_nobody_we_know_is_refused(house, certificates):
    with Server(tls=certificates[1]) as server:
        assert fetching.check(make(house, server, security=Mailbox.TLS)) == imap.NO_ANSWER
        assert server.log == []


def test_a_server_without_starttls_learns_no_password(house, server):
    assert fetching.check(make(house, server, security=Mailbox.STARTTLS)) == imap.NO_ANSWER
    assert not server.asked("LOGIN")


# Several at once, and killed


@pytest.mark.spec("RS-026")
@pytest.mark.django_db(transaction=True)
def test_twenty_mails_delivered_five_times_through_two_workers_are_twenty_messages_and_jobs(house, server):
    box = make(house, server)
    for copy in range(5):
        for number in range(20):
            server.deliver(f"Received: {copy}\r\n".encode() + letter(f"m{number}"))
    problems = []

    def fetch_it():
        try:
            this = fetching.Round(Mailbox.objects.get(pk=box.pk))
            this.run()
            problems.extend([this.error] if this.error else [])
        except Exception as problem:
            problems.append(problem)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=fetch_it) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert sorted(kept()) == sorted(f"m{number}" for number in range(20))
    asked = Counter(job.args["message"] for job in Job.objects.filter(kind=taking.READ))
    assert len(asked) == 20 and set(asked.values()) == {1}
    box.refresh_from_db()
    assert (box.uid_validity, box.last_uid, server.unread()) == (1, 100, [])


@pytest.fixture
def mortal(tmp_path):
    """A desk of its own, and a process whose children do things in it."""
    desk = Desk.migrated(tmp_path / "desk", POLYDESK_MAIL_ALLOW_PRIVATE="on")
    process = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("mortal.py")],
        env=desk.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    with process:
        yield process
        process.stdin.close()


def begin(mortal, *words):
    """The number of the child that does it."""
    mortal.stdin.write(" ".join(words) + "\n")
    return int(mortal.stdout.readline())


def end(mortal):
    """What it said; nothing when it was killed."""
    said = mortal.stdout.readline().strip()
    return said if said == "ended" or mortal.stdout.readline().strip() == "ended" else None


@pytest.mark.spec("RS-065", "RS-026")
def test_killed_between_keeping_and_marking_or_anywhere_nothing_is_lost_or_doubled(mortal, server):
    begin(mortal, "found", str(server.port))
    assert end(mortal) == "founded"
    for number in range(30):
        server.deliver(letter(f"m{number}"))
    # For certain: it waits for the answer to the first mark, the message is kept.
    server.hangs_at = "STORE"
    child = begin(mortal, "fetch")
    assert server.is_hanging.wait(30)
    os.kill(child, signal.SIGKILL)
    assert end(mortal) == "ended" and len(server.unread()) == 30
    server.hangs_at = ""
    kill_soon(mortal, server, 7)
    kill_soon(mortal, server, 23)
    assert 0 < len(server.unread()) < 30
    begin(mortal, "fetch")
    assert end(mortal) == "fetched" and server.unread() == []
    for number in range(30, 60):
        server.deliver(letter(f"m{number}"))
    for more in (11, 20, 30):
        kill_soon(mortal, server, more)
    begin(mortal, "fetch")
    assert end(mortal) == "fetched" and server.unread() == []
    begin(mortal, "tell")
    assert end(mortal).split() == ["60", *(f"m{number}@x" for number in range(60))]


def kill_soon(mortal, server, more):
    """At any moment after so many commands."""
    target, child = len(server.log) + more, begin(mortal, "fetch")
    wait_until(lambda: len(server.log) >= target)
    time.sleep(random.uniform(0, 0.004))
    os.kill(child, signal.SIGKILL)
    assert end(mortal) == "ended"


def wait_until(is_true, seconds=30):
    ends = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < ends
        time.sleep(0.001)
