"""Every kind in every status has one of the three keys, and writing it back is no edit (PL-027, RC-418)."""

import pytest

from polydesk.tickets.kinds import KINDS, STATUSES
from polydesk.tickets.models import Event, Status

pytestmark = pytest.mark.django_db

# RC-124 … RC-139, written out beside the face's own table.
OPEN = (
    *("draft", "new", "open", "assigned", "planned", "in_progress", "scheduled", "escalated", "accepted", "evaluation"),
    *("approvals", "testing", "qualification", "applied", "review", "under_observation"),
    *("waiting_customer", "waiting_supplier", "waiting_materials", "on_hold"),
)
SHOWN = {
    **dict.fromkeys(OPEN, "in_progress"),
    "solved": "resolved",
    **dict.fromkeys(["closed", "cancelled", "refused", "invalid"], "closed"),
}
ADDED = {"new": "in_progress", "open": "in_progress", "waiting": "in_progress"} | {
    "solved": "resolved", "closed": "closed", "dropped": "closed"
}  # fmt: skip
NAMES = {
    "in_progress": {"en": "Open", "ru": "Открыт"},
    "resolved": {"en": "Resolved", "ru": "Решен"},
    "closed": {"en": "Closed", "ru": "Закрыт"},
}


@pytest.mark.spec("SE-055", "SE-062", "PL-027", "RC-418", "RC-298", "RC-120", "RC-123", "RC-003")
def test_the_mapping_is_total(desk, anna):
    assert SHOWN.keys() == STATUSES.keys() and len(SHOWN) == 25
    for phase in ADDED:
        Status.objects.create(organization=desk.house, key=f"our-{phase}", name=phase.title(), phase=phase)
    wanted = {}
    for kind in KINDS.values():
        allowed = [*(key for key in STATUSES if kind.allows(key)), *(f"our-{phase}" for phase in ADDED)]
        for status in allowed:
            ticket = desk.ticket(kind=kind.key, status=status, title=f"{kind.key} {status}")
            wanted[ticket.pk] = ADDED[status.removeprefix("our-")] if status.startswith("our-") else SHOWN[status]
    assert len(wanted) > 8 * 18
    current = {row["number"]: row for row in anna.get("/support/v2/tickets?items_per_page=1000").body["items"]}
    classic = {row["number"]: row for row in anna.get("/support/tickets?items_per_page=1000").body["items"]}
    assert {number: row["status"] for number, row in current.items()} == wanted
    for number, key in wanted.items():
        row = classic[number]
        assert (row["status_key"], row["status"]) == (key, NAMES[key])
        assert (row["is_closed"], row["is_resolved"]) == (key == "closed", key != "in_progress")
        assert (row["closed_at"] is not None) == (key == "closed")
        flags = current[number]["is_await_client"], current[number]["is_await_support"]
        assert flags == ((False, False) if key == "closed" else (False, True))


@pytest.mark.spec("RC-418", "RC-003")
def test_writing_back_a_ticket_in_any_status_is_no_event(desk, anna):
    numbers = [desk.ticket(kind="change", status=status).pk for status in STATUSES if KINDS["change"].allows(status)]
    for number in numbers:
        for prefix in ("/support/v2/tickets", "/support/tickets"):
            shown = anna.get(f"{prefix}/{number}").body
            assert anna.patch(f"{prefix}/{number}", shown).body == shown
    assert Event.objects.count() == len(numbers)
