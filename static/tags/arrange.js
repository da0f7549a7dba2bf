// Rows are put in another order by their handles: dragged, or with the arrow keys. What
// the rules refuse goes back to where it was, and says why.

const SOON = 600; // milliseconds after the last key

const told = document.querySelector("[data-arrange-told]");
const bodies = document.querySelectorAll("[data-arrange]");
let waits = null; // a row that the keys are still moving

for (const body of bodies) {
  body.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest(".grip");
    if (grip && event.button === 0) drag(event, grip, body);
  });
  body.addEventListener("keydown", (event) => {
    const grip = event.target.closest(".grip");
    const way = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!grip || !way || event.isComposing) return;
    event.preventDefault();
    const row = grip.closest("tr");
    if (waits?.row !== row) saveNow();
    body.rowsBefore ??= [...body.children];
    step(row, way);
    grip.focus();
    clearTimeout(waits?.timer);
    waits = { row, body, timer: setTimeout(saveNow, SOON) };
  });
}

function next(row, way) {
  const other = way < 0 ? row.previousElementSibling : row.nextElementSibling;
  return other?.dataset.kind === row.dataset.kind ? other : null;
}

function step(row, way) {
  const other = next(row, way);
  if (!other) return false;
  if (way < 0) other.before(row);
  else other.after(row);
  return true;
}

function saveNow() {
  if (!waits) return;
  const { row, body, timer } = waits;
  clearTimeout(timer);
  waits = null;
  save(row, body);
}

function drag(event, grip, body) {
  event.preventDefault();
  saveNow();
  const row = grip.closest("tr");
  body.rowsBefore ??= [...body.children];
  row.classList.add("dragged");
  const over = ({ clientY }) => {
    for (const way of [-1, 1]) {
      let other = next(row, way);
      while (other) {
        const box = other.getBoundingClientRect();
        const middle = box.top + box.height / 2;
        if (way < 0 ? clientY >= middle : clientY <= middle) break;
        step(row, way);
        other = next(row, way);
      }
    }
  };
  // The row moves within the page, so that its handle cannot hold the pointer.
  const drop = () => {
    document.removeEventListener("pointermove", over);
    document.removeEventListener("pointerup", drop);
    document.removeEventListener("pointercancel", drop);
    row.classList.remove("dragged");
    save(row, body);
  };
  document.addEventListener("pointermove", over);
  document.addEventListener("pointerup", drop);
  document.addEventListener("pointercancel", drop);
}

async function save(row, body) {
  const before = body.rowsBefore;
  body.rowsBefore = null;
  if (!before || before.every((each, place) => body.children[place] === each)) return;
  const grip = row.querySelector(".grip");
  const form = new FormData();
  form.set("before", next(row, 1)?.dataset.number ?? "");
  form.set("after", next(row, -1)?.dataset.number ?? ""); // the last row of a page
  form.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
  const response = await fetch(grip.dataset.move, {
    method: "POST",
    body: form,
    redirect: "error",
  }).catch(() => null);
  const answer = await response?.json().catch(() => null);
  const focused = document.activeElement === grip;
  if (!response?.ok) body.replaceChildren(...before);
  if (focused) grip.focus();
  say(answer?.refused ?? answer?.told ?? told.dataset.lost, !response?.ok);
}

function say(words, bad) {
  told.textContent = words;
  told.classList.toggle("bad", bad);
}
