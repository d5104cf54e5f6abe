"""The acceptance walk-through of the contract, step by step (centurion.md section 20)."""

import pytest

from .conftest import CHANGE, PROBLEM, REQUEST, A, bodies

pytestmark = pytest.mark.django_db


@pytest.mark.spec("CE-001", "CE-003", "CE-042", "CE-052", "CE-060", "CE-107", "CE-136", "CE-156", "CE-190",
                  "CE-192", "CE-271")  # fmt: skip
def test_the_walk_through(desk):
    req, tri, mgr = desk.role("requester"), desk.role("triage"), desk.role("manager")
    oth = desk.caller("oth", "add:request", "view:request", "triage:request", organization=desk.other)
    organization = desk.house.pk

    nobody = desk.caller("req").client.get(REQUEST)
    assert nobody.status_code == 401 and nobody.headers["WWW-Authenticate"] == "Token"
    assert nobody.json() == {"detail": "Authentication credentials were not provided."}

    body = {
        "title": "Printer on floor 2",
        "description": "No paper light\n/spend 5m",
        "organization": organization,
        "urgency": 3,
        "status": 4,
        "priority": 6,
    }
    made = req.post(REQUEST, body)
    assert made.status_code == 201, made.data
    t = made.data
    seven = t["id"]
    assert (t["ticket_type"], t["status"], t["urgency"], t["priority"]) == (1, 2, 3, 1)
    assert (t["description"], t["duration"], t["assigned_users"]) == ("No paper light", 300, [])
    assert t["opened_by"]["id"] == req.person.pk and t["opened_by"]["username"] == "req"
    assert [u["id"] for u in t["subscribed_users"]] == [req.person.pk]
    assert t["status_badge"]["text"] == "New"
    assert t["_urls"] == {
        "_self": f"http://testserver{REQUEST}/{seven}",
        "comments": f"http://testserver{A}/core/ticket/{seven}/comments",
        "linked_items": f"http://testserver{A}/core/ticket/{seven}/linked_item",
        "related_tickets": f"http://testserver{A}/core/ticket/{seven}/related_ticket",
    }

    again = req.post(REQUEST, body)
    assert again.status_code == 400 and again.data == {"title": ["Ticket with this Title already exists."]}

    refused = req.patch(f"{REQUEST}/{seven}", {"urgency": 4})
    assert refused.status_code == 403
    assert refused.data == {"detail": "You do not have permission to perform this action."}

    t = tri.patch(f"{REQUEST}/{seven}", {"assigned_users": [tri.person.pk], "priority": 6}).data
    assert (t["status"], t["status_badge"]["text"], t["priority_badge"]["text"]) == (3, "Assigned", "Major")

    bad = tri.patch(f"{REQUEST}/{seven}", {"status": 13})
    assert (bad.status_code, bad.data) == (400, {"status": ['"13" is not a valid choice.']})
    bad = tri.patch(f"{REQUEST}/{seven}", {"real_start_date": "2026-12-01T10:00:00Z"})
    assert (bad.status_code, bad.data) == (400, {"real_start_date": ["cant edit field: real_start_date"]})

    made = tri.post(PROBLEM, {"title": "Paper sensor batch", "description": "x", "organization": organization})
    assert (made.status_code, made.data["ticket_type"], made.data["status"]) == (201, 4, 2)
    eight = made.data["id"]

    text = f"Checked\n/spend 20m\n/blocked_by #{eight}\n/link $organization-{organization}"
    made = tri.post(f"{A}/core/ticket/{seven}/comments", {"comment_type": 2, "body": text})
    assert made.status_code == 201, made.data
    assert (made.data["comment_type"], made.data["body"], made.data["duration"]) == (2, "Checked", 1200)

    found = tri.get(f"{A}/core/ticket/{eight}/related_ticket").data["results"]
    assert [
        (r["from_ticket_id"]["id"], r["to_ticket_id"]["id"], r["how_related"], r["display_name"]) for r in found
    ] == [(seven, eight, 3, f"#{seven}")]

    bad = tri.patch(f"{REQUEST}/{seven}", {"parent_ticket": seven})
    assert (bad.status_code, bad.data) == (
        400,
        {"parent_ticket": ["Adding this ticket will create a circular dependency"]},
    )

    solved = tri.post(f"{A}/core/ticket/{seven}/comments", {"comment_type": 5, "body": "Sensor cleaned"})
    assert solved.status_code == 201
    t = tri.get(f"{REQUEST}/{seven}").data
    assert (t["status"], t["duration"]) == (8, 1500)

    assert bodies(req, seven) == [
        "Added @req as watching",
        "added 5m of time spent",
        "changed status to Assigned",
        "Assigned @tri",
        "changed priority to Major",
        "Checked",
        f"added #{seven} as blocked by #{eight}",
        f"linked $organization-{organization}",
        "Sensor cleaned",
        "changed status to Solved",
    ]

    assert oth.get(f"{REQUEST}/{seven}").status_code == 403
    listed = oth.get(REQUEST)
    assert listed.status_code == 200 and listed.data["results"] == []
    assert tri.delete(f"{REQUEST}/{seven}").status_code == 403
    assert mgr.delete(f"{REQUEST}/{seven}").status_code == 204
    assert tri.get(f"{REQUEST}/{seven}").status_code == 403
    gone = mgr.get(f"{REQUEST}/{seven}")
    assert gone.status_code == 200 and gone.data["is_deleted"] is True
    assert mgr.delete(f"{REQUEST}/{seven}").status_code == 204
    assert mgr.get(f"{REQUEST}/{seven}").status_code == 403

    form = tri.options(CHANGE)
    assert form.status_code == 200
    assert form.data["table_fields"] == [
        "id",
        "title",
        "status_badge",
        "priority_badge",
        "impact_badge",
        "urgency_badge",
        "opened_by",
        "organization",
        "created",
    ]
    status = form.data["fields"]["status"]
    assert status["type"] == "Choice" and status["choices"][0] == {"value": 1, "display_name": "Draft"}
