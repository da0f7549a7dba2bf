// The page of a contact: news arrives by itself, ids can be copied.

const EVERY = 4_000; // milliseconds between two looks for news
const NEAR_THE_TOP = 300; // pixels; whoever reads further down is not interrupted

const live = () => document.getElementById("live");
const news = document.getElementById("news");

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});

news.addEventListener("click", () => {
  window.scrollTo({ top: 0 });
  renew();
});

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

async function look() {
  const page = live();
  if (document.hidden || !page) return;
  const address = new URL(page.dataset.news, window.location.href);
  if (page.dataset.reading) address.searchParams.set("reading", page.dataset.reading);
  let told;
  try {
    const response = await fetch(address, { redirect: "error" });
    if (!response.ok) return;
    told = await response.json();
  } catch {
    return; // the line in the header says that the server is away
  }
  if (page !== live()) return;
  if (told.reading === "done" || told.reading === "failed") {
    delete page.dataset.reading;
    forget();
    await renew();
    say(told.reading);
  } else if (told.latest > Number(page.dataset.latest)) {
    if (window.scrollY < NEAR_THE_TOP) await renew();
    else news.hidden = false;
  }
}

async function renew() {
  news.hidden = true;
  const said = live().querySelector(".reading").dataset.state;
  await htmx.ajax("GET", window.location.href, {
    target: "#live",
    select: "#live",
    swap: "outerHTML",
  });
  if (said) say(said);
}

function say(state) {
  const line = live().querySelector(".reading");
  line.dataset.state = state;
  line.textContent = line.dataset[state];
  line.hidden = false;
}

// What has been answered is not asked about again when the page is loaded anew.
function forget() {
  const address = new URL(window.location.href);
  address.searchParams.delete("reading");
  window.history.replaceState(null, "", address);
}

if (live()?.dataset.reading) say("waiting");
setInterval(look, EVERY);
document.addEventListener("visibilitychange", look);
