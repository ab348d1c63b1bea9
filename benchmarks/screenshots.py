"""Pictures of the page in five states, on a wide screen and on a phone, light and dark, for docs/screens.

python app.py &
python benchmarks/screenshots.py http://127.0.0.1:7860 docs/screens
"""

from __future__ import annotations

import argparse
import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

SIZES = {"desktop": (1280, 800), "phone": (390, 844)}
QUALITY = 60  # of WebP: letters stay sharp, a picture takes some 30 kB


def states(page: Any) -> Iterator[str]:
    """Bring the page into one state after the other and give its name."""

    def ask(question: str) -> Any:
        before = page.locator(".turn").count()
        page.fill("#question textarea", question)
        page.press("#question textarea", "Enter")
        page.wait_for_function(
            "n => document.querySelectorAll('.turn').length > n && !document.querySelector('.waiting')", arg=before
        )
        page.wait_for_selector("#offered .example")
        return page.locator(".turn").last

    page.wait_for_selector(".welcome .example")
    yield "first-visit"
    ask("When did the inspection take place?")
    yield "answer"
    turn = ask("What were the key strengths?")
    yield "list"
    ask("How many inspectors are employed by Ofsted in Bexley?")
    yield "refusal"
    turn.locator(".number").nth(2).click()
    page.wait_for_selector("#chosen:focus")
    yield "document"


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("url")
    parser.add_argument("folder", type=Path)
    return parser


def main() -> None:
    arguments = make_parser().parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for size, (width, height) in SIZES.items():
            for scheme in ("light", "dark"):
                page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
                page.goto(arguments.url)
                for state in states(page):
                    page.wait_for_timeout(400)  # tabs slide
                    path = arguments.folder / f"{state}-{size}-{scheme}.webp"
                    Image.open(io.BytesIO(page.screenshot())).save(path, quality=QUALITY, method=6)
                    print(f"{path} {path.stat().st_size / 1000:.0f} kB")
                page.close()
        browser.close()


if __name__ == "__main__":
    main()
