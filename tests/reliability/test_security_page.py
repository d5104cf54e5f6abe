"""Who finds a hole knows whom to tell, and what was fixed stays fixed (RS-199)."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.spec("RS-199")
def test_the_page_names_an_address_time_limits_and_supported_versions():
    page = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert re.search(r"[\w.]+@[\w.]+\w", page)
    assert len(re.findall(r"\b\d+ days?|within \d+", page)) >= 3
    assert "Supported" in page and "tests/security/" in page
    for test in (ROOT / "tests" / "security").glob("test_*.py"):
        assert re.fullmatch(r"test_(pd|cve)_\d{4}_\d+\w*\.py", test.name), "named after the hole's identifier"
