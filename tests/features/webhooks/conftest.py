"""A receiver that is really there, and leave to reach it."""

import pytest

from . import receiver as receivers


@pytest.fixture
def receiver(settings):
    settings.POLYDESK_WEBHOOKS_ALLOW_PRIVATE = True
    with receivers.listening() as found:
        yield found


@pytest.fixture
def endpoint(world, receiver):
    """Mona's endpoint for everything, internal notes too."""
    from polydesk.features.webhooks import endpoints

    made, secret = endpoints.create(by=world.actor("mona"), url=receiver.url, internal_notes=True)
    made.plain_secret = secret
    return made
