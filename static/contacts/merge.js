// Two contacts side by side: the result says what was chosen; whoever is kept brings
// their own values along, where they have any.

const form = document.getElementById("same");

form?.addEventListener("change", (event) => {
  const picked = event.target;
  if (picked.name === "winner") {
    for (const other of form.querySelectorAll(`input[value="${picked.value}"]`)) {
      if (other.dataset.words) other.checked = true;
    }
  }
  for (const result of form.querySelectorAll("[data-result]")) {
    const chosen = form.querySelector(`input[name="${result.dataset.result}"]:checked`);
    if (chosen) result.textContent = chosen.dataset.words || "--";
  }
});
