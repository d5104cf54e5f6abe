"""Everybody of the world with a token of the native API."""

import pytest

from polydesk.web import limits

from .client import Api, token


class Apis:
    def __init__(self, world):
        self.world = world
        self._made = {}

    def __getattr__(self, login):
        if login not in self._made:
            self._made[login] = Api(token(self.world.people[login]))
        return self._made[login]

    @property
    def nobody(self):
        return Api(None)


@pytest.fixture
def api(world, settings):
    """`api.anna.get("/tickets")`."""
    settings.POLYDESK_RATE_LIMITS = "off"
    limits.forget()
    return Apis(world)
