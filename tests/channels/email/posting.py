"""Mails made up for tests."""

from __future__ import annotations

from email.message import EmailMessage
from itertools import count

from polydesk.features.mailboxes import taking
from polydesk.jobs.testing import drain

_numbers = count(1)


def mail(sender, text="Hello", *, subject="Printer down", to="desk@house.example", files=(), **headers):
    """The bytes of a mail; `message_id`, `in_reply_to` and so on are headers, None leaves one out."""
    made = EmailMessage()
    named = {
        "From": sender,
        "To": to,
        "Subject": subject,
        "Message-ID": f"<m{next(_numbers)}@customer.example>",
        "Date": "Sun, 22 Nov 2026 12:00:00 +0000",
        **{name.replace("_", "-").title(): value for name, value in headers.items()},
    }
    named["Message-ID"] = named.pop("Message-Id", named["Message-ID"])
    for name, value in named.items():
        if value is not None:
            made[name] = value
    made.set_content(text)
    for name, content in files:
        made.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return made.as_bytes()


class Post:
    """Hands mails in as the mail server does, and lets the worker work."""

    def __init__(self, box):
        self.box = box

    def __call__(self, sender, text="Hello", **headers):
        return self.raw(mail(sender, text, **headers))

    def raw(self, content):
        message, _ = taking.take(self.box, content)
        drain()
        message.refresh_from_db()
        return message
