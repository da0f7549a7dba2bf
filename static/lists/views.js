// The tabs of a list: how many rows each view shows is asked for once the page is there.

const tabs = document.querySelector(".views[data-counts]");

if (tabs?.querySelector("[data-view]")) count();

async function count() {
  const response = await fetch(tabs.dataset.counts, {
    headers: { Accept: "application/json" },
  }).catch(() => null);
  if (!response?.ok) return; // the views lead where they lead without numbers too
  const { counts } = await response.json();
  for (const place of tabs.querySelectorAll("[data-view]")) {
    place.textContent = counts[place.dataset.view] ?? "";
  }
}

// Whoever keeps a view types its name at once.
document.querySelector(".keep-view")?.addEventListener("toggle", (event) => {
  if (event.target.open) document.getElementById("view-name").focus();
});
