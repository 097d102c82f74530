// Reads the data of a report page. Another run's page may be any file, and all of it may be hostile: it
// becomes text and numbers of known types and sizes, or is refused. A page is read by `partOf`, a function
// from the name of a part to its text, or null of a page without it.

import { expect } from "../files/files.js";

const REPORT_FORMAT = "nncore report 2";
const MAX_REPORT_BYTES = 64_000_000;
const MAX_ROWS = 2_000;
const MAX_EPOCHS = 100_000;
// What a report is about.
export const KINDS = { images: "images", classes: "a table of classes", numbers: "a table of numbers" };

// Differences of such numbers are finite too.
export const isNumber = (value) => Number.isFinite(value) && Math.abs(value) <= 1e300;
export const isList = (value, isItem, most) => Array.isArray(value) && value.length <= most && value.every(isItem);
export const isText = (value) => typeof value === "string";

// Returns the value of a JSON element.
export function readJson(partOf, id) {
  const text = partOf(id);
  expect(text !== null, "a report of nncore, from this version or a later one");
  let value = null;
  try {
    value = JSON.parse(text);
  } catch {
    expect(false, `JSON in the element ${id}`);
  }
  expect(value !== null && typeof value === "object", `a JSON object in the element ${id}`);
  return value;
}

// Returns metrics, parameters and curves in order. Texts are whole: their ends may differ.
function readRun(partOf) {
  const { format, kind, dataset, digest, code, data, metrics, parameters, curves } = readJson(partOf, "run-numbers");
  expect(format === REPORT_FORMAT, `the format ${REPORT_FORMAT}`);
  expect(isText(kind) && Object.hasOwn(KINDS, kind), "a report of images or of a table");
  expect([dataset, digest, code, data].every(isText), "names of data set, model, code and data");
  // A name, a value, and whether this is a fraction.
  const isRow = (row) => Array.isArray(row) && isText(row[0]) && typeof row[2] === "boolean";
  const isMetric = (row) => isRow(row) && isNumber(row[1]);
  expect(isList(metrics, isMetric, MAX_ROWS), "metrics with a name and a number");
  const isParameter = (row) => isList(row, isText, 2) && row.length === 2;
  expect(isList(parameters, isParameter, MAX_ROWS), "parameters with a name and a text");
  const isCurve = (row) => isRow(row) && isList(row[1], isNumber, MAX_EPOCHS) && row[1].length > 0;
  expect(isList(curves, isCurve, 20), "curves of numbers");
  return {
    ...{ kind, dataset, digest, code, data },
    parameters: new Map(parameters),
    metrics: new Map(metrics.map(([name, value, isFraction]) => [name, { value, isFraction }])),
    curves: new Map(curves.map(([name, values, isFraction]) => (
      isFraction ? [`${name}, %`, values.map((value) => 100 * value)] : [name, values]
    ))),
  };
}

// Returns the run of a page and, of a report of images, what `readImages` reads of it.
function readReport(partOf, readImages) {
  const run = readRun(partOf);
  return { run, ...(run.kind === "images" ? readImages(partOf) : {}) };
}

// Returns the data of this page. A refusal of it would be no fault of the other file.
export function readThisReport(readImages) {
  try {
    return readReport((id) => document.getElementById(id)?.textContent ?? null, readImages);
  } catch (error) {
    throw new Error(`this page: ${error.message}`, { cause: error });
  }
}

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
export async function readReportFile(file, readImages) {
  expect(file.size <= MAX_REPORT_BYTES, `a report of at most ${MAX_REPORT_BYTES / 1e6} MB`);
  // A folder has no text.
  const text = await file.text().catch(() => expect(false, "a file that can be read"));
  return readReport((id) => findPart(text, id), readImages);
}
