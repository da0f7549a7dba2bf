// The poster as a picture of dots, for those who cannot print SVG: A4 at 300 dots to the
// inch. It is painted here, where the fonts are that the person reads.

const WIDTH = 2480;
const HEIGHT = 3508;

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-poster]");
  if (!button) return;
  button.disabled = true;
  const picture = await painted(button.dataset.poster).catch(() => null);
  button.disabled = false;
  if (!picture) {
    location.href = button.dataset.poster; // the drawing itself
    return;
  }
  const link = document.createElement("a");
  link.href = picture;
  link.download = `${button.dataset.name}-poster.png`;
  link.click();
});

async function painted(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(response.status);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(await response.text())}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  canvas.getContext("2d").drawImage(image, 0, 0, WIDTH, HEIGHT);
  return canvas.toDataURL("image/png");
}
