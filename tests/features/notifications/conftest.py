"""Mail that goes somewhere: Django's outbox, or an SMTP server that is really there."""

import pytest

from . import sink as sinks


@pytest.fixture
def mails(settings, mailoutbox):
    """Mail is switched on; what is sent stands in here."""
    settings.POLYDESK_MAIL_URL = "console:"
    settings.DEFAULT_FROM_EMAIL = "desk@polydesk.example"
    return mailoutbox


@pytest.fixture
def sink(settings):
    """Mail goes out by SMTP."""
    with sinks.listening() as found:
        settings.POLYDESK_MAIL_URL = f"smtp://127.0.0.1:{found.port}?tls=off"
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", found.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.DEFAULT_FROM_EMAIL = "desk@polydesk.example"
        yield found
