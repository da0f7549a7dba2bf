// What needs a person, asked for again while somebody looks at the front page. It is
// only replaced when it has changed, and never under somebody's fingers.

const every = 15_000;
const shown = document.getElementById("troubles");

if (shown) {
  const look = async () => {
    if (document.hidden || shown.contains(document.activeElement)) return;
    const answer = await fetch(shown.dataset.url, { redirect: "error" }).catch(() => null);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.getElementById("troubles");
    if (now && now.innerHTML !== shown.innerHTML) shown.innerHTML = now.innerHTML;
  };
  setInterval(look, every);
  document.addEventListener("visibilitychange", look);
}
