// The whole page, from the data at its end.

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const model = read("model");
const size = model.shape[0] * model.shape[1];
const images = bytesOf(model.pictures);
const picture = (number) => images.subarray(number * size, (number + 1) * size);
for (const canvas of document.querySelectorAll("[data-picture]")) {
  paintGrey(canvas, picture(Number(canvas.dataset.picture)));
}
const levels = new Int8Array(bytesOf(model.units).buffer);
const redraw = [() => paintUnits(levels)];

readCurves();
chooseMistakes();
// Left out of a page that would be too large.
const parameters = document.getElementById("parameters");
if (parameters) {
  const predict = predictor(model, new Float32Array(bytesOf(parameters.textContent.trim()).buffer));
  const pad = startPad(model, predict, picture);
  redraw.push(pad.paintPad);
  // For the browser's console, and for tests.
  window.nncore = { predict, prepare, pad, model };
}
redraw[0]();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redraw.forEach((draw) => draw()));
