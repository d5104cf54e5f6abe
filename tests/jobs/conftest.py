"""The kinds that tests use are registered for all of them."""

from tests.jobs import kinds  # noqa: F401
