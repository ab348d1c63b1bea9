"""Citations of PDFs and tables in a real browser: the page as printed, with keys and on a phone; the row as a table."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browsing import Server, ask, axe, fits, in_view, ready
from test_load_pdf import lines, make

from index import build_index

pytestmark = [pytest.mark.browser, pytest.mark.real]


def report(number: int):
    return lines(
        f"Report on pier {number}||Pier {number} was painted green by Olga Petrov in {1960 + number},|after the ferry had left for the island."
    )


@pytest.fixture(scope="module")
def mixed(tmp_path_factory, chromium, real_encoder) -> Iterator[Server]:
    """A server over a PDF, a table and a page with sections."""
    folder = tmp_path_factory.mktemp("mixed")
    sources = folder / "sources"
    sources.mkdir()
    (sources / "piers.pdf").write_bytes(make(*(report(n) for n in range(1, 5))))
    rows = "".join(f"Swallow {n},Jane Roe {n},Arrived with {n} tons of tea.\n" for n in range(1, 30))
    (sources / "ships.csv").write_text(f"Ship,Captain,Remark\n{rows}")
    sections = "".join(f"## Chapter {n}\n\nThe lamp of chapter {n} is lit at {n} o'clock.\n\n" for n in range(1, 12))
    (sources / "lamps.md").write_text(f"# Lamps\n\n{sections}")
    build_index(sources, folder / "index", encoder=real_encoder)
    with Server(folder, sources, "--reader", "none") as server:
        yield server


@pytest.mark.parametrize("width, scheme", [(1280, "light"), (390, "dark")])
def test_a_quotation_is_seen_on_its_page(mixed, visit, width, scheme):
    """Its words marked and in sight; keys turn the pages, the text is one step away, and Escape leads back."""
    page = visit(mixed, width, 844, scheme)
    ready(page)
    ask(page, "Who painted pier 3?").locator(".number").first.click()
    page.wait_for_selector(".whole #chosen:focus")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")  # past “Text”, which is pressed
    page.keyboard.press("Enter")
    page.wait_for_selector(".printed img[alt^='Page 3 of 4']")
    page.wait_for_selector(".printed #chosen:focus")
    assert "Olga Petrov" in page.locator("#chosen").text_content() and in_view(page, "#chosen")
    assert axe(page) == [] and fits(page)
    picture = page.evaluate("(({width, naturalWidth}) => [width, naturalWidth])(document.querySelector('.printed img'))")
    assert 250 < picture[0] <= width and picture[1] == 1400
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("figure#chosen:focus >> img[alt^='Page 4 of 4']")
    page.get_by_role("button", name="Text", exact=True).click()
    page.wait_for_selector(".numbered#chosen:focus >> text=Report on pier 4")
    assert fits(page)
    page.keyboard.press("Escape")
    page.wait_for_function("document.activeElement.className === 'number'")


def test_rows_and_sections(mixed, visit):
    """The cited row as a table beside its text; the outline leads to the line of a section."""
    page = visit(mixed)
    ready(page)
    ask(page, "Who is the captain of the Swallow 7?").locator(".number").first.click()
    page.wait_for_selector("#chosen:focus")
    assert page.locator(".record:visible th").all_text_contents() == ["Ship", "Captain", "Remark"]
    assert page.locator(".record:visible td").nth(1).text_content() == "Jane Roe 7" and axe(page) == []
    ask(page, "When is the lamp of chapter 5 lit?").locator(".number").first.click()
    page.wait_for_selector(".place:visible >> text=Section “Lamps > Chapter 5”")
    page.locator(".outline summary").click()
    page.get_by_role("button", name="Chapter 11").click()
    page.wait_for_selector(".numbered:focus >> text=## Chapter 11")
    assert in_view(page, ".numbered:focus") and axe(page) == []
