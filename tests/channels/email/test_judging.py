"""A machine's mail is told from a person's, and what becomes of it follows from what it is."""

import pytest

from polydesk.channels.email.judging import machine, sort
from polydesk.channels.email.mail import Mail
from tests.marks import without_database

pytestmark = without_database

OWN = ["Help@desk.example", "billing@desk.example"]
ANNA = "anna@acme.example"


def from_anna(**more) -> Mail:
    return Mail(**{"sender": ANNA, "return_path": ANNA, "subject": "Printer", "text": "Hi", **more})


PEOPLE = [
    from_anna(),
    from_anna(headers={"auto-submitted": "no"}),
    from_anna(headers={"auto-submitted": " No (a person)"}),
    from_anna(headers={"precedence": "first-class"}),
    from_anna(headers={"x-auto-response-suppress": "DR, RN, NRN"}),
    from_anna(return_path=""),
    from_anna(sender="reply@acme.example"),
    from_anna(sender="nora.reply@acme.example"),
    from_anna(sender="help@other.example"),
    from_anna(subject="Automatic reply: this is what you send to me"),
    from_anna(protection="signed"),
]

MACHINES = [
    (from_anna(headers={"auto-submitted": "auto-generated"}), "auto-generated", "notice"),
    (from_anna(headers={"auto-submitted": "Auto-Replied (vacation)"}), "auto-replied", "reply"),
    (from_anna(headers={"auto-submitted": "auto-notified; owner=x"}), "auto-notified", "notice"),
    (from_anna(headers={"auto-submitted": ""}), "Auto-Submitted: empty", "notice"),
    (
        from_anna(headers={"auto-submitted": "auto-generated"}, subject="Automatische Antwort: x"),
        "auto-generated",
        "reply",
    ),
    (from_anna(return_path="<>"), "empty return path", "notice"),
    (from_anna(return_path="<>", references=["x@desk.example"]), "empty return path", "reply"),
    (from_anna(return_path="<>", subject="Out of Office Re: x"), "empty return path", "reply"),
    (from_anna(return_path="<>", is_report=True), "empty return path", "bounce"),
    (from_anna(is_report=True), "report", "bounce"),
    (from_anna(return_path="<>", sender="mailer-daemon@x.example"), "empty return path", "bounce"),
    (from_anna(headers={"precedence": "bulk"}), "bulk", "notice"),
    (from_anna(headers={"precedence": "List"}), "list", "notice"),
    (from_anna(headers={"precedence": "junk"}), "junk", "notice"),
    (from_anna(headers={"precedence": "auto_reply"}), "auto_reply", "reply"),
    (from_anna(headers={"list-id": "<x.example>"}), "List-Id", "notice"),
    (from_anna(headers={"list-unsubscribe": "<https://x.example>"}), "List-Unsubscribe", "notice"),
    (from_anna(headers={"x-auto-response-suppress": "All"}), "All", "notice"),
    (from_anna(headers={"x-auto-response-suppress": "DR, oof"}), "oof", "notice"),
    (from_anna(headers={"x-auto-response-suppress": "RN;AutoReply"}), "AutoReply", "notice"),
    (from_anna(sender="mailer-daemon@x.example"), "mailer-daemon@x.example", "notice"),
    (from_anna(sender="postmaster@x.example"), "postmaster@x.example", "notice"),
    (from_anna(sender="noreply@x.example"), "noreply@x.example", "notice"),
    (from_anna(sender="no-reply@x.example"), "no-reply@x.example", "notice"),
    (from_anna(sender="no_reply+17@x.example"), "no_reply+17@x.example", "notice"),
    (from_anna(sender="donotreply@x.example"), "donotreply@x.example", "notice"),
    (from_anna(sender="help@desk.example"), "our own mailboxes", "own"),
    (from_anna(sender="help+17.abc@desk.example"), "our own mailboxes", "own"),
    (from_anna(sender="Billing@Desk.example", is_report=True, return_path="<>"), "our own mailboxes", "own"),
]


@pytest.mark.spec("RS-066")
@pytest.mark.parametrize("mail", PEOPLE)
def test_a_person_is_answered(mail):
    assert (machine(mail, OWN), sort(mail, OWN)) == ("", "")


@pytest.mark.spec("RS-066")
@pytest.mark.parametrize(("mail", "why", "becomes"), MACHINES)
def test_a_machine_is_not_answered_and_the_reason_is_told(mail, why, becomes):
    assert why in machine(mail, OWN)
    assert sort(mail, OWN) == becomes


@pytest.mark.spec("RS-066")
def test_a_mail_without_sender_is_nobodys_own():
    assert machine(Mail(), ["", "help@desk.example"]) == ""
