"""One writer: nobody but tickets.edits writes a ticket (PL-020)."""

import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"
ENGINE = {"polydesk/tickets/edits.py", "polydesk/tickets/statements/writing.py"}
WRITES = re.compile(
    r"\bTicket\.objects[^\n]*\.(update|create|bulk_create|bulk_update|update_or_create|get_or_create)\("
    r"|\bticket\.(status|phase)\s*=[^=]"
    r"|\bticket\.save\("
    r"|INSERT INTO \"?tickets_ticket\b|UPDATE \"?tickets_ticket\b"
)


@pytest.mark.spec("PL-020")
def test_only_the_write_path_writes_tickets():
    found = {
        f"{path.relative_to(SOURCE)}:{number}"
        for path in SOURCE.rglob("*.py")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if str(path.relative_to(SOURCE)) not in ENGINE and "/migrations/" not in str(path) and WRITES.search(line)
    }
    assert found == set()


@pytest.mark.spec("PL-020")
def test_the_search_would_find_a_second_writer():
    for line in ("ticket.status = 'x'", "Ticket.objects.filter(pk=1).update(title='x')", "ticket.save()"):
        assert WRITES.search(line)
    assert not WRITES.search("if ticket.status == 'new':")
