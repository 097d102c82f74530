// Images that a click picks, and picture files that are dropped on the page or opened.

import { element } from "../view/elements.js";

// The longer side of a picture, in pixels; a larger one is made smaller.
const MAX_SIDE = 1200;

// Makes a button of each image; `pick` gets its pixel values, its title and the button.
export function startPicking(pictures, purpose, pick) {
  for (const picture of document.querySelectorAll("[data-picture]")) {
    const label = picture.getAttribute("aria-label");
    const button = element("button", { type: "button", "aria-label": `${label}. ${purpose}` });
    picture.replaceWith(button);
    button.append(picture);
    button.addEventListener("click", () => pick(pictures(Number(picture.dataset.picture)), picture.dataset.title ?? label, button));
  }
}

// Returns the luminance of pixels, 0 to 255, as nncore/cli/images.py computes it.
export function luminance(rgba) {
  const values = Float64Array.from({ length: rgba.length / 4 }, (_, i) => (
    299 * rgba[4 * i] + 587 * rgba[4 * i + 1] + 114 * rgba[4 * i + 2]
  ));
  const range = (all) => all.reduce((most, value) => Math.max(most, value), -Infinity)
    - all.reduce((least, value) => Math.min(least, value), Infinity);
  const onBlack = values.map((value, i) => (value * rgba[4 * i + 3]) / 255);
  const onWhite = onBlack.map((value, i) => value + 1000 * (255 - rgba[4 * i + 3]));
  return (range(onBlack) > range(onWhite) ? onBlack : onWhite).map((value) => value / 1000);
}

// Returns the luminance of a picture file, and its height and width.
async function readPicture(file) {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, MAX_SIDE / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(scale * side)));
  const context = element("canvas", { width, height }).getContext("2d");
  context.drawImage(bitmap, 0, 0, width, height);
  return { values: luminance(context.getImageData(0, 0, width, height).data), height, width };
}

// Calls `open(values, height, width, name)` for a picture file, and `refuse(line)` for another one.
export function startDropping(open, refuse) {
  const input = document.getElementById("picture-file");
  async function take(file) {
    if (!file) return;
    try {
      const { values, height, width } = await readPicture(file);
      open(values, height, width, file.name);
    } catch {
      refuse(`${file.name}: expected a picture that this browser reads, got another file.`);
    }
  }
  input.addEventListener("change", async () => {
    await take(input.files[0]);
    // The same file may be opened again.
    input.value = "";
  });
  const isFile = (event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragover", (event) => { if (isFile(event)) event.preventDefault(); });
  document.addEventListener("drop", (event) => {
    if (!isFile(event)) return;
    event.preventDefault();
    take(event.dataTransfer.files[0]);
  });
}
