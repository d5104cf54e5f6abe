"""A mailbox of House, and mails that are put into it."""

import pytest


@pytest.fixture
def mails(settings, mailoutbox):
    """Mail is switched on; what is sent stands in here."""
    settings.POLYDESK_MAIL_URL = "console:"
    settings.DEFAULT_FROM_EMAIL = "noreply@polydesk.example"
    return mailoutbox


@pytest.fixture
def box(world, mails):
    from polydesk.features.mailboxes import boxes

    return boxes.create(by=world.actor("mona"), address="desk@house.example", team_id=world.support.pk)


@pytest.fixture
def post(box):
    """Puts a mail into the mailbox and reads it: `post(sender, text, **headers)` gives its row."""
    from . import posting

    return posting.Post(box)
