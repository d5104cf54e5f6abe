"""Recorded requests and answers of both families; `*` stands for any value but null, `{name}` for one kept before."""

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import Api

pytestmark = pytest.mark.django_db
DIALOGUES = sorted(Path("tests/dialogues/selectel").glob("*.json"))


@pytest.mark.spec("SE-001", "SE-009", "SE-021", "SE-022", "SE-060", "SE-063", "SE-065", "PL-015")
@pytest.mark.parametrize("path", DIALOGUES, ids=lambda path: path.stem)
def test_a_recorded_dialogue_goes_as_it_went(carl, anna, path):
    voices = {"client": carl, "support": anna, "nobody": Api()}
    kept: dict[str, Any] = {}
    for step in json.loads(path.read_text())["steps"]:
        method, address = step["send"]
        api = voices[step.get("as", "client")]
        if "upload" in step:
            answer = api.upload(step["upload"], b"some lines\n")
        else:
            answer = api.send(method, address.format(**kept), filled(step["with"], kept) if "with" in step else None)
        assert answer.status == step["answer"], (step["send"], answer.body)
        assert fits(answer.body, filled(step["body"], kept)), (step["send"], answer.body)
        kept |= {name: answer.body[member] for name, member in step.get("keep", {}).items()}


def filled(value: Any, kept: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {name: filled(part, kept) for name, part in value.items()}
    if isinstance(value, list):
        return [filled(part, kept) for part in value]
    if isinstance(value, str) and value.startswith("{") and value[1:-1] in kept:
        return kept[value[1:-1]]
    return value


def fits(body: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        return isinstance(body, dict) and body.keys() == wanted.keys() and all(fits(body[n], wanted[n]) for n in wanted)
    if isinstance(wanted, list):
        return isinstance(body, list) and len(body) == len(wanted) and all(map(fits, body, wanted))
    return body is not None if wanted == "*" else type(body) is type(wanted) and body == wanted
