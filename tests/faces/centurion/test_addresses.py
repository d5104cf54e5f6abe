"""Every address with every method: the shape of the face, never a fault (CE-289, RS-145, RS-148)."""

import re

import pytest

from polydesk.faces.centurion import urls

from .conftest import A, Api

pytestmark = pytest.mark.django_db
OPEN = ("/schema", "/docs", "/auth/")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def addresses(number):
    for route in urls.urlpatterns:
        path = re.sub(r"<slug:kind>", "device", str(route.pattern))
        path = re.sub(r"<int:\w+>", str(number), path)
        if not path.startswith(OPEN):
            yield f"{A}{path}"


@pytest.mark.spec("CE-283", "CE-271", "RS-148", "RS-111", "CE-229", "CE-285")
def test_nobody_gets_anything(desk):
    nobody = Api()
    for path in addresses(1):
        for method in ("GET", "PATCH", "DELETE"):
            answer = nobody(method, path, {})
            assert answer.status_code == 401, (method, path)
            assert answer.data == {"detail": "Authentication credentials were not provided."}


@pytest.mark.spec("CE-289", "CE-284", "RS-145", "RS-148", "RS-113")
def test_no_address_breaks_and_strangers_change_nothing(desk):
    ticket = desk.ticket(desk.superuser(), organization=desk.house.pk, title="The one of House")
    rights = [f"{verb}:*" for verb in ("add", "change", "view", "triage", "delete", "purge")]
    stranger = desk.caller("stranger", *rights, organization=desk.other)
    for number in (ticket["id"], 2**70):
        for path in addresses(number):
            for method in METHODS:
                answer = stranger(method, path, {})
                assert answer.status_code < 500, (method, path)
                assert b"The one of House" not in answer.content
                if answer.status_code >= 400:
                    assert answer.data, (method, path)
    assert desk.superuser().get(ticket["_urls"]["_self"].removeprefix("http://testserver")).data == ticket
