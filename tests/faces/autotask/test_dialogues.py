"""Recorded dialogues of clients with the answers they got; `*` is anything, `{name}` a kept value."""

import json
from pathlib import Path

import pytest
from django.test import Client

from polydesk.tickets.models import Queue

DIALOGUES = sorted(Path("tests/dialogues/autotask").glob("*.json"))
ROOT = "/atservicesrest/v1.0"


def filled(value, kept):
    if isinstance(value, dict):
        return {k: filled(v, kept) for k, v in value.items()}
    if isinstance(value, list):
        return [filled(v, kept) for v in value]
    if isinstance(value, str):
        for name, found in kept.items():
            if value == f"{{{name}}}":
                return found
            value = value.replace(f"{{{name}}}", str(found))
    return value


def assert_like(expected, found, where):
    if expected == "*":
        assert found is not None, where
    elif isinstance(expected, dict):
        assert isinstance(found, dict) and set(expected) == set(found), (where, found)
        for key, value in expected.items():
            assert_like(value, found[key], f"{where}.{key}")
    elif isinstance(expected, list):
        assert len(expected) == len(found), (where, found)
        for n, value in enumerate(expected):
            assert_like(value, found[n], f"{where}.{n}")
    else:
        assert expected == found, where


def picked(found, path):
    for part in path.split("."):
        found = found[int(part)] if part.isdigit() else found[part]
    return found


@pytest.mark.spec("AT-062", "AT-074", "AT-079", "AT-013", "AT-014", "AT-002", "AT-600", "AT-603", "AT-605")
@pytest.mark.spec("AT-003", "AT-008", "AT-025", "AT-028", "AT-120", "AT-124", "AT-401", "AT-431", "AT-444", "AT-449")
@pytest.mark.parametrize("path", DIALOGUES, ids=lambda p: p.stem)
def test_dialogue(path, api):
    kept = {"queue": Queue.objects.get(name="Level I Support").pk}
    for number, step in enumerate(json.loads(path.read_text())["steps"]):
        method, address = filled(step["send"], kept)
        address = address.removeprefix("http://testserver")
        address = address if address.lower().startswith("/atservicesrest") else ROOT + address
        content = (
            {"data": json.dumps(filled(step["with"], kept)), "content_type": "application/json"}
            if "with" in step
            else {}
        )
        more = {name: str(value) for name, value in filled(step.get("headers", {}), kept).items()}
        headers = {} if step.get("key") == "none" else {**api.headers, **more}
        answer = getattr(Client(), method.lower())(address, headers=headers, **content)
        assert answer.status_code == step["answer"], (number, answer.content)
        if "body" in step:
            assert_like(filled(step["body"], kept), answer.json(), f"step {number}")
        for name, place in step.get("keep", {}).items():
            kept[name] = picked(answer.json(), place)
