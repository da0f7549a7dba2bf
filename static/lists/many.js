// Rows are ticked, or all that the list shows under its filters; a bar offers what can
// be done to them.

const AT_ONCE = 200; // beyond it the person is asked once more
const form = document.getElementById("many");
const boxes = () => [...document.querySelectorAll(".tick-box")];
const ticked = () => boxes().filter((box) => box.checked);
const whole = form.querySelector(".many-all");
let last = null; // the box that was ticked last: with Shift a span is

document.addEventListener("click", (event) => {
  const box = event.target.closest(".tick-box");
  if (!box) return;
  const all = boxes();
  if (event.shiftKey && last && all.includes(last)) {
    const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
    for (const each of all.slice(from, to + 1)) each.checked = box.checked;
  }
  last = box;
});

document.addEventListener("change", (event) => {
  if (event.target.matches(".tick-all")) {
    for (const box of boxes()) box.checked = event.target.checked;
  } else if (!event.target.matches(".tick-box")) {
    return;
  }
  chooseAll(false);
});

whole?.addEventListener("click", () => chooseAll(form.elements.all.value === ""));

form.querySelector(".many-none").addEventListener("click", () => {
  for (const box of boxes()) box.checked = false;
  chooseAll(false);
});

// Of an action that needs a row of another list, such as a tag.
form.addEventListener("picked", (event) => {
  event.preventDefault();
  const pick = event.target;
  form.elements.picked.value = event.detail.id;
  begin(pick, `${pick.querySelector("summary").innerText.trim()} · ${event.detail.text}`);
});

form.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-act]");
  if (button) begin(button, button.innerText.trim());
});

// Back from the next page the browser has the boxes as they were.
window.addEventListener("pageshow", () => show());

function chooseAll(yes) {
  form.elements.all.value = yes ? "yes" : "";
  whole?.setAttribute("aria-pressed", String(yes));
  show();
}

function show() {
  const many = ticked().length;
  const all = form.elements.all.value !== "";
  form.hidden = !many && !all;
  form.querySelector("[data-many]").textContent = all ? whole.dataset.all : many;
  const head = document.querySelector(".tick-all");
  if (head) {
    head.checked = many > 0 && many === boxes().length;
    head.indeterminate = many > 0 && !head.checked;
  }
  for (const box of boxes()) {
    box.closest("tr").classList.toggle("ticked", box.checked || all);
  }
}

function begin(element, what) {
  const all = form.elements.all.value !== "";
  if (element.dataset.to) {
    leadTo(element.dataset.to, all); // it asks on a page of its own
    return;
  }
  const many = all ? whole.dataset.all : ticked().length;
  const question = form.dataset.ask.replace("{1}", many).replace("{2}", what);
  if ((all || many > AT_ONCE) && !window.confirm(question)) return;
  form.elements.action.value = element.dataset.act;
  form.requestSubmit();
}

function leadTo(address, all) {
  const numbers = ticked().map((box) => ["n", box.value]);
  const chosen = all ? form.elements.query.value : new URLSearchParams(numbers);
  window.location.assign(chosen ? `${address}&${chosen}` : address);
}
