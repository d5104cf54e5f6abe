"""What can be forgotten is tested: settings, commands, fields, kinds, event verbs and faces stand in the docs."""

import ast
import re
from pathlib import Path

import pytest

from polydesk.server import reference
from polydesk.server.cli import COMMANDS
from polydesk.server.options import SETTINGS
from polydesk.server.urls import FACES
from tests.marks import without_database

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "polydesk"
PAGES = ROOT / "docs" / "reference"
HOW = "write it anew: .venv/bin/python -m polydesk.server.reference docs/reference"

pytestmark = [pytest.mark.spec("PL-350"), without_database]


@pytest.mark.spec("PL-004")
@pytest.mark.parametrize("name", ["settings.md", "fields.md", "kinds.md"])
def test_the_page_is_what_the_code_says(name):
    assert (PAGES / name).read_text(encoding="utf-8") == reference.PAGES[name](), HOW


@pytest.mark.spec("PL-002")
def test_every_command_and_option_is_on_its_page():
    # By word, as releases of Python break the lines of a help text differently.
    page, now = (PAGES / "commands.md").read_text(encoding="utf-8"), reference.commands_page()
    for name in COMMANDS:
        assert f"## polydesk {name}\n" in page
    assert set(re.findall(r"--[a-z-]+", now)) == set(re.findall(r"--[a-z-]+", page)), HOW


@pytest.mark.spec("PL-004")
def test_every_setting_that_the_code_reads_is_declared():
    declared = {f"POLYDESK_{setting.name}" for setting in SETTINGS}
    used = {
        found
        for file in SOURCE.rglob("*.py")
        for found in re.findall(r"settings(?:\.|, \")(POLYDESK_[A-Z0-9_]+)", file.read_text(encoding="utf-8"))
    }
    assert used - declared == set()


def verbs_written():
    """Every verb that the engine and its features give to an edit by name."""
    for file in (file for part in ("tickets", "features", "channels") for file in (SOURCE / part).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                for keyword in node.keywords:
                    if keyword.arg == "verb" and isinstance(keyword.value, ast.Constant):
                        yield keyword.value.value


def test_every_event_verb_is_on_its_page():
    page = (PAGES / "events.md").read_text(encoding="utf-8")
    assert {verb for verb in verbs_written() if f"`{verb}`" not in page} == set()


@pytest.mark.parametrize("face", [face for face, _, _ in FACES])
def test_every_face_has_a_page_and_a_readme_of_its_own(face):
    assert (ROOT / "docs" / "faces" / f"{face}.md").exists()
    assert (SOURCE / "faces" / face / "README.md").exists()


def test_the_readme_names_every_face_and_the_two_commands():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "./dev demo" in readme and "./dev test" in readme
    for face, _, _ in FACES:
        assert f"docs/faces/{face}.md" in readme


@pytest.mark.parametrize("page", sorted(str(p.relative_to(ROOT)) for p in ROOT.glob("docs/**/*.md")))
def test_links_between_pages_lead_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", text):
        assert ((ROOT / page).parent / target).exists(), target
