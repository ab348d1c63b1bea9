// Runs once for each part of the page that shows our own markup; `element`, `trigger` and `watch` are Gradio's.
// Buttons say what they open in data attributes; the server looks it up in the person's own conversation.
element.addEventListener("click", (event) => {
  const button = event.target.closest("button, [data-skip]");
  if (!button || !element.contains(button)) return;
  const data = { ...button.dataset };
  if (data.skip !== undefined) {
    event.preventDefault();
    document.querySelector(`#${data.skip} textarea`).focus();
  } else if (button.classList.contains("copy")) copy(button);
  else if (button.classList.contains("back")) goBack();
  else if (data.edit !== undefined) edit(data.edit);
  else if (data.ask !== undefined) trigger("submit", { ask: data.ask });
  else if (data.turn !== undefined || data.document !== undefined) {
    window.openedBy = button;
    trigger("select", data);
  }
});

element.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target.closest(".document")) goBack();
});

watch("value", () => {
  const turns = element.querySelectorAll(".conversation .turn");
  if (turns.length) showTurn(turns[turns.length - 1]);
  if (element.querySelector("#chosen")) window.showChosen();
});

// To the button that opened the document, or to the question when that button is gone.
function goBack() {
  const there = window.openedBy?.isConnected && window.openedBy.offsetParent ? window.openedBy : document.querySelector("#question textarea");
  there.focus({ preventScroll: true });
  there.scrollIntoView({ block: "center" });
}

// Gradio hears of what is typed by the input event.
function edit(question) {
  const field = document.querySelector("#question textarea");
  field.value = question;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

function copy(button) {
  const words = button.closest(".quoted").querySelector(".quotation").textContent;
  const done = () => {
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  };
  const byHand = () => { // pages served without TLS to another machine have no clipboard
    const area = document.createElement("textarea");
    area.value = words;
    document.body.append(area);
    area.select();
    if (document.execCommand("copy")) done();
    area.remove();
    button.focus();
  };
  if (navigator.clipboard) navigator.clipboard.writeText(words).then(done, byHand);
  else byHand();
}

function showTurn(turn) {
  const pane = element.closest("#conversation");
  if (pane && pane.scrollHeight > pane.clientHeight + 1 && getComputedStyle(pane).overflowY !== "visible") {
    pane.scrollTop += turn.getBoundingClientRect().top - pane.getBoundingClientRect().top - 8;
  } else if (turn.getBoundingClientRect().bottom > innerHeight || turn.getBoundingClientRect().top < 0) {
    turn.scrollIntoView({ block: "start" });
  }
}

// The document may still be on its way, or its tab not yet shown: look for a while. A later call ends an earlier one.
window.showChosen = () => {
  const call = (window.showChosenCalls = (window.showChosenCalls || 0) + 1);
  const until = performance.now() + 3000;
  const look = () => {
    if (call !== window.showChosenCalls || performance.now() > until) return;
    const words = document.getElementById("chosen");
    if (!words || words.offsetParent === null) return requestAnimationFrame(look);
    words.focus({ preventScroll: true });
    words.scrollIntoView({ block: "center" });
  };
  requestAnimationFrame(() => requestAnimationFrame(look));
};
