"""The page in a real browser: asking, reading, quoting; a server of its own, the packaged model, the real documents."""

from __future__ import annotations

import pytest
from browsing import ask, in_view, quotations, ready, texts, verdict

pytestmark = [pytest.mark.browser, pytest.mark.real]

ADVERT = ("Subscribe", "£15", "£12", "Unlimited access", "Themed supplements", "Digital membership", "CYP Now Magazine")


def test_question_asked_while_the_model_loads(server, visit):
    """The page is there before the model is; a question asked then is in sight at once and is answered."""
    page = visit(server)
    page.fill("#question textarea", "What did Dr Sid Deshmukh say?")
    page.press("#question textarea", "Enter")
    page.wait_for_selector(".waiting, .reply.answered")
    page.wait_for_selector(".reply.answered")
    assert "Sid Deshmukh" in page.locator(".turn .said").first.text_content()


def test_first_visit(server, visit):
    """The page has a title, landmarks, labels and examples; each example that it offers is answered."""
    page = visit(server)
    ready(page)
    assert page.get_by_role("heading", level=1).text_content() == "Answers from the documents"
    assert page.get_by_role("main").count() == 1
    assert page.get_by_role("textbox", name="Your question").count() == 1
    assert page.get_by_role("log", name="Conversation").count() == 1
    assert page.locator("#told[aria-live=polite]").count() == 1
    assert page.evaluate("document.documentElement.lang") == "en"
    examples = page.locator(".example").all_text_contents()
    assert 2 <= len(examples) <= 4
    page.locator(".example").first.click()
    page.wait_for_selector(".reply.answered")
    assert page.locator(".asked").first.text_content() == examples[0]
    for example in examples[1:]:
        assert verdict(ask(page, example)) == "The documents answer this"


def test_questions_to_go_on_with(server, visit):
    """After an answer others are offered; each is answered, with a quotation that the conversation did not have."""
    page = visit(server)
    ask(page, "Who carried out the inspection?")
    page.wait_for_selector("#offered .example")
    for question in page.locator("#offered .example").all_text_contents():
        before = page.locator(".turn").count()
        page.get_by_role("button", name=question, exact=True).click()
        page.wait_for_function("n => document.querySelectorAll('.reply.answered').length > n", arg=before)
        page.wait_for_function(
            "q => ![...document.querySelectorAll('#offered .example')].some(e => e.textContent === q)", arg=question
        )
        if not page.locator("#offered .example").count():
            break
    quoted = page.locator(".turn").evaluate_all("all => all.map(t => t.querySelector('.quotation').textContent)")
    assert len(quoted) == len(set(quoted)) >= 2


def test_a_new_answer_is_told_to_those_who_do_not_see(server, visit):
    """The verdict and the number of quotations, once; not the whole conversation again."""
    page = visit(server)
    ask(page, "What were the key strengths?")
    page.wait_for_function("document.querySelector('#told').textContent.startsWith('The documents answer this. 9 quotations.')")


def test_quotation_is_exact(server, visit):
    """What the page shows is a run of a source's characters, doubled spaces and all, with its source beside it."""
    page = visit(server)
    turn = ask(page, "How was senior leadership across the services described?")
    assert verdict(turn) == "The documents answer this"
    for words in quotations(turn):
        assert any(words in text for text in texts(server).values())
    doubled = turn.locator(".quotation", has_text="stable and").first
    assert "“stable and\u00a0 effective”" in doubled.text_content()
    assert "“stable and\u00a0 effective”" in doubled.evaluate("q => q.innerText")  # as rendered and as selected
    assert doubled.evaluate("q => getComputedStyle(q).whiteSpace") == "pre-wrap"
    assert "unknown" in turn.locator(".source").first.text_content()
    assert page.locator("#evidence mark").count() >= 1


def test_citation_opens_the_document_at_its_words(server, visit):
    """Choosing a citation opens the whole document with the words marked, focused and in view."""
    page = visit(server)
    turn = ask(page, "What did Dr Sid Deshmukh say?")
    turn.locator(".number").first.click()
    page.wait_for_selector("#chosen:focus")
    assert in_view(page, "#chosen")
    assert page.locator("#chosen").text_content() == quotations(turn)[0]
    assert page.locator("#document .whole").evaluate("d => d.textContent") in texts(server).values()
    assert "tabindex" in page.locator("#chosen").evaluate("m => m.outerHTML.slice(0, 80)")


