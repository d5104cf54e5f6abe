"""The pictures of the README, taken anew from a fresh demo desk.

./dev screenshots [--into docs/images]"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

DESKTOP, PHONE = (1280, 800), (390, 780)
HEAVIEST = 210_000
POLYDESK = [sys.executable, "-m", "polydesk.server"]
# (name, where, size, colours); `{ticket}` is the liveliest open ticket that has a requester.
PICTURES = (
    ("list", "/?view=open&sort=priority", DESKTOP, "light"),
    ("ticket", "/t/{ticket}?view=open", DESKTOP, "light"),
    ("board", "/board", DESKTOP, "light"),
    ("reports", "/reports", DESKTOP, "light"),
    ("ticket-dark", "/t/{ticket}?view=open", DESKTOP, "dark"),
    ("phone", "/?view=mine", PHONE, "light"),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=Path("docs/images"))
    into = parser.parse_args().into
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, desk(Path(folder)) as (address, keys):
        for name, size in take(address, keys, into):
            print(f"{name}.png  {size // 1000} kB{'  heavier than it should be' if size > HEAVIEST else ''}")
    return 0


@contextmanager
def desk(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """A demo that is served on a free port; its address and its credentials."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"POLYDESK_DATA_DIR": str(folder / "data"), "POLYDESK_LOG_LEVEL": "error"}
    made = [*POLYDESK, "demo", "--data-dir", str(folder / "data"), "--credentials", str(folder / "keys.json")]
    subprocess.run([*made, "--no-serve"], check=True, env=environment, stdout=subprocess.DEVNULL)
    server = subprocess.Popen([*POLYDESK, "serve", "--port", str(port)], env=environment, stdout=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(address)
        yield address, json.loads((folder / "keys.json").read_text())
    finally:
        server.terminate()
        server.wait(15)


def _wait_for(address: str) -> None:
    for _ in range(240):
        try:
            urllib.request.urlopen(f"{address}/healthz", timeout=2).close()
            return
        except OSError:
            time.sleep(0.25)
    raise SystemExit("the demo did not come up")


def take(address: str, keys: dict[str, Any], into: Path) -> Iterator[tuple[str, int]]:
    """One picture after the other, by the demo's agent."""
    ticket = liveliest(address, keys["native"]["agent"])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("POLYDESK_CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        page = browser.new_context(reduced_motion="reduce").new_page()
        sign_in(page, address, **keys["web"]["agent"])
        for name, where, (width, height), colours in PICTURES:
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme="dark" if colours == "dark" else "light")
            page.goto(address + where.format(ticket=ticket))
            page.wait_for_timeout(600)
            page.screenshot(path=into / f"{name}.png")
            yield name, (into / f"{name}.png").stat().st_size
        browser.close()


def sign_in(page: Page, address: str, username: str, password: str) -> None:
    page.goto(f"{address}/accounts/login/")
    page.fill("[name=login]", username)
    page.fill("[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_selector(".rail")


def liveliest(address: str, key: str) -> int:
    """The open incident with a requester and an assignee on which most was said."""
    query = "q=is%3Aopen%20kind%3Aincident&include=comments&limit=200"
    asked = urllib.request.Request(f"{address}/api/v1/tickets?{query}", headers={"Authorization": f"Bearer {key}"})
    found = json.load(urllib.request.urlopen(asked))["items"]
    known = [ticket for ticket in found if ticket["requester"] and ticket["assignee"]]
    return max(known, key=lambda ticket: (len(ticket["comments"]), ticket["id"]))["id"]


if __name__ == "__main__":
    sys.exit(main())
