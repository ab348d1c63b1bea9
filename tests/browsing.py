"""What the tests of the page share: a server of its own, and the steps of a visitor in a headless Chromium."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[1]
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""The first is tried first: it draws no window around the page, which saves a third of the time of its tests."""
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
FAILURES = ROOT / "test-artifacts"
"""Where a browser test that fails leaves pictures of its pages."""

WAIT = int(os.environ.get("BROWSER_WAIT", 60_000))  # ms: generous, since nothing waits for longer than it must

WATCH_SOCKETS = '''
import os, sys

def watch(event, values):
    """Refuse and write down every attempt of the server to reach another machine."""
    if event == "socket.connect" and isinstance(values[1], tuple):
        host = str(values[1][0])
    elif event == "socket.getaddrinfo":
        host = str(values[0].decode() if isinstance(values[0], bytes) else values[0])
    else:
        return
    if not (host.startswith("127.") or host in ("localhost", "::1", "None", "")):
        with open(os.environ["SOCKET_LOG"], "a") as log:
            log.write(f"{event} {host}\\n")
        raise OSError(f"{host}: the network is blocked")

sys.addaudithook(watch)
'''


class Server:
    """`python app.py` on a free port, its attempts to leave this machine refused and logged.

    As a context it answers, is stopped at the end, and is checked where nothing failed before.
    """

    def __init__(self, folder: Path, sources: Path, *options: str) -> None:
        self.sources, self.index, self.log = sources, folder / "index", folder / "log.txt"
        self.sockets = folder / "sockets.txt"
        self.sockets.touch()
        (folder / "site").mkdir()
        (folder / "site" / "sitecustomize.py").write_text(WATCH_SOCKETS, encoding="utf-8")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = os.environ | {"PYTHONPATH": str(folder / "site"), "SOCKET_LOG": str(self.sockets)}
        places = ["--index", str(self.index), "--sources", str(sources)]
        self.command = [sys.executable, "app.py", "--port", str(self.port), *places, *options]
        self.start()

    def start(self) -> None:
        """Begin, also again after `stop`, at the same address."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, cwd=ROOT, env=self.environment, stdout=log, stderr=subprocess.STDOUT)

    def wait(self) -> Server:
        """Return when the server answers."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        end = time.monotonic() + WAIT / 1000
        while time.monotonic() < end and self.process.poll() is None:
            try:
                opener.open(self.url, timeout=5).close()
                return self
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        raise RuntimeError(f"the server did not start:\n{self.log.read_text(encoding='utf-8')}")

    def __enter__(self) -> Server:
        try:
            return self.wait()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        self.stop()
        if not failed:
            self.check()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)

    def check(self) -> None:
        """That it neither tried to leave this machine nor failed without saying so."""
        assert self.sockets.read_text() == "", "the server tried to leave the machine"
        assert "Traceback" not in self.log.read_text(encoding="utf-8")


AXE = Path(getattr(find_spec("axe_playwright_python"), "origin", "")).with_name("axe.min.js")
"""The file of axe-core, as the npm registry has it; the package carries it."""


def ready(page) -> None:
    """Wait until the model is loaded."""
    page.wait_for_selector(".welcome .intro")


def ask(page, question: str):
    """Type a question, press Enter, and return its turn once it is answered."""
    before = page.locator(".turn").count()
    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")
    page.wait_for_function(
        "n => document.querySelectorAll('.turn').length > n && !document.querySelector('.waiting')", arg=before
    )
    turn = page.locator(".turn").nth(before)
    assert turn.locator(".asked").text_content() == question
    return turn


def quotations(turn) -> list[str]:
    return turn.locator(".quotation").evaluate_all("all => all.map(q => q.textContent)")


def verdict(turn) -> str:
    return turn.locator(".verdict .words").first.text_content()


def texts(server: Server, pattern: str = "*.txt") -> dict[str, str]:
    return {p.name: p.open(encoding="utf-8", newline="").read() for p in server.sources.glob(pattern) if p.is_file()}


def in_view(page, selector: str) -> bool:
    """Whether the element is inside the window and inside the side panel as far as that scrolls."""
    return page.evaluate(
        """selector => {
            const box = document.querySelector(selector).getBoundingClientRect();
            const side = document.querySelector("#side"), pane = side.getBoundingClientRect();
            const scrolls = getComputedStyle(side).overflowY === "auto";
            const top = scrolls ? pane.top : 0, bottom = scrolls ? pane.bottom : innerHeight;
            return box.top >= top && box.top < bottom && box.top >= 0 && box.top < innerHeight;
        }""",
        selector,
    )


EVERY_RULE = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
APPEARANCE = {"type": "rule", "values": ["color-contrast", "target-size", "link-in-text-block", "scrollable-region-focusable"]}
"""The rules of axe-core: all of WCAG 2.2 A and AA and its best practices; and those of them that width and colours matter to."""


def axe(page, *left_out: str, rules=EVERY_RULE) -> list[str]:
    """What axe-core finds against the page as it is: rule, weight, element."""
    page.evaluate("window.axe || 0") or page.evaluate(AXE.read_text(encoding="utf-8"))
    told = {"runOnly": rules, "resultTypes": ["violations"], "elementRef": False, "iframes": False}
    found = page.evaluate("async (told) => (await axe.run(document, told)).violations", told)
    return [f"{v['impact']} {v['id']}: {node['html'][:120]}" for v in found if v["id"] not in left_out for node in v["nodes"]]


def fits(page) -> bool:
    """Whether nothing needs sideways scrolling."""
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def open_tab(page, name: str) -> None:
    page.get_by_role("tab", name=name).click()
