// Lists: pick a row by typing where another list is filtered, and "/" to search.

const WAIT = 150; // milliseconds without a key before we ask

const watched = new WeakSet();

watchAll(document);
// Parts of a page are loaded anew.
document.addEventListener("htmx:load", (event) => watchAll(event.target));

function watchAll(part) {
  for (const pick of part.querySelectorAll("details.pick[data-picks]")) {
    if (!watched.has(pick)) watch(pick);
    watched.add(pick);
  }
}

// A form that waits for one row of another list is sent with it.
document.addEventListener("picked", (event) => {
  const form = event.target.closest("form[data-picked]");
  if (!form) return;
  event.preventDefault();
  form.elements.picked.value = event.detail.id;
  form.requestSubmit();
});

// On a phone the tree of departments would stand before everything else.
if (window.matchMedia("(max-width: 1023px)").matches) {
  for (const fold of document.querySelectorAll(".tree-fold")) fold.open = false;
}

document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.pick[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});

// What would open beyond the edge of the screen opens to the other side.
for (const pick of document.querySelectorAll("details.pick")) {
  pick.addEventListener("toggle", () => {
    const pop = pick.querySelector(".pop");
    pop.classList.remove("to-start");
    const beyond = pop.getBoundingClientRect().right > document.documentElement.clientWidth;
    pop.classList.toggle("to-start", pick.open && beyond);
  });
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const open = document.querySelector("details.pick[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  }
});

document.addEventListener("keyup", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing) document.getElementById("searchbar")?.focus();
});

function watch(pick) {
  const input = pick.querySelector(".pop-search");
  const list = pick.querySelector(".pop-list");
  let asked = 0;
  let timer;

  const ask = async () => {
    const number = ++asked;
    const query = new URLSearchParams({ term: input.value });
    const response = await fetch(`${pick.dataset.picks}?${query}`, {
      headers: { Accept: "application/json" },
    });
    if (number !== asked || !response.ok) return; // a later question is under way
    show(list, (await response.json()).results);
  };

  pick.addEventListener("toggle", () => {
    if (!pick.open) return;
    input.focus();
    ask();
  });

  // Half a pinyin word, while an input method composes, is no question.
  input.addEventListener("input", (event) => {
    clearTimeout(timer);
    if (!event.isComposing) timer = setTimeout(ask, WAIT);
  });
  input.addEventListener("compositionend", ask);

  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      move(list, event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter") {
      event.preventDefault();
      (list.querySelector("[aria-selected=true]") ?? list.firstElementChild)?.click();
    }
  });

  // What is pressed is not replaced before it is let go.
  list.addEventListener("pointerdown", () => {
    clearTimeout(timer);
    asked += 1;
  });

  list.addEventListener("click", (event) => {
    const item = event.target.closest("[data-id]");
    if (!item) return;
    const detail = { id: item.dataset.id, text: item.firstChild.textContent };
    const picked = new CustomEvent("picked", { bubbles: true, cancelable: true, detail });
    // where a form of its own wants it, the list stays where it is
    if (pick.dispatchEvent(picked)) go(pick.dataset.name, item.dataset.id);
  });
}

function show(list, rows) {
  list.replaceChildren(
    ...rows.map((row) => {
      const item = document.createElement("button");
      item.type = "button";
      item.className = "pop-item";
      item.dataset.id = row.id;
      item.tabIndex = -1;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      item.append(row.text);
      if (row.more) {
        const more = document.createElement("span");
        more.className = "soft";
        more.textContent = row.more;
        item.append(" ", more);
      }
      return item;
    }),
  );
  if (!rows.length) {
    const none = document.createElement("p");
    none.className = "pop-none soft";
    none.textContent = list.dataset.none;
    list.append(none);
  }
}

function move(list, by) {
  const items = [...list.querySelectorAll("[data-id]")];
  if (!items.length) return;
  const at = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
  const next = items[(at + by + items.length) % items.length];
  for (const item of items) item.setAttribute("aria-selected", String(item === next));
  next.scrollIntoView({ block: "nearest" });
}

function go(name, value) {
  const address = new URL(window.location.href);
  address.searchParams.set(name, value);
  address.searchParams.delete("p");
  window.location.assign(address);
}
