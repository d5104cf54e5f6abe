"""The payloads read by a real browser: nothing may run or load."""

import pytest

from polydesk.web.markdown import clean, render
from tests.web.test_markdown import PAYLOADS


@pytest.mark.spec("RS-085", "PL-032", "RS-059")
def test_nothing_runs_and_nothing_is_fetched_in_a_browser(page):
    requests, dialogs = [], []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: requests.append(request.url))
    page.route("**/*", lambda route: route.abort())
    pieces = [how(payload) for payload in PAYLOADS for how in (render, clean, lambda text: render(text, "plain"))]
    page.set_content("".join(f"<article>{piece}</article>" for piece in pieces), wait_until="load")
    page.evaluate("""() => document.querySelectorAll('article *').forEach(element => {
        for (const name of ['mouseover', 'focus', 'pointerenter', 'toggle', 'click'])
            element.dispatchEvent(new Event(name));
    })""")
    page.wait_for_timeout(300)
    assert page.locator("article").count() == len(pieces)  # no payload closed or ate what stands around it
    assert dialogs == []
    assert [url for url in requests if "evil" in url or url.startswith(("data:", "javascript:"))] == []
