// Something is being worked out: look again until it is, then show the page anew.

const working = document.querySelector("[data-working]");

async function look() {
  const response = await fetch(working.dataset.working, { redirect: "error" }).catch(() => null);
  if (response?.ok && !(await response.json()).running) window.location.reload();
  else if (response?.status !== 403) setTimeout(look, 1_000);
}

if (working) setTimeout(look, 700);
