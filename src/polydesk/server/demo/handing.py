"""The credentials file: how to come in through every door (PL-012)."""

import json
import os
from pathlib import Path
from typing import Any

from polydesk.directory.demo import Desk
from polydesk.directory.models import Credential
from polydesk.server.config import ConfigError
from polydesk.server.demo.building import parts
from polydesk.server.demo.people_and_things import PASSWORD

WEB = ("admin", "agent", "customer", "other_agent")
# RC-400: who has a login to the pages, simpletickets among them.
HOUSE = ("carl", "anna", "bob", "mona", "rita")


def hand_out(desk: Desk, url: str, *, with_house: bool) -> dict[str, Any]:
    """Fresh credentials of every face; those of an earlier file end, as their secrets are known to nobody here."""
    Credential.objects.all().delete()
    found: dict[str, Any] = {"url": url, "web": {login: _web(desk, login) for login in WEB}}
    for part in parts("credentials"):
        face, given = _face(part.__name__), part.credentials(desk)
        # A face that has more to give than its own entry names each of them.
        found |= given if face in given else {face: given}
    if with_house:
        people = _house(desk)
        found["house"] = {login: people.pop(login) for login in HOUSE}
        # Somebody whom a face's data set adds is not of the house.
        found |= {f"{face}_{login}": key for login, keys in people.items() for face, key in keys.items()}
    return found


def write(path: Path, content: dict[str, Any]) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(content, file, indent=2)
            file.write("\n")
        draft.replace(path)
    except OSError as problem:
        raise ConfigError(f"{path}: cannot be written: {problem.strerror}") from problem


def _house(desk: Desk) -> dict[str, dict[str, Any]]:
    people: dict[str, dict[str, Any]] = {login: {"web": _web(desk, login)} for login in HOUSE}
    for part in parts("house"):
        for login, credential in part.house(desk).items():
            people.setdefault(login, {})[_face(part.__name__)] = credential
    return people


def _web(desk: Desk, login: str) -> dict[str, str]:
    return {"username": desk.people[login].username, "password": PASSWORD}


def _face(module: str) -> str:
    return module.split(".")[-2]
