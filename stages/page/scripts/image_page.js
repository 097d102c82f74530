// Starts the page with the data at its end.

import { startMap } from "./activation_map.js";
import { startComparison } from "./comparison/comparison.js";
import { startImageComparison } from "./comparison/images.js";
import { startCurves } from "./curves.js";
import { startDropping } from "./files/files.js";
import { luminance, readPicture, startPictureFiles } from "./files/picture_file.js";
import { pictureSize } from "./files/picture_size.js";
import { startInspection } from "./inspection/inspection.js";
import { startReturning } from "./inspection/returning.js";
import { startEditedNotes } from "./lab/edited_notes.js";
import { startLab } from "./lab/lab.js";
import { startMistakes } from "./mistakes.js";
import { unitTerms } from "./network/arithmetic.js";
import { classContributions } from "./network/attribution.js";
import { classifyAll } from "./network/classification.js";
import { computedImages, decodeBase64, readImages } from "./network/image_samples.js";
import { nearestRows } from "./network/nearest.js";
import { createNetwork, softmaxSteps } from "./network/network.js";
import { normalizeDigit } from "./pad/digits.js";
import { startPad } from "./pad/pad.js";
import { startPicking } from "./pad/picking.js";
import { startPoints } from "./points.js";
import { startThreshold } from "./threshold.js";
import { startExplanations } from "./view/explain.js";
import { paintImage, paintUnits } from "./view/pictures.js";
import { speak } from "./view/speech.js";

// Returns a function that calls `make` once, with the arguments of the first call. A promise that fails is
// forgotten.
function once(make) {
  let value;
  return (...settings) => {
    if (value === undefined) {
      value = make(...settings);
      value.catch?.(() => { value = undefined; });
    }
    return value;
  };
}

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const model = read("model");
const size = model.shape.reduce((product, side) => product * side);
const channels = model.shape[2] ?? 1;
// Pictures are numbered through: the test images of the map, then the images that only galleries show.
const mapped = readImages("test", size);
const others = decodeBase64(model.pictures);
const otherPicture = (number) => others.subarray(number * size, (number + 1) * size);
const picture = (number) => (number < mapped.count ? mapped.image(number) : otherPicture(number - mapped.count));
for (const canvas of document.querySelectorAll("[data-picture]")) {
  paintImage(canvas, picture(Number(canvas.dataset.picture)));
}
const levels = new Int8Array(decodeBase64(model.units).buffer);
const paintWeights = () => paintUnits(levels, channels);
paintWeights();
const redraw = [paintWeights];

startExplanations();
startCurves();
startMistakes();
startPoints();
startThreshold(read("coverage"));
// A page whose network is too large has no parameters.
const parameters = document.getElementById("parameters");
let inspect = null;
let imageComparison = startImageComparison();
// Shows a picture file to the network; null without one.
let takePicture = null;
if (parameters) {
  const values = new Float32Array(decodeBase64(parameters.textContent.trim()).buffer);
  const network = createNetwork(model, values);
  const { predict, trace } = network;
  const testImages = once(() => computedImages(mapped));
  const trainingImages = once(() => readImages("training", size));
  let pad = null;
  let shownNetwork = network;
  const load = (pixels, title) => (pad ? pad.loadImage(pixels, title) : speak(inspection.show(pixels, title)));
  const inspection = startInspection(model, network, testImages, trainingImages, load);
  redraw.push(() => inspection.repaint());
  if (document.getElementById("pad")) {
    pad = startPad(model, (pixels) => shownNetwork.predict(pixels), inspection.show);
    redraw.push(pad.paintPad);
  }
  const takeFile = startPictureFiles((file) => readPicture(file, model.shape, pad !== null), load);
  takePicture = (file) => {
    document.getElementById(pad ? "try" : "inspect").focus();
    return takeFile(file);
  };
  const rememberOrigin = startReturning();
  inspect = (pixels, label, origin = document.activeElement) => {
    rememberOrigin(origin);
    load(pixels, label);
    document.getElementById("inspect").focus();
  };
  startPicking(picture, load, inspect);
  const first = document.querySelector("#mistakes [data-picture]") ?? document.querySelector("[data-picture]");
  if (first) inspection.show(picture(Number(first.dataset.picture)), first.dataset.title ?? first.getAttribute("aria-label"));
  const unedited = once((onProgress) => classifyAll(network, testImages(), onProgress));
  let lab = null;
  if (document.getElementById("lab-controls")) {
    const showEdited = startEditedNotes();
    lab = startLab(model, values, testImages, unedited, (edited, isEdited) => {
      shownNetwork = edited;
      inspection.use(edited);
      pad?.repeat();
      showEdited(isEdited);
    }, inspect);
    redraw.push(() => lab.repaint());
  }
  imageComparison = startImageComparison({ testImages, unedited, inspect });
  // For the browser's console, and for tests; no script reads it.
  window.nncore = {
    model, network, predict, trace, normalizeDigit, luminance, classContributions, nearestRows, unitTerms, softmaxSteps,
    pictureSize, testImages, trainingImages, inspection, pad, lab,
  };
}
const comparison = startComparison(imageComparison);
startDropping(comparison.drop, takePicture ?? comparison.refuse("a page without the network takes no pictures"));
if (document.getElementById("activation-map")) {
  const { pictures, ...map } = read("activation-map");
  startMap(map, model, (point) => (pictures[point] < 0 ? null : picture(pictures[point])), inspect);
}
// Paper is light whatever the screen is.
for (const query of ["(prefers-color-scheme: dark)", "print"]) {
  matchMedia(query).addEventListener("change", () => redraw.forEach((draw) => draw()));
}
