"""One desk with two web workers and a job worker, served by real processes to all tests that set it on fire.

On PostgreSQL a wire of ours lies between it and the tests' server, and its commits are durable, unlike others there."""

import contextlib

import pytest

from bench.drill import Drill
from tests.reliability.proxy import Proxy
from tests.server.desks import POSTGRES, Desk


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    desk = Desk.migrated(tmp_path_factory.mktemp("served") / "desk", POLYDESK_STREAMS="60")
    desk.direct = desk.environment.get("DATABASE_URL", "")
    with contextlib.ExitStack() as stack:
        proxy = None
        if POSTGRES:
            proxy = stack.enter_context(Proxy(desk.environment["DATABASE_URL"]))
            desk.environment["DATABASE_URL"] = proxy.url + "&options=-c%20synchronous_commit%3Don"
        drill = Drill(desk)
        drill.proxy = proxy
        stack.callback(drill.close)
        yield drill
