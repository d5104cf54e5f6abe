"""Every read goes to the primary: there is no replica to read something older from (RS-037)."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.db import router

from polydesk.server.databases import database
from polydesk.server.options import SETTINGS
from polydesk.tickets.models import Ticket

SOURCE = Path(__file__).parents[2] / "src"

pytestmark = pytest.mark.spec("RS-037")


def test_there_is_one_database_and_no_router_sends_a_read_elsewhere():
    assert list(settings.DATABASES) == ["default"]
    assert settings.DATABASE_ROUTERS == []
    assert router.db_for_read(Ticket) == router.db_for_write(Ticket) == "default"
    assert [setting.name for setting in SETTINGS if "REPLICA" in setting.name] == []


def test_no_code_names_another_database():
    for file in SOURCE.rglob("*.py"):
        named = re.findall(r"""\b(?:using\(|using=|connections\[)\s*["'](\w+)["']""", file.read_text(encoding="utf-8"))
        assert set(named) <= {"default"}, file


def test_several_hosts_in_an_address_still_mean_one_server_that_can_write():
    """libpq picks the first that takes writes: the one way to name several servers is safe too."""
    config = {"DATABASE_POOL": 4, "PREPARE_THRESHOLD": 1}
    address = "postgres://desk@/desk?host=one,two&target_session_attrs=read-write"
    made = database({**config, "DATABASE_URL": address})
    assert made["HOST"] == "one,two" and made["OPTIONS"]["target_session_attrs"] == "read-write"
