// What every page does by itself: the pulse in the header, filters that go where they
// point, buttons that ask first and send once.

document.addEventListener("DOMContentLoaded", () => {
  watchPulse(document.getElementById("pulse"));
  labelCells(document.getElementById("result_list"));
  hideToasts();

  document.addEventListener("change", (event) => {
    if (event.target.matches("select.goes")) window.location.assign(event.target.value);
  });

  document.addEventListener("submit", (event) => {
    const question = event.submitter?.dataset.ask;
    if (question && !window.confirm(question)) {
      event.preventDefault();
      return;
    }
    if (event.target.dataset.sent) {
      event.preventDefault();
    } else if (event.target.method === "post") {
      event.target.dataset.sent = "yes";
    }
  });

  // Back from the next page: what was sent may be sent again.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
    }
  });
});

// On a phone a row is a card whose cells say what they are.
function labelCells(table) {
  if (!table) return;
  const heads = [...table.querySelectorAll("thead th")].map((th) => th.innerText.trim());
  for (const row of table.querySelectorAll("tr.data-row")) {
    [...row.children].forEach((cell, column) => {
      if (cell.tagName !== "TD" || cell.classList.contains("action-checkbox")) return;
      const text = cell.textContent.trim();
      cell.classList.toggle("void", text === "" || text === "--");
      if (heads[column]) cell.dataset.label = heads[column];
    });
  }
}

// What was done can be undone for ten seconds from here; longer from its own page.
function hideToasts() {
  setTimeout(() => {
    for (const toast of document.querySelectorAll(".toast")) toast.hidden = true;
  }, 10_000);
}

// What this person has under way, wherever they are.
function showWork(work) {
  const link = document.getElementById("at-work");
  link.hidden = !work;
  if (!work) return;
  link.href = work.url;
  link.title = work.text;
  link.classList.toggle("ended", !work.runs);
  link.querySelector("[data-label]").textContent = work.label;
  link.querySelector("b").textContent = `${work.percent}%`;
}

// What one should know of and has not seen.
function ring(many) {
  const bell = document.getElementById("bell");
  if (!bell || many === undefined) return;
  const count = bell.querySelector("b");
  count.hidden = !many;
  count.textContent = many > 99 ? "99+" : many;
  const words = many ? `${bell.dataset.words}: ${many}` : "";
  bell.title = words;
}

function watchPulse(pulse) {
  if (!pulse) return;
  const every = 10_000;
  let answered = 0;

  const show = ({ mood, text, reason, work, bell }) => {
    showWork(work);
    ring(bell);
    const more = pulse.querySelector(".pulse-reason");
    pulse.dataset.mood = mood;
    pulse.title = reason || text;
    pulse.querySelector(".pulse-text").textContent = text;
    pulse.querySelector(".pulse-text-again").textContent = text;
    more.textContent = reason || more.dataset.good;
  };

  const look = async () => {
    if (document.hidden) return;
    try {
      const response = await fetch(pulse.dataset.url, {
        headers: { Accept: "application/json" },
        redirect: "error",
      });
      if (!response.ok) throw new Error(response.status);
      show(await response.json());
      answered = Date.now();
    } catch {
      // One lost answer is no news; a minute without any is.
      if (Date.now() - answered > 60_000) {
        show({ mood: "broken", text: pulse.dataset.lost, reason: pulse.dataset.lost });
      }
    }
  };

  answered = Date.now();
  look();
  setInterval(look, every);
  document.addEventListener("visibilitychange", look);
}
