// Reads the data of a report page. Another run's page may be any file, and all of it may be hostile: it
// becomes text and numbers of known types and sizes, or is refused.

const REPORT_FORMAT = "nncore report 1";
const MAX_REPORT_BYTES = 64_000_000;
const MAX_TEXT = 200;
const MAX_ROWS = 2_000;
const MAX_EPOCHS = 100_000;
const MAX_UNITS = 1_000_000;

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
function readJson(page, id) {
  const holder = page.getElementById(id);
  expect(holder?.type === "application/json", "a report of images, from this version or a later one");
  let value = null;
  try {
    value = JSON.parse(holder.textContent);
  } catch {
    expect(false, `JSON in the element ${id}`);
  }
  expect(value !== null && typeof value === "object", `a JSON object in the element ${id}`);
  return value;
}

// Returns metrics, parameters and curves in order.
function readRun(page) {
  const { format, dataset, digest, metrics, parameters, curves } = readJson(page, "run-numbers");
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
function readModel(page) {
  const { sizes, activations, mean, std, names, shape } = readJson(page, "model");
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
function readParameters(page, sizes) {
  const holder = page.getElementById("parameters");
  if (!holder) return null;
  const count = sizes.slice(1).reduce((sum, units, l) => sum + (sizes[l] + 1) * units, 0);
  let bytes = new Uint8Array();
  try {
    bytes = decodeBase64(holder.textContent.trim());
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
function readPackedImages(page, names) {
  if (!page.getElementById("test-images")) return null;
  const { packed, numbers, labels } = readJson(page, "test-images");
  const isIndex = (value) => Number.isInteger(value) && value >= 0;
  const isLabel = (value) => isIndex(value) && value < names.length;
  const isSample = isText(packed) && isList(numbers, isIndex, MAX_UNITS) && isList(labels, isLabel, MAX_UNITS);
  expect(isSample, "numbers and labels of test images");
  return JSON.stringify([packed, numbers, labels.map((label) => names[label])]);
}

// Returns the data of a page, or throws an error with the first thing that it lacks.
function readReport(page) {
  const run = readRun(page);
  const model = readModel(page);
  return { run, model, parameters: readParameters(page, model.sizes), images: readPackedImages(page, model.names) };
}

// Returns a promise of the data of a file. A parsed document is inert: it runs no script and loads nothing.
async function readReportFile(file) {
  expect(file.size <= MAX_REPORT_BYTES, `a report of at most ${MAX_REPORT_BYTES / 1e6} MB`);
  // A folder has no text.
  const text = await file.text().catch(() => expect(false, "a file that can be read"));
  return readReport(new DOMParser().parseFromString(text, "text/html"));
}