def test_from_quotation_to_quotation_and_to_any_words(server, visit):
    """All quotations of an answer are marked in the document; buttons and keys go through them, and a search through the text."""
    page = visit(server)
    turn = ask(page, "What were the key strengths?")
    turn.locator(".number").nth(2).click()
    page.wait_for_selector("#chosen:focus")
    assert page.locator("#document mark[data-number]").count() == 9
    where = page.locator("#document .where")
    assert where.text_content() == "Quotation 3 of 9"
    page.get_by_role("button", name="Next quotation").click()
    assert where.text_content() == "Quotation 4 of 9" and in_view(page, "mark.current")
    page.keyboard.press("p")
    page.keyboard.press("p")
    assert where.text_content() == "Quotation 2 of 9"
    assert page.locator(".at-hand:visible").get_attribute("data-number") == "2"
    page.keyboard.press("f")
    page.keyboard.type("EARLY  help")
    page.wait_for_function("/^1 of [2-9]/.test(document.querySelector('#document .found').textContent)")
    page.keyboard.press("Enter")
    assert page.locator("#document .found").text_content().startswith("2 of ")
    marked = page.evaluate("[...CSS.highlights.get('found')].map(r => r.toString().toLowerCase())")
    assert set(marked) == {"early help"}
    page.fill("#document .find", "no such words")
    assert page.locator("#document .found").text_content() == "not in the text"
    lines = page.locator("#document .numbered").evaluate_all("all => all.map(e => e.dataset.line)")
    assert lines == [str(n) for n in range(1, len(lines) + 1)]


def test_follow_up(server, visit):
    """A follow-up is read in the light of the question before it, and the page says how."""
    page = visit(server)
    ask(page, "Who carried out the inspection?")
    turn = ask(page, "When did it take place?")
    assert turn.locator(".remark").first.text_content().startswith("Read as: ")
    assert "inspection" in turn.locator(".remark").first.text_content()
    assert any("20 and 24 January" in words or "in January" in words for words in quotations(turn))


def edited(page, button) -> None:
    """Press an "Edit" button and wait until the page says which question is edited."""
    button.click()
    page.wait_for_selector(".editing")


def test_a_question_can_be_edited_and_asked_again(server, visit):
    """As it was understood or as it was typed; the new answer takes the place of the old one, and undo brings that back."""
    page = visit(server)
    ask(page, "Who carried out the inspection?")
    turn = ask(page, "When was it?")
    edited(page, turn.locator(".read-as .edit"))
    field = page.locator("#question textarea")
    assert field.input_value() == "When was the inspection?"
    field.press("End")
    field.press("Backspace")
    field.press_sequentially(" in January?")
    field.press("Enter")
    page.wait_for_selector(".turn:not(:has(.waiting)) >> text=When was the inspection in January?")
    page.wait_for_function("!document.querySelector('.editing')")
    assert page.locator(".turn").count() == 2
    edited(page, page.locator(".turn").first.locator(".asking .edit"))
    assert page.locator(".turn.replaced").count() == 2 and field.input_value() == "Who carried out the inspection?"
    page.get_by_role("button", name="Do not edit").click()
    page.wait_for_function("!document.querySelector('.editing')")
    page.click("#undo")
    page.wait_for_selector(".turn >> text=When was it?")
    assert page.locator(".turn").count() == 2


def test_clearing_can_be_undone(server, visit):
    """Undo is off where there is nothing to take back."""
    page = visit(server)
    ready(page)
    assert page.locator("#undo").is_disabled()
    ask(page, "Who carried out the inspection?")
    page.click("#clear")
    page.wait_for_selector(".welcome .example")
    page.click("#undo")
    page.wait_for_selector(".turn .quotation")
    page.click("#undo")
    page.wait_for_selector(".welcome .example")
    assert page.locator("#undo").is_disabled()


def test_a_question_can_be_stopped(server, visit):
    """While it is looked up, and the words come back into the field."""
    page = visit(server)
    ready(page)
    question = (
        "Who carried out the inspection? When did it take place? What were the key strengths? What did Dr Sid Deshmukh say?"
    )
    seen = page.evaluate_handle(
        """() => {
            const seen = [];
            new MutationObserver(() => {
                const words = document.querySelector(".waiting .words");
                if (words) seen.push(words.textContent);
                if (words && seen.length === 1) document.querySelector(".waiting .stop").click();
            }).observe(document.querySelector("#conversation"), {childList: true, subtree: true});
            return seen;
        }"""
    )
    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")
    page.wait_for_function("seen => seen.length && !document.querySelector('.turn')", arg=seen)
    page.wait_for_function("q => document.querySelector('#question textarea').value === q", arg=question)
    assert seen.json_value()[0] == "Looking for passages …"


def test_a_question_that_is_stopped_too_late_is_taken_back(server, visit):
    """The answer was ready on the server when the page still showed the question waiting."""
    page = visit(server)
    ready(page)
    ask(page, "Who carried out the inspection?")
    question = "When did it take place?"
    turn = ask(page, question)
    turn.evaluate("turn => turn.querySelector('.reply').className = 'reply waiting'")
    turn.locator(".reply").evaluate("e => e.innerHTML = '<button type=button data-stop=1>Stop</button>'")
    turn.get_by_role("button", name="Stop").click()
    page.wait_for_function("document.querySelectorAll('.turn').length === 1 && !document.querySelector('.waiting')")
    assert page.input_value("#question textarea") == question
    assert "take place" not in page.locator("#evidence").text_content()


def test_unanswerable_question(server, visit):
    """What is not in the documents is said plainly; near passages are shown as not an answer."""
    page = visit(server)
    turn = ask(page, "What is the capital of France?")
    assert verdict(turn) in ("Not in these documents", "Related, but no answer")
    assert turn.locator(".group").count() == turn.locator(".nearest .group").count()
    if turn.locator(".nearest").count():
        assert turn.locator(".nearest .label").text_content().startswith("Not an answer.")


