"""Recorded dialogues of clients: each request with its answer (tests/dialogues/centurion)."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from polydesk.directory.models import Project

from .conftest import COMMENTS, KINDS, LINKS, A, Api

DIALOGUES = sorted(Path("tests/dialogues/centurion").glob("*.json"))


def filled(value: Any, kept: dict[str, Any]) -> Any:
    """A value with what earlier steps kept; a text that is nothing but a name takes the kept value itself."""
    if isinstance(value, dict):
        return {key: filled(part, kept) for key, part in value.items()}
    if isinstance(value, list):
        return [filled(part, kept) for part in value]
    if isinstance(value, str):
        if (whole := re.fullmatch(r"\{(\w+)\}", value)) and whole[1] in kept:
            return kept[whole[1]]
        return re.sub(r"\{(\w+)\}", lambda found: str(kept.get(found[1], found[0])), value)
    return value


def fits(wanted: Any, found: Any) -> bool:
    """The same, `*` standing for anything."""
    if wanted == "*":
        return True
    if isinstance(wanted, dict) and isinstance(found, dict):
        return set(wanted) == set(found) and all(fits(part, found[key]) for key, part in wanted.items())
    if isinstance(wanted, list) and isinstance(found, list):
        return len(wanted) == len(found) and all(map(fits, wanted, found))
    return type(wanted) is type(found) and wanted == found


@pytest.mark.django_db
@pytest.mark.spec("CE-080", "CE-201", "CE-212", "CE-213", "CE-214", "CE-215", "CE-217", "CE-230", "CE-284")
@pytest.mark.parametrize("path", DIALOGUES, ids=lambda path: path.stem)
def test_dialogue(desk, path):
    req = desk.role("requester")
    desk.join(req.person, "view:organization")
    callers = {
        "nobody": Api(),
        "req": req,
        "tri": desk.role("triage"),
        "oth": desk.caller("oth", *(f"view:{kind}" for kind in KINDS), *COMMENTS, *LINKS, organization=desk.other),
    }
    project = Project.objects.create(organization=desk.house, name="Move")
    kept: dict[str, Any] = {"house": desk.house.pk, "project": project.pk, "tri": callers["tri"].person.pk}
    for number, step in enumerate(json.loads(path.read_text())["steps"], start=1):
        method, where = filled(step["send"], kept)
        answer = callers[step["as"]](method, f"{A}{where}", filled(step.get("with"), kept))
        context = (number, method, where, answer.data)
        assert answer.status_code == step["answer"], context
        for name, value in step.get("headers", {}).items():
            assert answer.headers[name] == value, context
        if "body" in step:
            assert fits(filled(step["body"], kept), answer.data), context
        for key, value in step.get("some", {}).items():
            assert fits(filled(value, kept), answer.data[key]), (key, *context)
        kept |= {name: answer.data[key] for name, key in step.get("keep", {}).items()}


def test_there_are_dialogues():
    assert len(DIALOGUES) >= 2
