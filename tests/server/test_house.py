"""The workshop script, and how long work shows itself."""

import io
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from polydesk.server.progress import Progress
from tests.marks import without_database

pytestmark = without_database

ROOT = Path(__file__).parents[2]


@pytest.mark.spec("PL-001")
def test_one_short_posix_script_is_the_whole_workshop():
    script = (ROOT / "dev").read_text()
    assert script.startswith("#!/bin/sh\n")
    assert len(script.splitlines()) < 60
    assert (ROOT / "dev").stat().st_mode & stat.S_IXUSR
    shown = subprocess.run([ROOT / "dev", "help"], capture_output=True, text=True)
    assert shown.returncode == 2
    for verb in ("setup", "demo", "test", "check", "bench"):
        assert verb in shown.stdout


@pytest.mark.spec("PL-001")
def test_a_missing_browser_is_one_clear_line(tmp_path):
    """With an empty PATH but for the shell's tools there is neither a browser nor a way to install one."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "dirname", "cmp", "id", "sed"):
        (tools / name).symlink_to(f"/usr/bin/{name}")
    environment = {"PATH": str(tools), "HOME": str(tmp_path)}
    refused = subprocess.run([ROOT / "dev", "test"], env=environment, capture_output=True, text=True)
    assert refused.returncode == 1
    assert refused.stderr.strip().splitlines()[-1].startswith("page tests need Chromium")


@pytest.mark.spec("RS-198")
def test_the_lock_names_every_hash_and_no_index():
    lock = (ROOT / "requirements.lock").read_text()
    pins = [line for line in lock.splitlines() if line and not line.startswith((" ", "#"))]
    assert all("==" in pin and pin.endswith("\\") for pin in pins)
    assert "://" not in lock and "index" not in lock


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.spec("PL-006")
def test_a_terminal_gets_a_bar_and_a_file_gets_plain_lines():
    shown = {}
    for name, stream in {"terminal": Terminal(), "file": io.StringIO()}.items():
        with Progress("importing", 200, stream) as progress:
            progress.pause = 0
            for _ in range(200):
                progress.step()
        shown[name] = stream.getvalue()
    assert "[###############...............] importing: 100 of 200" in shown["terminal"]
    assert "\r" in shown["terminal"] and shown["terminal"].endswith("\n")
    assert "\r" not in shown["file"] and "#" not in shown["file"]
    assert shown["file"].splitlines()[-1].startswith("importing: 200 of 200")


@pytest.mark.spec("PL-006")
def test_plain_lines_come_seldom():
    stream = io.StringIO()
    with Progress("importing", 100_000, stream) as progress:
        for _ in range(100_000):
            progress.step()
    assert len(stream.getvalue().splitlines()) <= 3


@pytest.mark.spec("PL-002")
def test_the_wheel_holds_every_file_that_the_program_needs(tmp_path):
    tracked = subprocess.run(["git", "ls-files", "src"], cwd=ROOT, capture_output=True, text=True).stdout.split()
    if not tracked:
        pytest.skip("not a checkout")
    # In a copy: the build leaves its folders beside the source.
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    build = [sys.executable, "-c", "import setuptools.build_meta as b; print(b.build_wheel('dist'))"]
    (tmp_path / "dist").mkdir()
    built = subprocess.run(build, cwd=tmp_path, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    with zipfile.ZipFile(next((tmp_path / "dist").glob("*.whl"))) as wheel:
        held = set(wheel.namelist())
        entry = next(name for name in held if name.endswith("entry_points.txt"))
        assert b"polydesk = polydesk.server.cli:main" in wheel.read(entry)
    assert {name for name in tracked if (ROOT / name).exists() and name.removeprefix("src/") not in held} == set()
