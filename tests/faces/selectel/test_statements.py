"""How many statements each endpoint asks, whatever the number of rows (PL-304)."""

import pytest

from polydesk.web.testing import count_statements

pytestmark = pytest.mark.django_db

MOST = {
    "/support/v2/tickets": 3,
    "/support/v2/tickets?q=link&is_only_opened=true&keystone_projects=p1": 3,
    "/support/v2/tickets?is_only_abuse=true": 4,
    "/support/v2/tickets/count?q=link": 2,
    "/support/v2/tickets/{number}": 3,
    "/support/tickets": 3,
    "/support/tickets/{number}": 2,
    "/support/tickets/{number}/comments": 5,
    "/support/comments/{comment}": 4,
    "/support/topics": 2,
    "/support/v2/categories": 2,
    "/support/v2/categories/technical_issue/fields": 3,
    "/support/v2/products?parent=servers": 2,
    "/files/public/files/{file}": 2,
    "/files/public/files/extensions": 1,
}


@pytest.mark.spec("PL-304", "SE-002", "SE-004", "SE-010", "SE-014")
def test_reading_costs_a_fixed_number_of_statements(desk, carl, anna):
    file = carl.upload().body["uuid"]
    for n in range(6):
        number = carl.open(
            summary=f"Link {n}",
            products=["servers", "dns"],
            keystone_projects=["p1"],
            categories=["abuse"],
            files=[file],
        )
        for _ in range(3):
            comment = anna.comment(number)["id"]
            carl.comment(number, files=[file])
    anna.comment(number)
    asked = {}
    for path, most in MOST.items():
        comment = anna.comment(number)["id"]
        with count_statements() as ran:
            answer = carl.get(path.format(number=number, comment=comment, file=file))
        assert answer.status == 200, path
        asked[path] = (len(ran), ran.sql) if len(ran) > most else None
    assert not any(asked.values()), asked
