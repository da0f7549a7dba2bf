// A long piece of work that a person watches: asks every second how far it is.

for (const box of document.querySelectorAll(".watched")) watch(box);

function watch(box) {
  const bar = box.querySelector(".progress");
  let running = box.dataset.running === "yes";

  const show = (told) => {
    box.hidden = false;
    box.querySelector(".watched-text").textContent = told.text;
    box.querySelector(".watched-more").textContent = told.more;
    box.querySelector(".watched-percent").textContent = `${told.percent}%`;
    bar.setAttribute("aria-valuenow", told.percent);
    bar.firstElementChild.style.width = `${told.percent}%`;
    bar.classList.toggle("ended", !told.running && !told.failed);
    bar.classList.toggle("broken", told.failed);
  };

  const look = async () => {
    const response = await fetch(box.dataset.url, { redirect: "error" }).catch(() => null);
    if (response?.ok) {
      const told = await response.json();
      show(told);
      if (!told.running) {
        if (box.dataset.reload) window.location.reload();
        return;
      }
    } else if (response?.status === 403) {
      return;
    }
    setTimeout(look, 1_000);
  };

  if (running) setTimeout(look, 1_000);
}
