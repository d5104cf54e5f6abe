"""The document is valid and the server keeps to it: schemathesis makes requests of every operation (PL-100, RS-145)."""

import os
import re
from contextlib import contextmanager
from functools import cache

import pytest
import schemathesis
from django.core import signals
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from polydesk.faces.native import openapi, urls
from polydesk.server.wsgi import application

pytestmark = pytest.mark.django_db
EXAMPLES = 3 * int(os.environ.get("POLYDESK_TORTURE", "1"))
CHECKED = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.mark.spec("PL-100")
def test_the_document_is_valid_and_says_everything():
    document = openapi.document(urls.OPERATIONS)
    validate(document)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (path, method)
            assert {"400", "401", "403"} <= set(operation["responses"]), (path, method)
    names = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert len(names) == len(set(names))


@pytest.mark.spec("PL-100")
def test_the_page_loads_nothing_from_elsewhere(client):
    page = client.get("/api/v1/docs")
    text = page.content.decode()
    assert page.status_code == 200 and "List tickets" in text
    assert not re.search(r"""(src|href)=["']?(https?:)?//|<script|style=|@import|url\(""", text)
    assert client.get("/api/v1/openapi.json").json()["openapi"] == "3.1.0"


@cache
def schema():
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)


@contextmanager
def one_connection():
    """Real requests end by closing connections; the test's transaction lives on one."""
    ends = (signals.request_started, signals.request_finished)
    for signal in ends:
        signal.disconnect(close_old_connections)
    yield
    for signal in ends:
        signal.connect(close_old_connections)


def parts():
    """A world for each dozen operations."""
    ending = [o for o in urls.OPERATIONS if o.produces != "text/event-stream"]
    for n in range(0, len(ending), 12):
        yield ending[n : n + 12]


@pytest.mark.spec("PL-100", "RS-145")
@pytest.mark.parametrize("operations", list(parts()), ids=lambda part: f"{part[0].method}{part[0].path}")
def test_the_server_keeps_to_the_document(api, world, operations):
    api.mona.ticket(company=world.acme.pk, requester=world.carl.pk)
    headers = {"Authorization": f"Bearer {api.mona.secret}", "Accept-Encoding": "identity"}
    with one_connection():
        for operation in operations:
            keeps_to_it(operation, headers)


def keeps_to_it(operation, headers):
    found = schema()[operation.path][operation.method]

    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def keeps(data):
        mode = data.draw(st.sampled_from(GenerationMode))
        case = data.draw(found.as_strategy(generation_mode=mode))
        case.call_and_validate(headers=headers, checks=CHECKED)

    keeps()
