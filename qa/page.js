// What the page does in the browser. Buttons say what they mean in data attributes; whatever needs the documents goes to
// the server, which looks it up in the person's own conversation. Loaded once, in the head; `bind` runs for each part of
// the page that shows our own markup, whose `element`, `trigger` and `watch` are Gradio's.
window.page = (() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const seen = (e) => e && e.isConnected && e.getClientRects().length > 0;
  const question = () => $("#question textarea");
  let openedBy = null, before = 0, calls = 0, places = [], place = 0;

  // --- what a click means: the first data attribute that is there decides which event the server gets ---
  const EVENTS = [
    ["ask", "submit"], ["stop", "stop"], ["editEnd", "edit"], ["choose", "like"], ["unchoose", "like"],
    ["export", "download"], ["table", "download"], ["keep", "apply"], ["kept", "input"], ["page", "submit"],
    ["compare", "submit"], ["rollBack", "apply"], ["change", "edit"], ["remove", "delete"], ["document", "select"], ["turn", "select"],
  ];

  function bind(element, trigger, watch) {
    element.addEventListener("click", (event) => {
      const button = event.target.closest("button, [data-skip]");
      if (!button || !element.contains(button)) return;
      const data = { ...button.dataset };
      if (data.skip !== undefined) return event.preventDefault(), question().focus();
      if (data.help !== undefined) return $("#help").showModal();
      if (data.copy !== undefined || data.link !== undefined || button.matches(".copy, .copy-answer")) return copy(button);
      if (data.step !== undefined) return step(Number(data.step));
      if (data.find !== undefined) return find(Number(data.find));
      if (data.line !== undefined) return reach($(`#document .numbered[data-line="${data.line}"]`));
      if (button.classList.contains("back")) return goBack();
      if (data.edit !== undefined) return type(data.edit), trigger("edit", { turn: data.turn });
      if (data.stop !== undefined && $(".waiting", element)) {
        before = $$(".turn", element).length - 1;
        type($(".turn:last-of-type .asked", element).textContent);
      }
      const named = EVENTS.find(([name]) => data[name] !== undefined);
      if (!named) return;
      if (data.choose !== undefined) pressed(button);
      if (named[1] === "select" && !button.closest("#document")) openedBy = button;
      if (data.printed !== undefined) tell("The page is being fetched.");
      trigger(named[1], data);
    });
    element.addEventListener("submit", (event) => {
      const { dataset, elements } = event.target;
      if (!event.target.matches(".seek, .turn-to")) return;
      event.preventDefault();
      if (elements.sought) trigger("submit", { sought: elements.sought.value, page: 0 });
      else trigger("select", { ...dataset, printed: elements.printed.value });
    });
    element.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && event.target.closest(".document")) return event.stopPropagation(), goBack();
      if (event.key === "Enter" && event.target.matches(".find")) find(event.shiftKey ? -1 : 1);
      const turns = { ArrowLeft: "Previous", ArrowRight: "Next" }[event.key];
      if (turns && event.target.closest(".printed")) $(`.turn-to [aria-label="${turns} page"]`, element)?.click();
    });
    element.addEventListener("input", (event) => { if (event.target.matches(".find")) search(event.target.value); });
    let sought = null; // what is being typed into the list of sources outlives that it is drawn anew, as after anybody's build
    for (const kind of ["focusin", "input"]) {
      element.addEventListener(kind, ({ target }) => { sought = target.name === "sought" ? target.value : null; });
    }
    element.addEventListener("change", (event) => {
      const sheet = event.target.dataset.sheet && event.target.files[0];
      if (sheet) sheet.text().then((text) => (type(text, $(`#${event.target.dataset.sheet} textarea`)), (event.target.value = "")));
    });
    const shown = () => {
      const turns = $$(".conversation .turn", element);
      if (turns.length) newTurn(element, turns);
      else delete element.dataset.state;
      if ($(".document", element)) opened(element);
      const field = $("[name=sought]", element);
      if (field && sought !== null && document.activeElement === document.body) {
        field.value = sought;
        field.focus({ preventScroll: true });
      }
    };
    if (element.closest("#narrowing")) tellsWhetherOpen($("#narrowing > button"));
    watch("value", shown);
    shown(); // a tab that is seen for the first time has its content already
  }

  // Gradio's accordion shows only by its looks whether it is open.
  function tellsWhetherOpen(button) {
    const told = () => button.setAttribute("aria-expanded", button.classList.contains("open"));
    new MutationObserver(told).observe(button, { attributeFilter: ["class"] });
    told();
  }

  // Gradio hears of what is typed by the input event.
  function type(text, field = question()) {
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  }

  // Both buttons of a quotation, in the conversation and beside it, say at once what was chosen; the server keeps it.
  function pressed(button) {
    const on = button.getAttribute("aria-pressed") !== "true";
    const same = ["turn", "kind", "number"].map((name) => `[data-${name}="${button.dataset[name]}"]`).join("");
    for (const b of $$(`.choose${same}`)) {
      b.setAttribute("aria-pressed", on);
      b.textContent = on ? "Put aside ✓" : "Put aside";
    }
  }

  // --- copying ---
  function copy(button) {
    const { copy: words, link, form } = button.dataset;
    let text = words;
    if (link !== undefined) text = location.origin + location.pathname + link;
    else if (button.matches(".copy-answer")) text = answerText(button.closest(".reply"));
    else if (text === undefined) text = (button.closest("[data-words]")?.dataset.words) ?? $(".quotation", button.closest(".quoted")).textContent;
    const name = button.textContent, label = button.getAttribute("aria-label");
    const done = () => {
      button.textContent = "Copied";
      button.removeAttribute("aria-label");
      tell("Copied.");
      setTimeout(() => { button.textContent = name; if (label) button.setAttribute("aria-label", label); }, 1500);
    };
    const byHand = () => { // pages served without TLS to another machine have no clipboard
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      if (document.execCommand("copy")) done();
      area.remove();
      button.focus();
    };
    if (!navigator.clipboard) return byHand();
    const blob = (type) => new Blob([text], { type });
    const writing = form === "html" // so that it can be pasted as what it looks like, or as its source
      ? navigator.clipboard.write([new ClipboardItem({ "text/html": blob("text/html"), "text/plain": blob("text/plain") })])
      : navigator.clipboard.writeText(text);
    writing.then(done, byHand);
  }

  // An answer as text: verdict, remarks, and each quotation with its reference.
  function answerText(reply) {
    const lines = [$(".asked", reply.closest(".turn")).textContent, ""];
    for (const e of $$(".verdict, .remark, .heading, .label, .quoted", reply)) {
      if (!e.matches(".quoted")) lines.push(e.innerText.trim(), "");
      else lines.push(`[${$(".number", e).textContent}] ${$("[data-form=text]", e).dataset.copy}`);
    }
    return lines.join("\n").trimEnd() + "\n";
  }

  // --- files that the server made: saved by the browser ---
  function save(file) {
    if (!file) return;
    const bytes = Uint8Array.from(atob(file.data), (c) => c.charCodeAt(0));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([bytes], { type: file.type }));
    link.download = file.name;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    tell(`Saved as ${file.name}.`);
  }

  function toEntry(until = performance.now() + 3000) {
    const field = $("#entry-title input, #entry-title textarea");
    if (seen(field)) return field.focus(), field.scrollIntoView({ block: "center" });
    if (performance.now() < until) requestAnimationFrame(() => toEntry(until));
  }

  // --- the conversation ---
  function tell(words) {
    const told = $("#told");
    if (told) told.textContent = told.textContent === words ? words + "\u00a0" : words;
  }

  function newTurn(element, turns) {
    const turn = turns[turns.length - 1], waiting = $(".waiting", turn);
    const state = `${turns.length} ${waiting ? "waiting" : "answered"}`;
    if (element.dataset.state === state) return; // only what was offered or put aside has changed
    element.dataset.state = state;
    showTurn(element, turn);
    if (waiting) return;
    const count = $$(".quoted", turn).length;
    tell(`${$(".verdict .words", turn).textContent}. ${count ? `${count} quotation${count > 1 ? "s" : ""}.` : ""}`);
  }

  function showTurn(element, turn) {
    const pane = element.closest("#conversation");
    if (pane && pane.scrollHeight > pane.clientHeight + 1 && getComputedStyle(pane).overflowY !== "visible") {
      pane.scrollTop += turn.getBoundingClientRect().top - pane.getBoundingClientRect().top - 8;
    } else if (turn.getBoundingClientRect().bottom > innerHeight || turn.getBoundingClientRect().top < 0) {
      turn.scrollIntoView({ block: "start" });
    }
  }

  // To the button that opened the document, or to the question when that button is gone.
  function goBack() {
    const there = seen(openedBy) ? openedBy : question();
    there.focus({ preventScroll: true });
    there.scrollIntoView({ block: "center" });
  }

  // --- the document ---
  const quotations = () => $$("#document :is(mark[data-number], mark#chosen)");

  function opened(element) {
    places = [];
    where($("#chosen", element));
    if ($("#chosen", element)) showChosen();
  }

  // The document may still be on its way, or its tab not yet shown: look for a while. A later call ends an earlier one.
  function showChosen() {
    const call = ++calls, until = performance.now() + 10000;
    const look = () => {
      if (call !== calls) return;
      const words = $("#chosen");
      if (seen(words)) return reach(words); // also where laying the document out took all the time there was
      if (performance.now() < until) requestAnimationFrame(look);
    };
    requestAnimationFrame(() => requestAnimationFrame(look));
  }

  // Words are shown with what is around them, a line or a page from its beginning.
  function reach(place) {
    if (!place) return;
    if (!place.matches("mark, [tabindex]")) place.tabIndex = -1;
    place.focus({ preventScroll: true });
    place.scrollIntoView({ block: place.matches("mark") ? "center" : "start" });
  }

  function step(by) {
    const all = quotations();
    if (!all.length) return;
    const at = all.indexOf(current());
    go(all[(at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by + all.length) % all.length]);
  }

  const current = () => $("#document mark.current") || $("#chosen");

  function go(mark) {
    for (const m of $$("#document mark.current")) m.classList.remove("current");
    mark.classList.add("current");
    reach(mark);
    where(mark);
  }

  function where(mark) {
    const all = quotations(), at = all.indexOf(mark), told = $("#document .where");
    if (told) told.textContent = at < 0 ? `${all.length} quotation${all.length > 1 ? "s" : ""}` : `Quotation ${at + 1} of ${all.length}`;
    for (const e of $$("#document .at-hand")) e.hidden = e.dataset.number !== (mark?.dataset.number ?? "");
  }

  // Search in the document: places are ranges over its text nodes, painted by the browser, so that the text stays as it is.
  function search(words) {
    const text = $("#document .whole"), highlights = window.CSS && CSS.highlights;
    places = [];
    if (highlights) highlights.clear();
    if (!words.trim() || !text) return count();
    const nodes = [], walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
    let whole = "";
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      nodes.push([whole.length, node]);
      whole += node.data;
    }
    const locate = (at) => {
      let low = 0, high = nodes.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (nodes[middle][0] <= at) low = middle; else high = middle - 1;
      }
      return [nodes[low][1], at - nodes[low][0]];
    };
    const pattern = words.trim().replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/\s+/g, "\\s+");
    for (const match of whole.matchAll(new RegExp(pattern, "giu"))) {
      const range = document.createRange(), [last, offset] = locate(match.index + match[0].length - 1);
      range.setStart(...locate(match.index));
      range.setEnd(last, offset + 1);
      if (places.push(range) === 5000) break;
    }
    if (highlights) highlights.set("found", new Highlight(...places));
    place = -1;
    find(1);
  }

  function find(by) {
    if (!places.length) return count();
    place = (place + by + places.length) % places.length;
    const range = places[place], highlights = window.CSS && CSS.highlights;
    if (highlights) highlights.set("found-here", new Highlight(range));
    else getSelection().setBaseAndExtent(range.startContainer, range.startOffset, range.endContainer, range.endOffset);
    range.startContainer.parentElement.scrollIntoView({ block: "nearest" });
    const box = range.getBoundingClientRect(), pane = $("#side");
    const scrolls = getComputedStyle(pane).overflowY === "auto" ? pane : document.scrollingElement;
    scrolls.scrollTop += box.top - innerHeight / 2;
    count();
  }

  function count() {
    const told = $("#document .found"), words = $("#document .find")?.value.trim();
    if (told) told.textContent = places.length ? `${place + 1} of ${places.length}` : words ? "not in the text" : "";
  }

  // --- keys; single letters only outside of fields, and only while they are switched on ---
  const TABS = ["Evidence", "Document", "Export", "Batch", "Sources"];
  const KEYS = {
    "/": () => question().focus(),
    "?": () => $("#help").showModal(),
    n: () => step(1),
    p: () => step(-1),
    f: () => $("#document .find")?.focus(),
    u: () => $("#undo").click(),
  };
  TABS.forEach((name, i) => (KEYS[i + 1] = () => $$("#side [role=tab]").find((t) => t.textContent.trim() === name)?.click()));

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") for (const menu of $$("details.menu[open]")) (menu.open = false), $("summary", menu).focus();
    const left = event.target.closest("dialog:not([open])"); // a dialog has the focus for a moment after it was closed
    if (event.ctrlKey || event.metaKey || event.altKey || (!left && event.target.closest("input, textarea, select, dialog"))) return;
    const act = KEYS[event.key];
    if (!act || (localStorage.getItem("single-keys") === "off" && event.key !== "?")) return;
    event.preventDefault();
    act();
  });
  document.addEventListener("change", (event) => {
    if (event.target.id === "single-keys") localStorage.setItem("single-keys", event.target.checked ? "on" : "off");
  });
  document.addEventListener("toggle", (event) => {
    if (event.target.id === "help") $("#single-keys").checked = localStorage.getItem("single-keys") !== "off";
  }, true);
  document.addEventListener("click", (event) => { // one menu at a time, none after a click elsewhere
    for (const menu of $$("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });

  // How many turns stood before the question that was stopped.
  const stopped = () => `${before}`;

  return { bind, save, showChosen, stopped, toEntry };
})();
