// Reads the model and the test images of a report of images, which may be hostile: see other_report.js.

import { isList, isNumber, isText, readJson } from "./other_report.js";
import { expect } from "../files/files.js";
import { decodeBase64 } from "../network/image_samples.js";
import { ACTIVATIONS } from "../network/network.js";
import { grouped } from "../view/numbers.js";

const MAX_UNITS = 1_000_000;
const MAX_SAMPLES = 10_000;

const isCount = (value) => Number.isInteger(value) && value > 0 && value <= MAX_UNITS;

// Returns what createNetwork takes, and the names of the classes.
function readModel(partOf) {
  const { sizes, activations, mean, std, names, shape } = readJson(partOf, "model");
  expect(isList(sizes, isCount, 100) && sizes.length > 1, "the sizes of layers");
  const isActivation = (name) => isText(name) && Object.hasOwn(ACTIVATIONS, name);
  expect(isList(activations, isActivation, 100) && activations.length === sizes.length - 1, "an activation of each layer");
  expect(isNumber(mean) && isNumber(std) && std !== 0, "a mean and a standard deviation of pixels");
  expect(isList(shape, isCount, 3) && shape.reduce((product, side) => product * side, 1) === sizes[0], "a shape of its inputs");
  const hasName = sizes.at(-1) === names?.length || (sizes.at(-1) === 1 && names?.length === 2);
  expect(isList(names, isText, MAX_UNITS) && hasName, "a name of each class");
  return { sizes, activations, mean, std, names, shape };
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
function readPackedImages(partOf, { names }) {
  if (partOf("test-images") === null) return null;
  const { packed, numbers, labels } = readJson(partOf, "test-images");
  const isIndex = (value) => Number.isInteger(value) && value >= 0;
  const isLabel = (value) => isIndex(value) && value < names.length;
  const isSample = isText(packed) && isList(numbers, isIndex, MAX_SAMPLES) && isList(labels, isLabel, MAX_SAMPLES);
  expect(isSample, "numbers and labels of test images");
  // Not one text of all names, which could be long.
  return { packed, numbers, actual: labels.map((label) => names[label]) };
}

// Returns the model of a page, and its parameters and test images or null.
export function readImageReport(partOf) {
  const model = readModel(partOf);
  return { model, parameters: readParameters(partOf, model.sizes), images: readPackedImages(partOf, model) };
}

// Returns whether two pages have the same test images of the same classes.
export function haveSameImages(here, there) {
  const isEqual = (list, other) => list.length === other.length && list.every((value, k) => value === other[k]);
  return here.packed === there.packed && isEqual(here.numbers, there.numbers) && isEqual(here.actual, there.actual);
}
