"""What the demo hands out for this face."""

import pytest

from polydesk.directory.demo import Desk
from polydesk.faces.selectel import demo
from polydesk.tickets.models import Category

from .conftest import Api

pytestmark = pytest.mark.django_db


@pytest.mark.spec("SE-173", "PL-012", "PL-013", "RC-400")
def test_the_demos_tokens_work_on_its_catalogue(desk):
    people = {**desk.people, "customer": desk.people["cora"], "agent": desk.people["bob"]}
    people["other_customer"] = desk.people["olga"]
    whole = Desk(desk.house, desk.other, people, desk.acme, desk.beta, desk.support)
    demo.conformance(whole)
    for organization in (desk.house, desk.other):
        assert Category.objects.filter(organization=organization).count() == 7
    tokens = demo.credentials(whole)
    assert tokens.keys() == {"client", "staff", "other"}
    house = demo.house(whole)
    assert house.keys() == {"carl", "anna"}
    number = Api(tokens["client"]).open()
    assert [Api(token).get(f"/support/v2/tickets/{number}").status for token in house.values()] == [200, 200]
    assert Api(tokens["staff"]).comment(number)["admin_author"] == {"name": "Bob Builder"}
    assert Api(tokens["other"]).get(f"/support/v2/tickets/{number}").status == 404
