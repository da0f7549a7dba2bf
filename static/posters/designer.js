// The designer of posters: parts are dragged, moved by keys or set by numbers on a small
// poster; beside it the server draws the real one whenever something was changed.

const data = JSON.parse(document.getElementById("poster-data").textContent);
const form = document.getElementById("designer");
const stage = document.getElementById("stage");
const list = document.getElementById("parts");
const fields = document.getElementById("fields");
const drawn = document.getElementById("drawn");
const wrong = document.getElementById("wrong");

const PAUSE = 250; // milliseconds without a change before it is drawn
const NEAR = 8; // so close to the middle a part falls into it
const LINE = 1.35;
const design = data.design;
let ground = data.ground;
let chosen = 0;
let sitter = null;
let problems = data.problems;
let asked = 0;
let timer;
let dirty = false;

const height = () => ground?.height ?? data.height;
const scale = () => stage.clientWidth / data.width;
const isSquare = (part) => part.kind === "avatar" || part.kind === "code";
const within = (value, least, most) => Math.min(Math.max(Math.round(value), least), most);
const nameShown = () => sitter?.text ?? data.name;

// --- the small poster -------------------------------------------------------------------

function tall(part) {
  return isSquare(part) ? part.width : Math.round(part.size * LINE);
}

function paint() {
  stage.style.aspectRatio = `${data.width} / ${height()}`;
  stage.style.backgroundColor = design.colour;
  stage.style.backgroundImage = ground ? `url("${ground.address}")` : "none";
  const there = [...stage.children];
  design.parts.forEach((part, number) => {
    const box = there[number] ?? stage.appendChild(made());
    dress(box, part, number);
  });
  for (const box of there.slice(design.parts.length)) box.remove();
  paintList();
  paintFields();
  paintGround();
}

function made() {
  const box = document.createElement("div");
  box.tabIndex = 0;
  box.append(document.createElement("span"), document.createElement("i"));
  return box;
}

function dress(box, part, number) {
  const by = scale();
  box.className = `poster-part is-${part.kind} shape-${part.shape}`;
  box.classList.toggle("chosen", number === chosen);
  box.classList.toggle("refused", Boolean(problems[`parts.${number}`]));
  box.dataset.number = number;
  box.setAttribute("role", "button");
  box.setAttribute("aria-label", titleOf(part));
  box.setAttribute("aria-pressed", String(number === chosen));
  Object.assign(box.style, {
    left: `${part.x * by}px`,
    top: `${part.y * by}px`,
    width: `${part.width * by}px`,
    height: isSquare(part) ? `${part.width * by}px` : "auto",
    fontSize: `${(part.kind === "avatar" ? part.width / 2 : part.size) * by}px`,
    color: part.kind === "avatar" ? "#fff" : part.colour,
    fontWeight: part.bold || part.kind === "avatar" ? 700 : 400,
    textAlign: part.align,
    backgroundImage: part.kind === "code" ? `url("${data.code}")` : "none",
  });
  box.firstChild.textContent = wordsIn(part);
}

function wordsIn(part) {
  if (part.kind === "name") return nameShown();
  if (part.kind === "avatar") return [...nameShown()][0] ?? "?";
  return part.kind === "text" ? part.text.replaceAll("{name}", nameShown()) : "";
}

function titleOf(part) {
  const words = data.words[part.kind];
  return part.kind === "text" ? `${words} ${part.text}` : words;
}

// --- the list, the fields, the background -----------------------------------------------

function paintList() {
  list.replaceChildren(
    ...design.parts.map((part, number) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "chip";
      button.dataset.number = number;
      button.setAttribute("aria-pressed", String(number === chosen));
      button.classList.toggle("refused", Boolean(problems[`parts.${number}`]));
      button.textContent = titleOf(part);
      return button;
    }),
  );
  for (const button of document.querySelectorAll("[data-add]")) {
    const kind = button.dataset.add;
    const many = design.parts.filter((part) => part.kind === kind).length;
    button.disabled = many >= (kind === "text" ? data.most_texts : 1);
  }
  const why = problems[`parts.${chosen}`] ?? problems.parts ?? problems.colour;
  wrong.textContent = why ?? "";
  wrong.hidden = !why;
}

