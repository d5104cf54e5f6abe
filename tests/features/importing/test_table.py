"""Any other table by a map (PL-154)."""

import pytest

from polydesk.features.importing import table
from polydesk.tickets.models import Ticket

pytestmark = pytest.mark.django_db

MAP = """
kind = "request"
system = "old-desk"
key = "{No}"

[fields]
title = "{Subject}"
description = "{Body} ({No})"
status = "{State}"
requester = "{Mail}"
company = "{Customer}"
created_at = "{Opened}"
due_at = "{Due}"

[values.status]
Done = "closed"
Doing = "in_progress"
"""
ROWS = """No,Subject,Body,State,Mail,Customer,Opened,Due
1,Printer,dead,Done,ada@acme.example,Acme,2025-03-01T10:00:00,
2,Mouse,dead,Sleeping,ada@acme.example,Acme,2025-03-01,
3,Screen,"two
lines",Doing,bob,Beta,2025-03-02,soon
"""


@pytest.mark.spec("PL-154", "PL-151")
def test_a_table_is_taken_by_its_map_once_and_faults_are_told(world, tmp_path):
    (tmp_path / "map.toml").write_text(MAP)
    (tmp_path / "old.csv").write_text(ROWS)
    told = []
    mapping = table.read_map(tmp_path / "map.toml")
    summary = table.import_table(
        tmp_path / "old.csv", mapping, world.other, report=lambda line, reason, refused: told.append((line, refused))
    )
    assert (summary.tickets, summary.rows, summary.refused) == (2, 3, 1)
    assert told == [(3, True), (5, False)]
    first = Ticket.objects.get(external_ref="1")
    assert (first.title, first.status, first.company.name, first.requester.email) == (
        "Printer",
        "closed",
        "Acme",
        "ada@acme.example",
    )
    assert first.created_at.isoformat() == "2025-03-01T10:00:00+00:00"
    again = table.import_table(tmp_path / "old.csv", mapping, world.other)
    assert (again.tickets, again.known) == (0, 2)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("kind = ", "no TOML"),
        ('kind = "wish"\n[fields]\ntitle = "{a}"', "no kind"),
        ('[fields]\ncolour = "{a}"', "no field"),
        ('kind = "request"', "title is missing"),
    ],
)
@pytest.mark.spec("PL-154")
def test_a_map_that_says_nothing_sensible_is_refused(tmp_path, text, fault):
    (tmp_path / "map.toml").write_text(text)
    with pytest.raises(ValueError, match=fault):
        table.read_map(tmp_path / "map.toml")
