// The test images on which two models differ.

import { haveSameImages, readImageReport } from "./image_report.js";
import { classifyAll } from "../network/classification.js";
import { createNetwork } from "../network/network.js";
import { cutText, element, isolated } from "../view/elements.js";
import { grouped } from "../view/numbers.js";
import { showSmallImages } from "../view/predictions.js";

const MAX_DIFFERENT = 24;
// A heading, and whether the predictions of this model and of the other one are right.
const DIFFERENCES = [
  ["Right here, wrong there", true, false],
  ["Wrong here, right there", false, true],
  ["Wrong in both, with different classes", false, false],
];

// Returns why the predictions of two reports can't be compared, or an empty string.
function reasonAgainst(here, there) {
  const lacks = ({ images, parameters }) => !images || !parameters;
  const page = lacks(here) ? "This" : "The other";
  if (lacks(here) || lacks(there)) return `${page} page has no test images or no parameters to predict with`;
  if (!haveSameImages(here.images, there.images)) return "The pages have other test images";
  return here.model.sizes[0] === there.model.sizes[0] ? "" : "The models take images of other sizes";
}

// Returns a promise of the images and of the class names that both models predict, one of each image; of
// null once `isStale()`.
async function predictBoth(here, there, { images, unedited }, onProgress, isStale) {
  const first = await unedited();
  const network = createNetwork(there.model, there.parameters);
  const second = await classifyAll(network, images, onProgress, isStale);
  const namesOf = ({ names }, classes) => Array.from(classes, (k) => names[k]);
  return second && {
    images,
    actual: namesOf(here.model, images.labels),
    predicted: namesOf(here.model, first.classes),
    other: namesOf(there.model, second.classes),
  };
}

// Returns a heading and a list of the images of one group, or nothing if it is empty.
function differenceGroup([title, isHere, isThere], { images, actual, predicted, other }, shape, inspect) {
  const rows = Array.from(actual.keys()).filter((k) => (
    predicted[k] !== other[k] && (predicted[k] === actual[k]) === isHere && (other[k] === actual[k]) === isThere
  ));
  if (!rows.length) return [];
  const more = rows.length > MAX_DIFFERENT ? `, the first ${MAX_DIFFERENT} are here` : "";
  const list = element("ol", { className: "gallery small" });
  showSmallImages(list, shape, rows.slice(0, MAX_DIFFERENT).map((k) => {
    const pixels = images.image(k);
    const title = `Test image ${images.numbers[k]}: ${actual[k]}`;
    const label = `${title}, this model ${predicted[k]}, the other ${cutText(other[k])}`;
    const caption = [isolated(actual[k]), " → ", isolated(predicted[k]), ", other ", isolated(cutText(other[k]))];
    return { pixels, label, caption, choose: () => inspect(pixels, title) };
  }));
  return [element("h4", {}, `${title}: ${grouped(rows.length)}${more}`), list];
}

// Returns what startComparison takes. `callbacks` has functions: `testImages` returns those of this page,
// `unedited` a promise of their predictions, `inspect` shows one of them. A page without parameters
// calls none of them.
export function startImageComparison(callbacks = {}) {
  return { read: readImageReport, show: (here, there, isStale) => showDifferences(here, there, callbacks, isStale) };
}

// Fills a sentence and the lists of images. Returns a promise of the sentence.
async function showDifferences(here, there, callbacks, isStale) {
  const [sentence, lists] = ["images", "differences"].map((name) => document.getElementById(`compare-${name}`));
  lists.replaceChildren();
  const reason = reasonAgainst(here, there);
  if (reason) {
    sentence.textContent = `${reason}, so that predictions are not compared.`;
    return sentence.textContent;
  }
  const images = callbacks.testImages();
  const total = grouped(images.count);
  const onProgress = (count) => { sentence.textContent = `Computing: ${grouped(count)} of ${total} images.`; };
  onProgress(0);
  const both = await predictBoth(here, there, { ...callbacks, images }, onProgress, isStale);
  if (!both || isStale()) return "";
  const { actual, predicted, other } = both;
  const count = (isCounted) => grouped(Array.from(actual.keys()).filter(isCounted).length);
  sentence.textContent = `Of the ${total} test images in both pages, this model is right on `
    + `${count((k) => predicted[k] === actual[k])}, the other on ${count((k) => other[k] === actual[k])}. `
    + `They differ on ${count((k) => predicted[k] !== other[k])}.`;
  lists.replaceChildren(...DIFFERENCES.flatMap((group) => differenceGroup(group, both, here.model.shape, callbacks.inspect)));
  return sentence.textContent;
}