@pytest.mark.parametrize("width, scheme", [(1280, "light"), (390, "dark")])
def test_several_questions(server, visit, width, scheme):
    """Each has its heading and its answer; quotations are numbered through, and each opens its own words."""
    page = visit(server, width, 844, scheme)
    turn = ask(page, "Who carried out the inspection and when did it take place? What is the capital of France?")
    headings = [
        "1. Who carried out the inspection?",
        "2. When did it take place?",
        "3. What is the capital of France?",
    ]
    assert turn.locator("h3.heading").all_text_contents() == headings
    assert page.locator("#evidence h3.heading").all_text_contents() == headings
    assert verdict(turn) == "2 of 3 questions answered"
    second = turn.locator(".part").nth(1)
    assert (
        any("January" in words for words in quotations(second))
        and quotations(turn.locator(".part").nth(2).locator(".group")) != []
    )
    numbers = turn.locator(".part > .group .number").all_text_contents()
    assert numbers == [str(n) for n in range(1, len(numbers) + 1)]
    second.locator(".number").first.click()
    page.wait_for_selector("#chosen:focus")
    assert page.locator("#chosen").text_content() == quotations(second)[0]
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_question_in_another_language(server, visit):
    """Says in which language the documents are, before anything else."""
    page = visit(server)
    for question in ("Wer hat die Inspektion durchgeführt?", "Кто проводил проверку?"):
        turn = ask(page, question)
        assert turn.locator(".remark").first.text_content().startswith("The documents are in English; ")


def test_advert_is_never_cited(server, visit):
    """Questions about the subscription advert get none of its words; in the document it is labelled as left out."""
    page = visit(server)
    for question in ("How much is the CYP Now digital membership per month?", "What does the magazine subscription include?"):
        turn = ask(page, question)
        for words in quotations(turn):
            assert not [sign for sign in ADVERT if sign in words]
    page.get_by_role("tab", name="Sources").click()
    page.locator("#sources [data-document]").first.click()
    page.wait_for_selector("#document .left-out")
    left_out = "".join(page.locator("#document .left-out").evaluate_all("all => all.map(e => e.textContent)"))
    assert "Subscribe" in left_out and "£15" in left_out
    assert page.locator("#document .left-out[data-reason^='Left out']").count() >= 2


def test_people_do_not_see_each_other(server, visit):
    """Each visitor has a conversation of their own; clearing it brings the welcome back."""
    one, two = visit(server), visit(server)
    ask(one, "Who carried out the inspection?")
    ready(two)
    turn = ask(two, "What did Dr Sid Deshmukh say?")
    assert two.locator(".turn").count() == 1 and one.locator(".turn").count() == 1
    assert "carried out" not in two.locator("#conversation").text_content() and turn.count() == 1
    one.get_by_role("button", name="Clear").click()
    one.wait_for_selector(".welcome .example")
    one.wait_for_function("!document.querySelector('.turn') && !document.querySelector('#evidence mark')")
    assert two.locator(".turn").count() == 1


def test_rebuild_while_people_ask(server, visit):
    """A new document is found after the rebuild button was pressed; questions are answered meanwhile."""
    page, other = visit(server), visit(server)
    ready(other)
    added = server.sources / "002_added.txt"
    added.write_text(
        "Notice of the harbour office\n\nThe harbour ferry to Orkney leaves at 07:45 from pier nine.\n", encoding="utf-8"
    )
    try:
        page.get_by_role("tab", name="Sources").click()
        page.wait_for_selector("#sources .note >> text=has changed")
        page.get_by_role("button", name="Build the index").click()
        assert verdict(ask(other, "What did Dr Sid Deshmukh say?")) == "The documents answer this"
        page.wait_for_selector("#report >> text=Built in")
        page.wait_for_selector("#sources [data-document='002_added.txt']")
        turn = ask(other, "When does the harbour ferry to Orkney leave?")
        assert quotations(turn)[0] == "The harbour ferry to Orkney leaves at 07:45 from pier nine."
    finally:
        added.unlink()
    page.get_by_role("button", name="Build the index").click()
    page.wait_for_function("!document.querySelector(\"#sources [data-document='002_added.txt']\")")
    other.locator(".turn").last.locator(".number").first.click()
    other.wait_for_selector("#document >> text=no longer in the index")


def test_questions_with_markup_in_them(server, visit):
    """A question of HTML, templates, one of 10,000 characters and an empty one: told or answered, never run."""
    page = visit(server, 390)
    hostile = "<img src=x onerror='window.pwned=1'> ${window.pwned=2} {{pwned}} **who** inspected?"
    turn = ask(page, hostile)
    assert turn.locator("img").count() == 0
    ask(page, "long " * 2001)
    assert page.locator(".problem").count() == 1
    assert page.evaluate("window.pwned") is None
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.press("#question textarea", "Enter")
    assert page.locator(".turn").count() == 2
