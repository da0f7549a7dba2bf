// The kanban: columns read their cards when they come into view; a card moves at once,
// by the mouse, by keys or by its buttons, and goes back with the reason when refused.

const board = document.getElementById("board");
const told = document.querySelector(".board-told");
const columns = [...board.querySelectorAll(".board-column")];
const yuan = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2 });
let dragged = null;

// --- cards, a page at a time -------------------------------------------------------

const near = new IntersectionObserver(
  (seen) => {
    for (const each of seen) {
      if (!each.isIntersecting) continue;
      near.unobserve(each.target);
      read(each.target);
    }
  },
  { rootMargin: "200px" },
);
for (const column of columns) near.observe(column);

async function read(column, behind = "") {
  const list = column.querySelector(".board-cards");
  const more = behind ? `&behind=${encodeURIComponent(behind)}` : "";
  list.setAttribute("aria-busy", "true");
  const response = await fetch(column.dataset.cards + more, { redirect: "error" }).catch(() => null);
  list.removeAttribute("aria-busy");
  if (!response?.ok) {
    say(told.dataset.lost, true);
    return;
  }
  const page = document.createElement("template");
  page.innerHTML = await response.text();
  list.querySelector(".board-wait, .board-next")?.remove();
  const there = new Set([...board.querySelectorAll(".board-card")].map((c) => c.dataset.lead));
  for (const card of page.content.querySelectorAll(".board-card")) {
    if (there.has(card.dataset.lead)) card.remove(); // it moved here meanwhile
  }
  if (list.querySelector(".board-card")) page.content.querySelector(".board-none")?.remove();
  list.append(page.content);
}

board.addEventListener("click", (event) => {
  const next = event.target.closest(".board-next");
  if (next) read(next.closest(".board-column"), next.dataset.behind);
  const button = event.target.closest("[data-way]");
  if (button) step(button.closest(".board-card"), Number(button.dataset.way));
});

// --- moving -----------------------------------------------------------------------------

board.addEventListener("dragstart", (event) => {
  dragged = event.target.closest(".board-card");
  dragged?.classList.add("dragged");
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged?.dataset.lead ?? "");
});
board.addEventListener("dragend", () => {
  dragged?.classList.remove("dragged");
  dragged = null;
  for (const column of columns) column.classList.remove("over");
});
for (const column of columns) {
  column.addEventListener("dragover", (event) => {
    if (!dragged) return;
    event.preventDefault();
    for (const each of columns) each.classList.toggle("over", each === column);
  });
  column.addEventListener("drop", (event) => {
    event.preventDefault();
    if (dragged) move(dragged, column);
  });
}

board.addEventListener("keydown", (event) => {
  const card = event.target.closest(".board-card");
  if (!card || event.target !== card || event.isComposing) return;
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const keys = {
    ArrowLeft: () => step(card, -1),
    ArrowRight: () => step(card, 1),
    ArrowUp: () => neighbour(card, "previousElementSibling")?.focus(),
    ArrowDown: () => neighbour(card, "nextElementSibling")?.focus(),
    Enter: () => window.location.assign(card.dataset.opens),
  };
  if (!keys[event.key]) return;
  event.preventDefault();
  event.stopPropagation();
  keys[event.key]();
});

function neighbour(card, way) {
  const other = card[way];
  return other?.classList.contains("board-card") ? other : null;
}

function step(card, way) {
  const here = columns.indexOf(card.closest(".board-column"));
  const to = columns[here + way];
  if (to) move(card, to);
}

async function move(card, to) {
  const from = card.closest(".board-column");
  if (!("moves" in board.dataset) || from === to || card.classList.contains("saving")) return;
  const reason = to.dataset.ends === "lost" ? await whyLost() : "";
  if (reason === null) {
    card.focus();
    return;
  }
  const behind = card.nextElementSibling;
  put(card, from, to, null);
  card.classList.add("saving");
  const form = new FormData();
  form.set("to", to.dataset.stage);
  form.set("seen_in", from.dataset.stage);
  form.set("reason", reason);
  form.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
  const sent = { method: "POST", body: form, redirect: "error" };
  const response = await fetch(card.dataset.move, sent).catch(() => null);
  const answer = await response?.json().catch(() => null);
  card.classList.remove("saving");
  if (!response?.ok) put(card, to, from, behind);
  say(answer?.told ?? answer?.refused ?? told.dataset.lost, !response?.ok);
}

function put(card, from, to, behind) {
  const list = to.querySelector(".board-cards");
  list.querySelector(".board-none")?.remove();
  if (behind?.parentElement === list) behind.before(card);
  else list.prepend(card);
  count(from, -1, -Number(card.dataset.amount));
  count(to, 1, Number(card.dataset.amount));
  card.focus();
  card.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function count(column, many, fen) {
  const badge = column.querySelector("[data-many]");
  const sum = column.querySelector("[data-amount]");
  badge.dataset.many = Number(badge.dataset.many) + many;
  sum.dataset.amount = Number(sum.dataset.amount) + fen;
  badge.textContent = Number(badge.dataset.many).toLocaleString("en-US");
  sum.textContent = `¥${yuan.format(Number(sum.dataset.amount) / 100)}`;
}

function whyLost() {
  const dialog = document.getElementById("why-lost");
  const field = dialog.querySelector("[name=reason]");
  field.value = "";
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((answer) => {
    const closed = () => answer(dialog.returnValue === "yes" ? field.value : null);
    dialog.addEventListener("close", closed, { once: true });
  });
}

function say(words, bad) {
  told.textContent = words;
  told.classList.toggle("bad", bad);
}
