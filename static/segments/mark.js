// A tag is picked into the form, which is sent later.

document.addEventListener("picked", (event) => {
  const pick = event.target.closest("details[data-into]");
  if (!pick) return;
  event.preventDefault();
  pick.closest("form").elements[pick.dataset.into].value = event.detail.id;
  pick.querySelector("summary span").textContent = event.detail.text;
  pick.open = false;
});
