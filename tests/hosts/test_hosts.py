"""The built wheel in three host projects, each in a virtual environment of its own."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import uuid
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

HERE, ROOT = Path(__file__).parent, Path(__file__).parents[2]


def run(*command: object, cwd: Path, **environment: str) -> str:
    quiet = {
        name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "POLYDESK_", "PYTHON"))
    }
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=quiet | environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-6000:]
    return done.stdout + done.stderr


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has Polydesk from its wheel, and what Polydesk needs from this environment."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    shutil.copytree(ROOT / "src", source / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    pip = (sys.executable, "-m", "pip", "-q", "--disable-pip-version-check")
    run(*pip, "wheel", "--no-deps", "--no-index", "--no-build-isolation", "-w", folder, source, cwd=folder)
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    python = folder / "venv" / "bin" / "python"
    [wheel] = folder.glob("polydesk-*.whl")
    run(*pip, "--python", python, "install", "--no-deps", "--no-index", wheel, cwd=folder)
    # The path alone: an editable install of this environment must not come before the wheel.
    packages = next((folder / "venv").glob("lib/*/site-packages"))
    (packages / "needed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


@pytest.fixture(scope="session")
def alone(python, tmp_path_factory) -> Path:
    """The wheel's packages with the folders of all other faces deleted."""
    installed = next(python.parents[1].glob("lib/*/site-packages"))
    folder = tmp_path_factory.mktemp("alone") / "site-packages"
    for package in ("polydesk", "simpletickets"):
        shutil.copytree(installed / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    for face in (folder / "polydesk" / "faces").iterdir():
        if face.is_dir() and face.name != "simpletickets":
            shutil.rmtree(face)
    return folder


@pytest.mark.spec("ST-003")
def test_nobody_imports_another_face():
    """So that any face's folder can be deleted with its line in the server, and the rest stands."""
    package = ROOT / "src"
    for path in package.rglob("*.py"):
        found = re.findall(
            r"^\s*(?:from|import) polydesk\.faces(?:\.(\w+)| import (\w+))", path.read_text(), re.MULTILINE
        )
        for face in (one or other for one, other in found):
            assert path.is_relative_to(package / "polydesk" / "faces" / face), (path, face)


@pytest.fixture
def database():
    """What the project's settings read: nothing on SQLite, else a new database of the server that tests run on."""
    if os.environ.get("POLYDESK_TEST_DATABASE") != "postgres":
        yield {}
        return
    name = f"host_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        known = conninfo_to_dict(os.environ["DATABASE_URL"])
        words = {"USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
        facts = {word: known[key] for word, key in words.items() if known.get(key)}
        yield {"HOST_DATABASE": json.dumps(facts | {"NAME": name})}
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.spec(
    "ST-001", "ST-002", "ST-003", "ST-004", "ST-005", "ST-006", "ST-007", "ST-008", "ST-009", "ST-010", "ST-011",
    "ST-026", "ST-045", "ST-048", "ST-051", "ST-067", "ST-079", "ST-080", "ST-083", "ST-084", "ST-092", "ST-100",
)  # fmt: skip
@pytest.mark.parametrize(("project", "faces"), [("plain", "all"), ("changed", "simpletickets"), ("own_people", "all")])
def test_a_ticket_lives_its_whole_life_in_a_host_project(python, alone, project, faces, tmp_path, database):
    shutil.copytree(HERE / project, tmp_path / "site")
    shutil.copy(HERE / "walk.py", tmp_path / "site")
    given = {"DJANGO_SETTINGS_MODULE": "settings", "HOST_FACES": faces, **database}
    if faces != "all":
        given["PYTHONPATH"] = str(alone)
    said = run(python, "walk.py", cwd=tmp_path / "site", **given)
    assert "DONE" in said.splitlines(), said


@pytest.mark.spec("ST-084")
def test_a_project_without_a_page_of_its_own_is_told_so_as_information(python, tmp_path):
    shutil.copytree(HERE / "plain", tmp_path / "site")
    said = run(
        python, "-m", "django", "check", cwd=tmp_path / "site", DJANGO_SETTINGS_MODULE="settings", PYTHONPATH="."
    )
    assert "simpletickets.I001" in said and "WARNINGS" not in said and "ERRORS" not in said
