// The keyboard, the same on every page. J and K go from row to row, Enter opens; a
// letter does what the element with this data-key does; ? shows them all. Whoever
// types, or composes with an input method, is left alone.

(() => {
  const rows = () => [...document.querySelectorAll(".listing .row-link")];

  const types = (target) =>
    target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");

  const composes = (event) => event.isComposing || event.keyCode === 229;

  document.addEventListener("keydown", (event) => {
    if (composes(event) || event.defaultPrevented) return;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      // Unfold's palette listens everywhere but where somebody types.
      if (types(event.target) && !event.target.closest(".palette")) {
        event.preventDefault();
        window.dispatchEvent(new CustomEvent("opencommand"));
      }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || types(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    if (press(event.key)) event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-show-keys]")) help();
  });

  function press(key) {
    const small = key.length === 1 ? key.toLowerCase() : key;
    if (small === "j" || small === "k") return step(small === "j" ? 1 : -1);
    if (small === "x") return tick();
    if (small === "?") return help();
    return doWhatIsCalled(small);
  }

  function step(by) {
    const all = rows();
    if (!all.length) return false;
    const here = all.indexOf(document.activeElement);
    const next = all[here < 0 ? (by > 0 ? 0 : all.length - 1) : here + by];
    if (next) {
      next.focus();
      next.closest("tr").scrollIntoView({ block: "nearest" });
    }
    return true;
  }

  // The row on which we stand is ticked.
  function tick() {
    const box = document.activeElement.closest?.("tr")?.querySelector(".tick-box");
    box?.click();
    return Boolean(box);
  }

  function doWhatIsCalled(key) {
    if (!/^[a-z[\]]$/.test(key)) return false;
    const called = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (!called) return false;
    if (called.matches("details")) {
      if (called.closest("#many") && !document.querySelector(".tick-box:checked")) {
        if (!tick()) return false;
      }
      called.open = true;
    } else if (called.matches("input, textarea, select")) {
      called.focus();
    } else {
      called.click();
    }
    return true;
  }

  // What this page has no place for is not offered.
  function help() {
    for (const line of document.querySelectorAll("#keys [data-needs]")) {
      line.hidden = !document.querySelector(`[data-key="${line.dataset.needs}"]`);
    }
    document.getElementById("keys")?.showModal();
    return true;
  }
})();
