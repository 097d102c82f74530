// Starts the page with the data at its end.

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const model = read("model");
const size = model.shape.reduce((product, side) => product * side);
const channels = model.shape[2] ?? 1;
const images = decodeBase64(model.pictures);
const picture = (number) => images.subarray(number * size, (number + 1) * size);
for (const canvas of document.querySelectorAll("[data-picture]")) {
  paintImage(canvas, picture(Number(canvas.dataset.picture)));
}
const levels = new Int8Array(decodeBase64(model.units).buffer);
const redraw = [() => paintUnits(levels, channels)];

startExplanations();
startCurves();
startMistakes();
startThreshold(read("coverage"));
if (document.getElementById("activation-map")) {
  const { pictures, ...map } = read("activation-map");
  startMap(map, model, (point) => {
    if (pictures[point] >= 0) return picture(pictures[point]);
    const sample = window.nncore?.testImages?.();
    const position = sample ? sample.numbers.indexOf(map.numbers[point]) : -1;
    return position < 0 ? null : sample.image(position);
  });
}
// A page whose network is too large has no parameters.
const parameters = document.getElementById("parameters");
if (parameters) {
  const { predict, trace } = createNetwork(model, new Float32Array(decodeBase64(parameters.textContent.trim()).buffer));
  const testImages = once(() => readImages("test", size));
  const trainingImages = once(() => readImages("training", size));
  // For the browser's console, and for tests.
  window.nncore = { predict, trace, normalizeDigit, model, testImages, trainingImages };
  if (document.getElementById("pad")) {
    const pad = startPad(model, predict, picture);
    redraw.push(pad.paintPad);
    window.nncore.pad = pad;
  }
}
redraw[0]();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redraw.forEach((draw) => draw()));
