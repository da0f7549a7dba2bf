// The palette knows what was opened last: only the numbers are kept in the browser; the
// names are asked for, within what one may see.

document.addEventListener("DOMContentLoaded", () => {
  const MOST = 8;
  const PAGE = /^\/admin\/([a-z]+)\/([a-z]+)\/(\d+)\/change\/$/;
  const palette = document.querySelector(".palette");
  if (!palette) return;
  const name = `opened-${palette.dataset.user}`;
  const input = palette.querySelector("input");

  const opened = () => {
    try {
      return JSON.parse(localStorage.getItem(name) ?? "[]");
    } catch {
      return [];
    }
  };

  const [, app, model, number] = PAGE.exec(window.location.pathname) ?? [];
  if (number) {
    const here = `${app}.${model}:${number}`;
    const others = opened().filter((each) => each !== here);
    localStorage.setItem(name, JSON.stringify([here, ...others].slice(0, MOST)));
  }

  const show = () => {
    if (palette.style.display === "none" || input.value !== "") return;
    const asked = new URLSearchParams({ recent: opened().join(",") });
    htmx.ajax("GET", `${palette.dataset.search}?${asked}`, "#command-results");
  };

  // Where the person was before it opened: Esc leads back there.
  let before = null;
  const remember = () => {
    const here = document.activeElement;
    if (!palette.contains(here)) before = here;
  };
  window.addEventListener("opencommand", remember, true);
  window.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") remember();
  }, true);

  let shown = false;
  new MutationObserver(() => {
    const visible = palette.style.display !== "none";
    if (visible && !shown) show();
    if (!visible && shown) setTimeout(() => before?.focus());
    shown = visible;
  }).observe(palette, { attributes: true, attributeFilter: ["style"] });
});
