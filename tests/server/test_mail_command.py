"""`polydesk mail`: what a mail server hands in, and what it is told; fetching now; how the mailboxes do."""

import io
import os
import signal
import sys

import pytest

from polydesk.directory import founding
from polydesk.features.mailboxes import boxes, taking
from polydesk.features.mailboxes.models import Mailbox, Message
from polydesk.jobs.models import Job
from polydesk.server import cli
from polydesk.web import sealing
from tests.channels.email.imap import Server
from tests.server.desks import Desk

pytestmark = pytest.mark.django_db

LETTER = b"Message-ID: <a@x>\r\nSubject: Printer\r\n\r\nIt smokes.\r\n"


@pytest.fixture
def house(db):
    return founding.found("House", "house")


@pytest.fixture
def box(house):
    return Mailbox.objects.create(organization=house, address="desk@house.example")


@pytest.fixture
def polydesk(capsys, monkeypatch):
    """The status, and what stood on both outputs."""
    before = signal.getsignal(signal.SIGTERM)

    def run(*arguments, raw=b""):
        capsys.readouterr()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(raw if isinstance(raw, io.BytesIO) else io.BytesIO(raw)))
        status = cli.main(["mail", *arguments])
        return status, *capsys.readouterr()

    yield run
    signal.signal(signal.SIGTERM, before)


@pytest.mark.spec("RS-065", "RS-026")
def test_a_message_that_is_handed_in_is_kept_once(polydesk, box):
    status, said, _ = polydesk("take", "Desk@House.example", raw=LETTER)
    row = Message.objects.get()
    assert (status, said) == (0, f"kept as {row.pk}\n")
    assert (row.mailbox, row.message_id, row.state) == (box, "a@x", Message.WAITING)
    assert polydesk("take", "desk@house.example", raw=LETTER)[:2] == (0, f"known as {row.pk}\n")
    assert Job.objects.filter(kind=taking.READ).count() == 1


def test_a_tag_leads_to_the_mailbox_before_it(polydesk, box, house):
    own = Mailbox.objects.create(organization=house, address="desk+billing@house.example")
    assert polydesk("take", "desk+t.17.abc@house.example", raw=LETTER)[0] == 0
    assert polydesk("take", "desk+billing@house.example", raw=LETTER)[0] == 0
    assert list(Message.objects.order_by("id").values_list("mailbox", flat=True)) == [box.pk, own.pk]


@pytest.mark.parametrize("address", ["nobody@house.example", "desk@other.example", "off@house.example", "desk", ""])
def test_an_address_that_nobody_has_is_an_unknown_user(polydesk, box, house, address):
    Mailbox.objects.create(organization=house, address="off@house.example", is_active=False)
    status, said, complaint = polydesk("take", address, raw=LETTER)
    assert (status, said) == (os.EX_NOUSER, "") and "nobody takes mail" in complaint
    assert not Message.objects.exists()


@pytest.mark.parametrize("raw", [b"", b"\r\n \n"])
def test_an_empty_message_is_no_message(polydesk, box, raw):
    assert polydesk("take", "desk@house.example", raw=raw)[0] == os.EX_DATAERR
    assert not Message.objects.exists()


@pytest.mark.spec("RS-075")
def test_of_a_message_that_is_too_large_the_beginning_is_held(polydesk, box, monkeypatch):
    monkeypatch.setattr(taking, "LARGEST", 1000)
    assert polydesk("take", "desk@house.example", raw=LETTER + b"x" * 3_000_000)[0] == 0
    held = Message.objects.get()
    assert (held.state, held.reason, held.message_id) == (Message.HELD, taking.TOO_LARGE, "a@x")


@pytest.mark.spec("RS-065")
def test_whatever_goes_wrong_is_later_for_the_mail_server(polydesk, box, tmp_path, settings):
    blocked = tmp_path / "files"
    blocked.write_text("no folder")
    settings.POLYDESK_FILES_ROOT = str(blocked)
    assert polydesk("take", "desk@house.example", raw=LETTER)[0] == os.EX_TEMPFAIL
    assert polydesk("take")[0] == os.EX_TEMPFAIL
    assert not Message.objects.exists()


