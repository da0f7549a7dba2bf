// The page of a contact: news arrives by itself, the timeline is filtered where one
// stands, ids can be copied.

const EVERY = 3_000; // milliseconds between two looks for news
const NEAR_THE_TOP = 300; // pixels; whoever reads further down is not interrupted
const HEAD = 64; // pixels that the line at the top of the screen covers

const live = () => document.getElementById("live");
const news = document.getElementById("news");

document.addEventListener("click", (event) => {
  const copied = event.target.closest("[data-copy]");
  if (copied) copy(copied);
  const filter = event.target.closest("[data-theme]");
  if (filter) inTheAddress("theme", filter.dataset.theme);
  const written = event.target.closest('[href="#note-text"]');
  const field = document.getElementById("note-text");
  if (written && field) {
    event.preventDefault();
    field.scrollIntoView({ block: "center" });
    field.focus();
  }
});

// What is changed where it stands is written over at once; Escape leaves it as it was.
document.addEventListener("htmx:load", (event) => {
  if (!event.target.matches(".cell-edit")) return;
  const input = event.target.querySelector("input:not([type=hidden]), select");
  input?.focus();
  if (input?.type === "text") input.select();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing) return;
  event.target.closest(".cell-edit")?.querySelector("[data-escape]").click();
});

news.addEventListener("click", () => {
  window.scrollTo({ top: 0 });
  renew();
});

// Another filter begins at the day that is being looked at, not at the latest.
document.addEventListener("htmx:configRequest", (event) => {
  if (event.target.closest("[data-theme]")) {
    const place = placeOf(document.getElementById("timeline"));
    if (place) event.detail.parameters.place = place;
  }
});

document.addEventListener("htmx:afterSwap", (event) => {
  const box = event.target.getBoundingClientRect();
  if (event.target.id === "timeline" && box.top < 0) {
    window.scrollTo({ top: window.scrollY + box.top - HEAD });
  }
  if (event.target.id === "notes" || event.target.closest("#notes")) look();
});

function placeOf(timeline) {
  if (timeline.getBoundingClientRect().top > 0) return "";
  const lines = [...timeline.querySelectorAll("[data-place]")];
  const seen = lines.find((line) => line.getBoundingClientRect().bottom > HEAD);
  return seen ? seen.dataset.place : "";
}

function inTheAddress(name, value) {
  const address = new URL(window.location.href);
  if (value) address.searchParams.set(name, value);
  else address.searchParams.delete(name);
  window.history.replaceState(null, "", address);
}

async function copy(button) {
  const text = button.dataset.copy;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // An address without https has no clipboard of its own.
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  const sign = button.querySelector("span");
  button.classList.add("done");
  button.title = button.dataset.done;
  sign.textContent = "check";
  setTimeout(() => {
    button.classList.remove("done");
    sign.textContent = "content_copy";
  }, 1_500);
}

// We say which answer we know; as long as it holds, it is not sent again.
let heard = "";

async function look() {
  const page = live();
  if (document.hidden || !page) return;
  const address = new URL(page.dataset.news, window.location.href);
  if (page.dataset.reading) address.searchParams.set("reading", page.dataset.reading);
  let told;
  try {
    const response = await fetch(address, {
      redirect: "error",
      headers: heard ? { "If-None-Match": heard } : {},
    });
    if (!response.ok) return;
    told = await response.json();
    heard = response.headers.get("ETag") || "";
  } catch {
    return; // the line in the header says that the server is away
  }
  if (page !== live()) return;
  if (told.reading === "done" || told.reading === "failed") {
    delete page.dataset.reading;
    inTheAddress("reading", "");
    await renew();
    say(told.reading);
  } else if (told.latest > Number(page.dataset.latest)) {
    if (window.scrollY < NEAR_THE_TOP) await renew();
    else news.hidden = false;
  }
}

// Part by part, so that nothing that somebody is writing is lost.
async function renew() {
  news.hidden = true;
  const said = live().querySelector(".reading").dataset.state;
  const response = await fetch(window.location.href, { redirect: "error" });
  if (!response.ok) return;
  const told = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = told.getElementById("live");
  if (!fresh) return; // signed out meanwhile
  for (const part of fresh.querySelectorAll("[data-part]")) {
    const old = live().querySelector(`[data-part="${part.dataset.part}"]`);
    if (!old || isWrittenIn(old)) continue;
    const kept = [...old.querySelectorAll("[data-kept]")]; // fetched apart from the page
    old.replaceWith(part);
    for (const one of kept) {
      part.querySelector(`[data-kept="${one.dataset.kept}"]`)?.replaceWith(one);
    }
    htmx.process(part);
  }
  live().dataset.latest = fresh.dataset.latest;
  if (said) say(said);
}

function isWrittenIn(part) {
  const fields = [...part.querySelectorAll("textarea, input:not([type=hidden])")];
  const written = fields.some((field) => field.value !== field.defaultValue);
  const isLookedAt = part.querySelector(".unmasked") !== null;
  return written || isLookedAt || fields.includes(document.activeElement);
}

function say(state) {
  const line = live().querySelector(".reading");
  line.dataset.state = state;
  line.textContent = line.dataset[state];
  line.hidden = false;
}

if (live()?.dataset.reading) say("waiting");
setInterval(look, EVERY);
document.addEventListener("visibilitychange", look);