function paintFields() {
  const part = design.parts[chosen];
  fields.hidden = !part;
  if (!part) return;
  const [least, most] = data.widths[part.kind];
  Object.assign(fields.elements.width, { min: least, max: most });
  for (const input of fields.elements) {
    if (!(input.name in part)) continue;
    if (input.type === "checkbox") input.checked = part[input.name];
    else if (input !== document.activeElement) input.value = part[input.name];
  }
  for (const label of fields.querySelectorAll("[data-for]")) {
    label.hidden = !label.dataset.for.split(" ").includes(part.kind);
  }
  fields.querySelector("[data-drop]").hidden = part.kind === "code";
}

function paintGround() {
  form.elements.background.value = ground?.token ?? "";
  document.querySelector("[data-ground]").textContent = ground
    ? `${data.width} × ${ground.height}`
    : `${data.width} × ${data.height}`;
  const plain = document.querySelector("[data-plain]");
  if (!plain) return;
  plain.hidden = !ground;
  const colour = document.getElementById("ground-colour");
  colour.value = design.colour;
  colour.closest("label").hidden = Boolean(ground);
}

// --- changes ----------------------------------------------------------------------------

function changed() {
  dirty = true;
  paint();
  clearTimeout(timer);
  timer = setTimeout(ask, PAUSE);
}

function move(part, x, y) {
  const middle = Math.round((data.width - part.width) / 2);
  part.x = within(Math.abs(x - middle) < NEAR ? middle : x, 0, data.width - part.width);
  part.y = within(y, 0, height() - (isSquare(part) ? part.width : part.size));
}

function widen(part, width) {
  const [least, most] = data.widths[part.kind];
  let room = data.width - part.x;
  if (isSquare(part)) room = Math.min(room, height() - part.y);
  part.width = within(width, least, Math.min(most, Math.max(room, least)));
}

function choose(number) {
  chosen = number;
  paint();
}

async function ask() {
  const number = ++asked;
  const response = await fetch(data.preview, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "X-CSRFToken": form.elements.csrfmiddlewaretoken.value,
    },
    body: JSON.stringify({ design, background: ground?.token ?? "", contact: sitter?.id ?? "" }),
  }).catch(() => null);
  if (number !== asked) return;
  if (!response?.ok) {
    wrong.textContent = form.dataset.lost;
    wrong.hidden = false;
    return;
  }
  const told = await response.json();
  problems = told.problems;
  if (told.picture) drawn.src = told.picture;
  drawn.hidden = !drawn.src;
  paint();
}

// --- by mouse and finger ----------------------------------------------------------------

let grip = null;

stage.addEventListener("pointerdown", (event) => {
  const box = event.target.closest(".poster-part");
  if (!box) return;
  choose(Number(box.dataset.number));
  if (!data.may_design) return;
  const part = design.parts[chosen];
  grip = {
    widens: event.target.tagName === "I",
    from: { x: event.clientX, y: event.clientY },
    was: { ...part },
  };
  box.setPointerCapture(event.pointerId);
  box.focus();
  event.preventDefault();
});

stage.addEventListener("pointermove", (event) => {
  if (!grip) return;
  const part = design.parts[chosen];
  const right = (event.clientX - grip.from.x) / scale();
  const down = (event.clientY - grip.from.y) / scale();
  if (grip.widens) widen(part, grip.was.width + right);
  else move(part, grip.was.x + right, grip.was.y + down);
  changed();
});

for (const end of ["pointerup", "pointercancel"]) {
  stage.addEventListener(end, () => {
    grip = null;
  });
}

// --- by keys ----------------------------------------------------------------------------

const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

