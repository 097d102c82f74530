// Reads the data of a report page. Another run's page may be any file, and all of it may be hostile: it
// becomes text and numbers of known types and sizes, or is refused. A page is read by `partOf`, a function
// from the name of a part to its text, or null of a page without it.

import { decodeBase64 } from "../network/image_samples.js";
import { ACTIVATIONS } from "../network/network.js";
import { grouped } from "../view/numbers.js";

const REPORT_FORMAT = "nncore report 1";
const MAX_REPORT_BYTES = 64_000_000;
const MAX_TEXT = 200;
const MAX_ROWS = 2_000;
const MAX_EPOCHS = 100_000;
const MAX_UNITS = 1_000_000;
const MAX_SAMPLES = 10_000;

function expect(isMet, expected) {
  if (!isMet) throw new TypeError(`expected ${expected}`);
}

// Differences of such numbers are finite too.
const isNumber = (value) => Number.isFinite(value) && Math.abs(value) <= 1e300;
const isCount = (value) => Number.isInteger(value) && value > 0 && value <= MAX_UNITS;
const isList = (value, isItem, most) => Array.isArray(value) && value.length <= most && value.every(isItem);
const isText = (value) => typeof value === "string";
const cutText = (text) => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text);

// Returns the value of a JSON element.
function readJson(partOf, id) {
  const text = partOf(id);
  expect(text !== null, "a report of images, from this version or a later one");
  let value = null;
  try {
    value = JSON.parse(text);
  } catch {
    expect(false, `JSON in the element ${id}`);
  }
  expect(value !== null && typeof value === "object", `a JSON object in the element ${id}`);
  return value;
}

// Returns metrics, parameters and curves in order.
function readRun(partOf) {
  const { format, dataset, digest, metrics, parameters, curves } = readJson(partOf, "run-numbers");
  expect(format === REPORT_FORMAT, `the format ${REPORT_FORMAT}`);
  expect(isText(dataset) && isText(digest), "names of data set and model");
  // A name, a value, and whether this is a fraction.
  const isRow = (row) => Array.isArray(row) && isText(row[0]) && typeof row[2] === "boolean";
  const isMetric = (row) => isRow(row) && isNumber(row[1]);
  expect(isList(metrics, isMetric, MAX_ROWS), "metrics with a name and a number");
  const isParameter = (row) => isList(row, isText, 2) && row.length === 2;
  expect(isList(parameters, isParameter, MAX_ROWS), "parameters with a name and a text");
  const isCurve = (row) => isRow(row) && isList(row[1], isNumber, MAX_EPOCHS) && row[1].length > 0;
  expect(isList(curves, isCurve, 20), "curves of numbers");
  return {
    dataset: cutText(dataset),
    digest: cutText(digest),
    metrics: metrics.map(([name, value, isFraction]) => ({ name: cutText(name), value, isFraction })),
    parameters: parameters.map(([name, value]) => [cutText(name), cutText(value)]),
    curves: curves.map(([name, values, isFraction]) => (
      isFraction ? { name: `${cutText(name)}, %`, values: values.map((value) => 100 * value) } : { name: cutText(name), values }
    )),
  };
}

// Returns what createNetwork takes, and the names of the classes.
function readModel(partOf) {
  const { sizes, activations, mean, std, names, shape } = readJson(partOf, "model");
  expect(isList(sizes, isCount, 100) && sizes.length > 1, "the sizes of layers");
  const isActivation = (name) => isText(name) && Object.hasOwn(ACTIVATIONS, name);
  expect(isList(activations, isActivation, 100) && activations.length === sizes.length - 1, "an activation of each layer");
  expect(isNumber(mean) && isNumber(std) && std !== 0, "a mean and a deviation of pixels");
  expect(isList(shape, isCount, 3) && shape.reduce((product, side) => product * side, 1) === sizes[0], "a shape of its inputs");
  const hasName = sizes.at(-1) === names?.length || (sizes.at(-1) === 1 && names?.length === 2);
  expect(isList(names, isText, MAX_UNITS) && hasName, "a name of each class");
  return { sizes, activations, mean, std, names: names.map(cutText), shape };
}

// Returns the parameter vector, or null of a page without one.
function readParameters(partOf, sizes) {
  const text = partOf("parameters");
  if (text === null) return null;
  const count = sizes.slice(1).reduce((sum, units, l) => sum + (sizes[l] + 1) * units, 0);
  let bytes = new Uint8Array();
  try {
    bytes = decodeBase64(text.trim());
  } catch {
    expect(false, "parameters as base64");
  }
  expect(bytes.length === 4 * count, `${grouped(count)} parameters`);
  const values = new Float32Array(bytes.buffer);
  expect(values.every(isNumber), "finite parameters");
  return values;
}

// Returns the test images as they are packed, or null of a page without any. They are compared, never
// unpacked: a few bytes could unpack to gigabytes.
function readPackedImages(partOf, names) {
  if (partOf("test-images") === null) return null;
  const { packed, numbers, labels } = readJson(partOf, "test-images");
  const isIndex = (value) => Number.isInteger(value) && value >= 0;
  const isLabel = (value) => isIndex(value) && value < names.length;
  const isSample = isText(packed) && isList(numbers, isIndex, MAX_SAMPLES) && isList(labels, isLabel, MAX_SAMPLES);
  expect(isSample, "numbers and labels of test images");
  return JSON.stringify([packed, numbers, labels.map((label) => names[label])]);
}

// Returns the data of a page, or throws an error with the first thing that it lacks.
function readReport(partOf) {
  const run = readRun(partOf);
  const model = readModel(partOf);
  const parameters = readParameters(partOf, model.sizes);
  return { run, model, parameters, images: readPackedImages(partOf, model.names) };
}

export const readThisReport = () => readReport((id) => document.getElementById(id)?.textContent ?? null);

// Finds a part as stages/page writes it. HTML is not parsed: a few kilobytes of it can become millions of
// elements. The backslash keeps the end tag from ending this script.
function findPart(text, id) {
  const type = id === "parameters" ? "text/plain" : "application/json";
  const opening = `<script type="${type}" id="${id}">`;
  const start = text.indexOf(opening);
  if (start < 0) return null;
  const end = text.indexOf("<\/script>", start);
  return text.slice(start + opening.length, end < 0 ? text.length : end);
}

// Returns a promise of the data of a file.
export async function readReportFile(file) {
  expect(file.size <= MAX_REPORT_BYTES, `a report of at most ${MAX_REPORT_BYTES / 1e6} MB`);
  // A folder has no text.
  const text = await file.text().catch(() => expect(false, "a file that can be read"));
  return readReport((id) => findPart(text, id));
}
