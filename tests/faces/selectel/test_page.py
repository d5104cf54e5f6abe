"""The compatibility page and the tests speak of the same rules."""

import re
from pathlib import Path

import pytest


@pytest.mark.spec("SE-001", "PL-015")
def test_the_page_names_every_rule_that_a_test_proves_and_no_other():
    named = set(re.findall(r"SE-\d{3}", Path("docs/faces/selectel.md").read_text()))
    tests = "".join(path.read_text() for path in Path("tests/faces/selectel").glob("test_*.py"))
    assert named == set(re.findall(r'"(SE-\d{3})"', tests)) and len(named) == 133