stage.addEventListener("keydown", (event) => {
  const box = event.target.closest(".poster-part");
  if (!box || event.ctrlKey || event.metaKey || event.altKey) return;
  const part = design.parts[Number(box.dataset.number)];
  const step = event.shiftKey ? 10 : 1;
  const way = WAYS[event.key];
  if (event.key === "Enter" || event.key === " ") choose(Number(box.dataset.number));
  else if (!data.may_design) return;
  else if (way) {
    part.x = within(part.x + way[0] * step, 0, data.width - part.width);
    part.y = within(part.y + way[1] * step, 0, height() - (isSquare(part) ? part.width : part.size));
    changed();
  } else if (event.key === "+" || event.key === "=") {
    widen(part, part.width + 10);
    changed();
  } else if (event.key === "-") {
    widen(part, part.width - 10);
    changed();
  } else return;
  event.preventDefault();
  event.stopPropagation(); // the keys of the page mean something else
});

stage.addEventListener("focusin", (event) => {
  const box = event.target.closest(".poster-part");
  if (box && Number(box.dataset.number) !== chosen) choose(Number(box.dataset.number));
});

// --- by the fields and buttons ----------------------------------------------------------

list.addEventListener("click", (event) => {
  const button = event.target.closest("[data-number]");
  if (button) choose(Number(button.dataset.number));
});

fields.addEventListener("input", (event) => {
  const part = design.parts[chosen];
  const { name, type, value, checked } = event.target;
  if (!(name in part)) return;
  if (type === "checkbox") part[name] = checked;
  else if (type === "number") part[name] = /^\d{1,4}$/.test(value) ? Number(value) : part[name];
  else part[name] = value;
  changed();
});

form.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  const part = design.parts[chosen];
  if (button?.dataset.add) add(button.dataset.add);
  else if (button?.hasAttribute("data-middle")) part.x = Math.round((data.width - part.width) / 2);
  else if (button?.hasAttribute("data-drop")) {
    design.parts.splice(chosen, 1);
    chosen = Math.max(chosen - 1, 0);
  } else if (button?.hasAttribute("data-plain")) ground = null;
  else return;
  changed();
});

function add(kind) {
  const wide = kind === "avatar" ? 140 : 600;
  const lowest = Math.max(0, ...design.parts.map((part) => part.y + tall(part)));
  const part = {
    kind,
    width: wide,
    x: (data.width - wide) / 2,
    y: 0,
    shape: "circle",
    size: 36,
    colour: "#1f2937",
    align: "center",
    bold: false,
    text: kind === "text" ? data.new_text : "",
  };
  move(part, part.x, lowest + 20);
  design.parts.push(part);
  chosen = design.parts.length - 1;
}

document.getElementById("ground-colour")?.addEventListener("input", (event) => {
  design.colour = event.target.value;
  changed();
});

const file = document.getElementById("file");
if (file) file.hasChangeListener = true; // or Unfold looks for a box beside it

file?.addEventListener("change", async (event) => {
  const [brought] = event.target.files;
  const told = document.getElementById("ground-wrong");
  told.hidden = true;
  if (!brought) return;
  const body = new FormData();
  body.append("file", brought);
  const response = await fetch(data.bring, {
    method: "POST",
    headers: { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
    body,
  }).catch(() => null);
  const answer = await response?.json().catch(() => null);
  event.target.value = "";
  if (response?.ok && answer) {
    ground = answer;
    for (const part of design.parts) move(part, part.x, part.y);
    changed();
  } else {
    told.textContent = answer?.error ?? form.dataset.lost;
    told.hidden = false;
  }
});

form.addEventListener("sitter", (event) => {
  sitter = event.detail;
  document.getElementById("sitter").textContent = sitter.text;
  paint();
  ask();
});

form.addEventListener("submit", () => {
  form.elements.told.value = JSON.stringify(design);
  dirty = false;
});

window.addEventListener("beforeunload", (event) => {
  if (dirty) event.preventDefault();
});

new ResizeObserver(paint).observe(stage);
paint();
ask();