@pytest.mark.spec("RS-065")
def test_a_desk_that_is_away_or_wrongly_set_up_is_later_too(polydesk, box, tmp_path, monkeypatch):
    away = Desk.fresh(tmp_path / "desk", DATABASE_URL="postgres://nobody:secret@127.0.0.1:1/none")
    done = away.run("mail", "take", "desk@house.example", input="Subject: x\n\ny")
    assert done.returncode == os.EX_TEMPFAIL and "secret" not in done.stderr and not done.stdout
    monkeypatch.setenv("POLYDESK_NONSENSE", "1")
    assert polydesk("take", "desk@house.example", raw=LETTER)[0] == os.EX_TEMPFAIL


class Interrupted(io.BytesIO):
    """The desk is told to stop while the message still arrives."""

    def read(self, *size):
        os.kill(os.getpid(), signal.SIGTERM)
        return super().read(*size)


@pytest.mark.spec("RS-065")
def test_a_process_that_is_told_to_stop_has_not_taken_the_message(polydesk, box):
    assert polydesk("take", "desk@house.example", raw=Interrupted(LETTER))[0] == os.EX_TEMPFAIL
    assert not Message.objects.exists()


def test_help_is_help(polydesk):
    with pytest.raises(SystemExit) as ended:
        polydesk("take", "--help")
    assert ended.value.code == 0


def fetched(house, server, **facts):
    place = {"host": "127.0.0.1", "port": server.port, "security": Mailbox.PLAIN, "login": "desk"}
    place |= {"address": "desk@house.example", "password": sealing.seal("secret", boxes.PURPOSE), **facts}
    return Mailbox.objects.create(organization=house, **place)


def test_fetching_now_goes_on_to_the_last_message_and_counts(polydesk, house, settings, monkeypatch):
    monkeypatch.setattr("polydesk.channels.email.fetching.MOST", 2)
    settings.POLYDESK_MAIL_ALLOW_PRIVATE = True
    with Server() as server:
        fetched(house, server)
        for number in range(5):
            server.deliver(f"Message-ID: <{number % 4}@x>\r\n\r\n.".encode())
        status, said, progress = polydesk("fetch")
        assert (status, said) == (0, "desk@house.example: 4 new, 1 known\n")
        assert "fetching desk@house.example: 5, " in progress
        assert polydesk("fetch", "desk@house.example")[1] == "desk@house.example: 0 new, 0 known\n"
        assert polydesk("fetch", "nobody@house.example")[0] == 1
        server.password = "other"
        status, said, _ = polydesk("fetch")
    assert status == 1 and said == "desk@house.example: 0 new, 0 known. The mail server refused login and password.\n"


def test_the_list_says_how_each_mailbox_does(polydesk, house, box, settings):
    settings.POLYDESK_MAIL_ALLOW_PRIVATE = True
    with Server() as server:
        fetched(house, server, address="a@house.example")
        fetched(house, server, address="b@house.example", login="other")
        fetched(house, server, address="c@house.example", is_active=False)
        polydesk("fetch")
        fetched(house, server, address="d@house.example")
        status, said, _ = polydesk("list")
    lines = [line.split(maxsplit=2) for line in said.splitlines()]
    assert status == 0 and [(address, key) for address, key, _ in lines] == [
        (f"{name}@house.example", "house") for name in ("a", "b", "c", "d", "desk")
    ]
    a, b, c, d, desk = (state for _, _, state in lines)
    assert a.startswith(f"127.0.0.1:{server.port} fetched 20")
    assert "fails since 20" in b and b.endswith("The mail server refused login and password.")
    assert (c, desk) == ("switched off", "handed in") and d.endswith("not fetched yet")


def test_the_check_of_mail_names_mailboxes_that_cannot_be_fetched(house, settings, capsys):
    settings.POLYDESK_MAIL_ALLOW_PRIVATE = True
    with Server() as server:
        fetched(house, server)
        assert cli.perform("check", ["mail"]) == 0
        assert "1 mailboxes can be fetched" in capsys.readouterr().out
        server.password = "other"
        capsys.readouterr()
        assert cli.perform("check", ["mail"]) == 1
    said = capsys.readouterr().out
    assert "mail: no mail can be fetched for desk@house.example: The mail server refused login and password." in said
