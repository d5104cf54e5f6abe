"""What a mail would become is found by the code that takes mail in, and nothing of it stays."""

import pytest
from django.apps import apps
from django.db import DataError

from polydesk.channels.email import rehearsing
from polydesk.directory import founding
from polydesk.features.mailboxes.models import Message
from polydesk.jobs.testing import drain
from polydesk.server import cli
from polydesk.tickets import commands
from polydesk.web import files

from .posting import mail

pytestmark = pytest.mark.django_db


def everything():
    """How many rows each table has, and every stored file."""
    rows = {model._meta.label: model._default_manager.count() for model in apps.get_models()}
    return rows, sorted(str(path) for path in files.root().rglob("*") if path.is_file())


@pytest.fixture
def nothing_stays(box):
    drain()
    before = everything()
    yield
    assert everything() == before


def test_a_new_ticket_with_its_copies_and_files(world, box, nothing_stays, mails):
    raw = mail("carl@acme.example", "Smoke", cc="bob@house.example, x@new.example", files=[("log.txt", b"new bytes")])
    found = rehearsing.rehearse(box, raw)
    assert (found.verdict, found.number, found.kind, found.title) == (Message.TAKEN, None, "request", "Printer down")
    assert (found.text, found.requester, found.is_confirmed) == ("Smoke", "Carl Customer", True)
    assert (found.joining, found.waiting) == ([world.bob.name], ["x@new.example"])
    assert [file.name for file in found.mail.files] == ["log.txt"]
    assert mails == []


def test_an_answer_a_machine_and_a_stranger(world, box, post):
    ticket = post("carl@acme.example", "Smoke", message_id="<first@acme.example>").ticket
    drain()
    before = everything()
    told = {"in_reply_to": "<first@acme.example>"}
    answer = rehearsing.rehearse(box, mail("carl@acme.example", "More", **told))
    assert (answer.number, answer.text, answer.internal, answer.is_confirmed) == (ticket.pk, "More", False, False)
    stranger = rehearsing.rehearse(box, mail("eve@new.example", "Me too", **told))
    assert (stranger.verdict, stranger.number, stranger.requester) == (Message.TAKEN, None, "eve")
    machine = rehearsing.rehearse(box, mail("carl@acme.example", "I am away", auto_submitted="auto-replied"))
    assert (machine.verdict, "auto-replied" in machine.why) == (Message.ASIDE, True)
    assert rehearsing.rehearse(box, b"Subject: x\n\nHi").verdict == Message.HELD
    assert everything() == before
    ticket.refresh_from_db()
    assert ticket.version == 1


def test_what_fails_is_held_and_the_database_is_whole(world, box, nothing_stays, monkeypatch):
    def fails(*arguments, **facts):
        raise DataError("refused")

    monkeypatch.setattr(commands, "create", fails)
    found = rehearsing.rehearse(box, mail("carl@acme.example", "Hi"))
    assert (found.verdict, "DataError" in found.why) == (Message.HELD, True)


def test_the_command_says_what_it_found(world, box, tmp_path, capsys):
    founding.add_person(world.house, "Cora Colleague", email="cora@acme.example", company=world.acme)
    letter = tmp_path / "one.eml"
    letter.write_bytes(mail("carl@acme.example", "Smoke", cc="cora@acme.example"))
    assert cli.main(["mail", "try", "desk@house.example", str(letter)]) == 0
    said = capsys.readouterr().out
    assert "becomes    a new request" in said and "copies     Cora Colleague" in said and not Message.objects.exists()
    assert cli.main(["mail", "try", "desk@house.example", str(tmp_path / "none.eml")]) != 0
    assert cli.main(["mail", "try", "nobody@house.example", str(letter)]) != 0
