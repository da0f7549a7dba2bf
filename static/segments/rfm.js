// Products come and go in the form, and the page is reckoned anew.

const form = document.querySelector(".rfm-asked");
const products = form?.elements.product;

function reckon(numbers) {
  products.value = numbers.join(",");
  form.requestSubmit();
}

form?.addEventListener("picked", (event) => {
  event.preventDefault();
  reckon([...products.value.split(",").filter(Boolean), event.detail.id]);
});

form?.addEventListener("click", (event) => {
  const drop = event.target.closest("[data-drop]")?.dataset.drop;
  if (drop) reckon(products.value.split(",").filter((each) => each !== drop));
});
