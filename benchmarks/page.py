"""How fast the page is: from the server's start to the first page, to the models, and from Enter to the answer on the screen.

python -m index build && python benchmarks/page.py
"""

from __future__ import annotations

import argparse
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request

from playwright.sync_api import sync_playwright

VISITS = 5
QUESTIONS = (
    "Who carried out the inspection?",
    "When did the inspection take place?",
    "What were the key strengths?",
    "What did Dr Sid Deshmukh say?",
    "What is the capital of France?",
)


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--index", default=".index")
    return parser


def main() -> None:
    arguments = make_parser().parse_args()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        started = time.perf_counter()
        command = [sys.executable, "app.py", "--port", str(port), "--index", arguments.index]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            answers = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            while True:
                try:
                    answers.open(url, timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.02)
            print(f"start to HTTP             {time.perf_counter() - started:6.2f} s")
            usable = []
            for visit in range(VISITS):
                page = browser.new_page(viewport={"width": 1280, "height": 800})
                begun = time.perf_counter()
                page.goto(url)
                page.wait_for_selector("#question textarea:enabled")
                usable.append(time.perf_counter() - begun)
                if visit == 0:
                    print(f"first page usable after   {usable[0]:6.2f} s")
                    page.wait_for_selector(".welcome .intro", timeout=120_000)
                    print(f"start to models ready     {time.perf_counter() - started:6.2f} s")
            print(f"a page usable, median     {statistics.median(usable[1:]):6.2f} s")
            shown = []
            for question in QUESTIONS * 3:
                before = page.locator(".turn").count()
                page.fill("#question textarea", question)
                begun = time.perf_counter()
                page.press("#question textarea", "Enter")
                page.wait_for_function(
                    "n => document.querySelectorAll('.turn').length > n && !document.querySelector('.waiting')", arg=before
                )
                shown.append(time.perf_counter() - begun)
            print(f"Enter to answer, median   {statistics.median(shown) * 1000:6.0f} ms")
        finally:
            server.terminate()
            server.wait()
            browser.close()


if __name__ == "__main__":
    main()
