"""Recorded requests and answers, played against the API; `*` stands for any value, `{name}` for one kept before."""

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import read

pytestmark = pytest.mark.django_db
DIALOGUES = sorted(Path("tests/dialogues/crm").glob("*.json"))


@pytest.mark.spec("CR-001", "CR-002", "CR-003", "CR-004", "CR-005", "CR-006", "CR-007", "CR-008", "CR-010", "CR-012")
@pytest.mark.parametrize("path", DIALOGUES, ids=lambda p: p.stem)
def test_a_recorded_dialogue_goes_as_it_went(crm, path):
    kept: dict[str, str] = {}
    for step in json.loads(path.read_text())["steps"]:
        method, address = step["send"]
        crm_key, crm.key = crm.key, "" if step.get("key") == "none" else crm.key
        if "form" in step:
            answer = crm(method, address.format(**kept), step["form"], kind="application/x-www-form-urlencoded")
        else:
            answer = crm(method, address.format(**kept), filled(step.get("with"), kept))
        crm.key = crm_key
        assert answer.status_code == step["answer"], (step, answer.content)
        assert all(answer.headers[name] == value for name, value in step.get("headers", {}).items())
        if "body" not in step:
            assert answer.content == b""
            continue
        body = read(answer)
        assert fits(body, filled(step["body"], kept)), (step["send"], body)
        kept |= {name: body[member] for name, member in step.get("keep", {}).items()}


def filled(value: Any, kept: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: filled(part, kept) for name, part in value.items()}
    if isinstance(value, list):
        return [filled(part, kept) for part in value]
    return value.format(**kept) if isinstance(value, str) else value


def fits(body: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        return isinstance(body, dict) and body.keys() == wanted.keys() and all(fits(body[n], wanted[n]) for n in wanted)
    if isinstance(wanted, list):
        return isinstance(body, list) and len(body) == len(wanted) and all(map(fits, body, wanted))
    return body is not None if wanted == "*" else type(body) is type(wanted) and body == wanted
