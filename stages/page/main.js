// Starts the page with the data at its end.

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const model = read("model");
const size = model.shape[0] * model.shape[1];
const images = decodeBase64(model.pictures);
const picture = (number) => images.subarray(number * size, (number + 1) * size);
for (const canvas of document.querySelectorAll("[data-picture]")) {
  paintGray(canvas, picture(Number(canvas.dataset.picture)));
}
const levels = new Int8Array(decodeBase64(model.units).buffer);
const redraw = [() => paintUnits(levels)];

startCurves();
startMistakes();
// A page that would be too large has no parameters.
const parameters = document.getElementById("parameters");
if (parameters) {
  const predict = createPredictor(model, new Float32Array(decodeBase64(parameters.textContent.trim()).buffer));
  const pad = startPad(model, predict, picture);
  redraw.push(pad.paintPad);
  // For the browser's console, and for tests.
  window.nncore = { predict, normalizeDigit, scaleDrawing, pad, model };
}
redraw[0]();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redraw.forEach((draw) => draw()));
