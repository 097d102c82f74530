// Looks inside the network while it sees one image.

import { startAttributionMap } from "./attribution_map.js";
import { startLayerTable } from "./layer_table.js";
import { startLayers } from "./layers.js";
import { startUnitTable } from "./unit_table.js";
import { nearestRows } from "../network/nearest.js";
import { element, isolated } from "../view/elements.js";
import { startAtFirstSight } from "../view/first_sight.js";
import { formatNumber, grouped } from "../view/numbers.js";
import { paintImage } from "../view/pictures.js";
import { predictionText } from "../view/predictions.js";

const NEAREST = 8;

// `testImages()` and `trainingImages()` return the embedded images; `load(pixels, title)` shows one.
export function startInspection(model, firstNetwork, testImages, trainingImages, load) {
  const caption = document.getElementById("inspected");
  let network = firstNetwork;
  let image = null;
  let title = "";
  let prediction = null;
  // The first unit of the last layer.
  let chosen = [model.sizes.length - 1, 0];

  function choose(layer, unit) {
    chosen = [layer, unit];
    repaint();
  }
  const layersView = startLayers(model, choose);
  const attributionMap = startAttributionMap(model);
  const { lightInput } = layersView;
  const layerTable = startLayerTable(model, choose, lightInput);
  const unitTable = startUnitTable(model, choose, lightInput);

  function repaint(isNew = false) {
    if (!image) return;
    const { layers, parameters } = network;
    const { z, a } = prediction;
    const trace = { z, a, layers, parameters, pixels: image };
    caption.replaceChildren(title, `. Prediction: ${predictionText(model.names, prediction)}`);
    if (isNew) chosen = [model.sizes.length - 1, model.sizes.at(-1) > 1 ? prediction.best : 0];
    layersView.show({ ...trace, chosen });
    attributionMap.show({ ...trace, prediction }, isNew);
    layerTable.show({ ...trace, chosen });
    unitTable.show({ ...trace, chosen });
  }
  // The training images are unpacked when the list is first seen.
  let isNearestSeen = false;
  startAtFirstSight(document.getElementById("nearest-sentence"), () => {
    isNearestSeen = true;
    if (image) showNearest();
  });
  function showNearest() {
    const { pixels, labels, numbers, total, count, image: trainingImage } = trainingImages();
    const sentence = document.getElementById("nearest-sentence");
    const list = document.getElementById("nearest");
    if (!count) {
      sentence.textContent = "This page embeds no training images.";
      return;
    }
    const nearest = nearestRows(pixels, image, NEAREST);
    const [rows, columns, channels = 1] = model.shape;
    sentence.textContent = `The ${nearest.length} nearest of ${grouped(count)} embedded training images; `
      + `the training set has ${grouped(total)}. Below each are its class and its distance: a white pixel `
      + `is ${channels === 1 ? "1" : "√3"} from a black one.`;
    list.replaceChildren(...nearest.map(({ row, distance }) => {
      const name = model.names[labels[row]];
      const canvas = element("canvas", { width: columns, height: rows, "aria-hidden": "true" });
      paintImage(canvas, trainingImage(row));
      const label = `Training image ${numbers[row]}: ${name}`;
      const spoken = `${label}, distance ${formatNumber(distance)}. Look inside`;
      const button = element("button", { type: "button", "aria-label": spoken }, canvas);
      button.addEventListener("click", () => load(trainingImage(row), label));
      const below = element("p", {}, isolated(name), element("span", {}, distance.toFixed(2)));
      return element("li", {}, button, below);
    }));
  }
  // Takes pixel values, what they are, a text or an element, and their prediction, or null to show nothing.
  // Returns the caption.
  function show(pixels, text, predicted = pixels && network.predict(pixels)) {
    [image, title, prediction] = [pixels, text, predicted];
    document.getElementById("inspection-views").hidden = !image;
    if (!image) {
      caption.textContent = "";
      return "";
    }
    repaint(true);
    if (isNearestSeen) showNearest();
    return caption.textContent;
  }
  // Shows one of the embedded test images after another.
  const next = document.getElementById("next-image");
  let nextImage = 0;
  next?.addEventListener("click", () => {
    const { image: testImage, labels, numbers, count } = testImages();
    if (!count) return;
    const k = nextImage % count;
    nextImage = k + 1;
    load(testImage(k), `Test image ${numbers[k]}: ${model.names[labels[k]]}`);
  });
  // Looks inside another network of the same layers.
  function use(other) {
    network = other;
    prediction = image && network.predict(image);
    repaint();
  }
  document.getElementById("inspection").hidden = false;
  return { show, use, choose, repaint, pixels: () => image };
}
