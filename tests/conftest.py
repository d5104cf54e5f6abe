"""What every test may lean on."""

import os

import hypothesis
import pytest

# How long it takes to make up inputs says something of the machine alone; a busy one is no reason to fail.
hypothesis.settings.register_profile("polydesk", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("polydesk")

# Playwright's synchronous calls run a loop in this thread, in which Django would refuse the ORM.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(scope="session")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("POLYDESK_CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        yield browser
        browser.close()


@pytest.fixture
def page(chromium):
    """A fresh browser page; `assert page.problems == []` ends a test that wants no console error or CSP violation."""
    from tests.browsers import quiet_afterwards

    with quiet_afterwards():
        context = chromium.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
        page = context.new_page()
        page.problems = []
        page.on("console", lambda m: m.type in ("error", "warning") and page.problems.append(m.text))
        page.on("pageerror", lambda e: page.problems.append(str(e)))
        yield page
        context.close()


@pytest.fixture
def world(db):
    """House and Other with their people (tests.worlds)."""
    from tests import worlds

    return worlds.build()
