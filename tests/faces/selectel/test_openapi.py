"""Requests drawn from the OpenAPI document, good and bad, are answered as it says and never by a fault of ours."""

import copy
from pathlib import Path

import pytest
import schemathesis
import yaml
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from openapi_spec_validator import validate
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from polydesk.faces.selectel import urls

pytestmark = pytest.mark.django_db

DOCUMENT = Path("docs/faces/selectel.openapi.yaml")
CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
FEW = settings(
    max_examples=6,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)


NOTHING_TO_SPOIL = {"GET /support/topics", "GET /support/v2/categories/{category}/fields"}


@pytest.fixture
def application():
    """As Django's own test client does: a finished request does not close the connection of the test."""
    signals, handler = (request_started, request_finished), get_wsgi_application()

    def application(environ, start_response):
        for signal in signals:
            signal.disconnect(close_old_connections)
        return handler(environ, start_response)

    yield application
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture(scope="module")
def document():
    return yaml.safe_load(DOCUMENT.read_text())


@pytest.mark.spec("SE-001", "SE-040")
def test_the_document_is_valid_and_names_the_twenty_operations(document):
    validate(copy.deepcopy(document))
    operations = {
        (method.upper(), path)
        for path, item in document["paths"].items()
        for method in item.keys() & {"get", "post", "patch", "put", "delete"}
    }
    assert len(operations) == 20
    addresses = [*urls.at("/support/v2", urls.CURRENT), *urls.at("/support", urls.CLASSIC)]
    for _, path in operations:
        plain = path.replace("{", "").replace("}", "").strip("/")
        assert any(address.resolve(plain) for address in addresses), path


@pytest.mark.spec("SE-043", "SE-048", "SE-060", "SE-061", "SE-063", "SE-064", "SE-065", "SE-081", "SE-090", "SE-111")
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
def test_whatever_fits_the_document_is_answered_as_it_says(document, carl, anna, application, mode):
    for _ in range(2):
        anna.comment(carl.open(comment_body="x"))
    carl.post("/support/tickets/2/close")
    schema = schemathesis.openapi.from_dict(copy.deepcopy(document))
    schema.app = application
    tried = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        cases = operation.as_strategy(generation_mode=mode)

        @FEW
        @given(case=cases)
        def ask(case):
            nonlocal tried
            tried += 1
            case.call_and_validate(headers={"X-Token": carl.token}, checks=CHECKS)

        if mode is GenerationMode.POSITIVE or operation.label not in NOTHING_TO_SPOIL:
            ask()
    assert tried >= 80
