"""The sources of a large collection, in a real browser: listed, found, added, removed, described, indexed while people ask."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from browsing import Server, ask, axe, fits, open_tab, quotations, ready, verdict

from index import build_index

pytest.importorskip("playwright.sync_api")

pytestmark = [pytest.mark.browser, pytest.mark.real]

TOWNS = "Ashford Barnet Corby Dover Exeter Filey Goole Hexham Ilford Jarrow Keswick Luton Margate Newark Oxford".split()
WORKS = "bridge ferry library museum orchard quarry school station theatre windmill".split()
PEOPLE = "Ada Bell,Ben Cole,Cora Dunn,Dan Eves,Eve Ford,Finn Gray,Gina Hale,Hugh Innes".split(",")


def notice(number: int) -> str:
    """A short report on the works of one town; which one and who speaks depends on the number."""
    town, works, who = TOWNS[number % 15], WORKS[number // 15 % 10], PEOPLE[number % 8]
    return (
        f"{town} {works} report {number}\n\n"
        f"The {works} in {town} was inspected in {1900 + number % 100}. Councillor {who} said: “The {works} of {town} is safe.”\n\n"
        f"Repairs to the {town} {works} cost {number + 3},000 pounds.\n"
    )


@pytest.fixture(scope="module")
def large(tmp_path_factory, chromium, real_encoder) -> Iterator[Server]:
    """A server over 300 documents, whose visitors may change them."""
    folder = tmp_path_factory.mktemp("large")
    sources = folder / "sources"
    sources.mkdir()
    for number in range(300):
        (sources / f"{number:03}.txt").write_text(notice(number), encoding="utf-8")
    build_index(sources, folder / "index", encoder=real_encoder)
    with Server(folder, sources, "--allow-uploads", "--reader", "none") as server:
        yield server


@pytest.fixture
def page(large, visit):
    """A visitor at the sources, once they are listed."""
    page = visit(large)
    ready(page)
    open_tab(page, "Sources")
    page.wait_for_selector("#sources table")
    return page


def listed(page) -> list[str]:
    return page.locator("#sources [data-document]").evaluate_all("all => all.map(e => e.dataset.document)")


def test_a_large_collection_is_listed_and_searched(page):
    """A hundred at a time, by title or name; each opens."""
    assert "300 documents" in page.locator("#sources").text_content()
    assert len(listed(page)) == 100
    page.get_by_role("button", name="Next page").click()
    page.wait_for_selector("#sources .pages >> text=Page 2 of 3")
    assert listed(page)[0] == "100.txt"
    page.fill("#sources [name=sought]", "Dover ferry")
    page.keyboard.press("Enter")
    page.wait_for_selector("#sources .seek >> text=2 found")
    assert listed(page) == ["018.txt", "168.txt"]
    page.locator("[data-document='018.txt']").click()
    page.wait_for_selector("#document .whole >> text=The ferry in Dover was inspected in 1918.")
    assert fits(page)


def test_one_of_many_documents_is_found_by_typing_and_searched_alone(page):
    """Only some are offered at once; the others come as their names are typed."""
    page.click("#narrowing > button")
    page.focus("#only-document input")
    page.wait_for_selector("[role=option]")
    page.keyboard.type("report 297")
    page.wait_for_selector("[role=option] >> text=297.txt")
    page.wait_for_function(
        "document.querySelectorAll('[role=option]').length === 1"
    )  # nothing more comes that would move the choice
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('#narrowing > button').innerText.includes('document 297.txt')")
    turn = ask(page, "When was the school inspected?")
    assert quotations(turn) and all(words in notice(297) for words in quotations(turn))


def test_questions_over_a_large_collection(large, visit):
    """An answer, its document, questions to go on with, and what is not there."""
    page = visit(large)
    ready(page)
    turn = ask(page, "How much did the repairs to the Keswick library cost?")
    assert "Keswick library cost" in quotations(turn)[0]
    turn.locator(".number").first.click()
    page.wait_for_selector("#chosen:focus")
    page.wait_for_selector("#offered .example")
    assert verdict(ask(page, "Who won the football match in Paris?")) != "The documents answer this"
    assert axe(page) == [] and fits(page)


def test_documents_are_added_described_removed_and_put_back(page, large, tmp_path):
    """Each change is told, made in the folder, and answered from once the index is built; nothing is lost.

    Nor is what is sought in the list: it is drawn anew while that is typed, and after every change.
    """
    new, bad = tmp_path / "pier.txt", tmp_path / "bad.txt"
    new.write_text("Pier notice\n\nThe pier at Whitby was painted green by Olga Petrov.\n", encoding="utf-8")
    bad.write_bytes(b"\x00\x01\x02")
    page.locator("#upload input[type=file]").set_input_files([new, bad])
    page.wait_for_selector("#report >> text=pier.txt was added.")
    assert "bad.txt was not added: bad.txt: binary" in page.locator("#report").text_content()
    assert (large.sources / "pier.txt").read_bytes() == new.read_bytes()
    page.wait_for_selector("#sources .note >> text=pier.txt added.")
    page.get_by_role("button", name="Build the index").click()
    page.fill("#sources [name=sought]", "pier")
    page.wait_for_selector("#report >> text=Built in")
    page.wait_for_selector("#sources .note", state="detached")
    assert page.evaluate("document.activeElement.value") == "pier"
    page.keyboard.press("Enter")
    page.wait_for_selector("#sources .seek >> text=1 found")
    page.click("[data-change='pier.txt']")
    page.wait_for_function("document.activeElement.closest('#entry-title') !== null")
    page.fill("#entry-date :is(input, textarea)", "yesterday")
    page.click("#save-entry")
    page.wait_for_selector("#report >> text=The entry was not changed")
    page.click("[data-change='pier.txt']")
    page.wait_for_selector("#entry-title:visible")
    page.fill("#entry-publisher :is(input, textarea)", "Whitby Post")
    page.fill("#entry-date :is(input, textarea)", "2021-05")
    page.click("#save-entry")
    page.wait_for_selector("#report >> text=The entry of pier.txt was changed.")
    assert 'publisher = "Whitby Post"' in (large.sources / "catalogue.toml").read_text(encoding="utf-8")
    page.get_by_role("button", name="Build the index").click()
    page.wait_for_selector("#report >> text=Built in")
    source = ask(page, "Who painted the pier at Whitby?").locator(".source").first.text_content()
    assert "Whitby Post" in source and "May 2021" in source
    open_tab(page, "Sources")
    page.click("[data-remove='pier.txt']")
    page.wait_for_selector("#report >> text=pier.txt was removed")
    assert not (large.sources / "pier.txt").exists()
    page.get_by_role("button", name="Put back pier.txt").click()
    page.wait_for_selector("#report >> text=pier.txt was put back")
    assert (large.sources / "pier.txt").read_bytes() == new.read_bytes()
    page.wait_for_selector("#sources .note", state="detached")
    assert listed(page) == ["pier.txt"]


def test_a_build_is_followed_by_all_and_can_be_cancelled(page, large, visit):
    """Real progress, with the time left, while questions are answered; a cancelled build leaves the index as it was."""
    for number in range(300, 700):
        (large.sources / f"{number}.txt").write_text(
            notice(number).replace("inspected", f"inspected {number} times"), encoding="utf-8"
        )
    try:
        other = visit(large)
        ready(other)
        page.get_by_role("button", name="Build the index").click()
        page.wait_for_function("/[1-9][0-9,]* of [0-9,]+/.test(document.querySelector('#report .build p')?.textContent)")
        assert page.locator("#report progress").count() == 1
        open_tab(other, "Sources")
        other.wait_for_selector("#report progress")
        assert "Keswick" in quotations(ask(other, "How much did the repairs to the Keswick library cost?"))[0]
        page.get_by_role("button", name="Cancel the build").click()
        page.wait_for_selector("#report >> text=was cancelled")
        assert "400" not in page.locator("#report").text_content()
    finally:
        for number in range(300, 700):
            (large.sources / f"{number}.txt").unlink()


def test_an_earlier_generation_answers_again(page, large, visit):
    """What changed in it is told; whoever may change the sources goes back to it, others see that, and questions are asked of it."""
    (large.sources / "quay.txt").write_text("Quay notice\n\nThe quay at Amble was opened by Nora Finch.\n", encoding="utf-8")
    page.get_by_role("button", name="Build the index").click()
    page.wait_for_selector("#report >> text=Built in")
    newest = page.locator("#generations li").first
    newest.locator("[data-compare]").click()
    page.wait_for_selector("#generations >> text=quay.txt added.")
    page.locator("#generations summary").click()
    assert "opened by Nora Finch" in page.locator("#generations .text").text_content()
    page.evaluate("document.querySelector('#side').scrollTop = 0")
    assert axe(page) == [] and fits(page)
    page.locator("#generations [data-roll-back]").first.click()
    page.wait_for_selector("#report >> text=answers again")
    assert verdict(ask(page, "Who opened the quay at Amble?")) != "The documents answer this"
    other = visit(large)
    ready(other)
    open_tab(other, "Sources")
    other.wait_for_selector("#generations li:nth-child(2) >> text=It answers.")
    other.wait_for_selector("#sources .note >> text=quay.txt added.")
    other.get_by_role("button", name="Build the index").click()
    other.wait_for_selector("#report >> text=Built in")
    assert "Nora Finch" in quotations(ask(page, "Who opened the quay at Amble?"))[0]


def test_without_the_option_nothing_can_be_changed(server, visit):
    """There is no control for it, and the server takes no file."""
    page = visit(server)
    ready(page)
    open_tab(page, "Sources")
    page.wait_for_selector("#sources table")
    assert page.locator("#upload, [data-remove], [data-change], [data-roll-back], #entry, #put-back").count() == 0
    assert "--allow-uploads" in page.locator("#uploads").text_content()
    sent = httpx.post(f"{server.url}/gradio_api/upload", files={"files": ("a.txt", b"some text")}, trust_env=False)
    assert sent.status_code >= 400
