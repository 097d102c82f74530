// Compares the run of this page with that of another report: metrics, parameters, curves, predictions.

import { curvePanels } from "./curves.js";
import { KINDS, readReportFile, readThisReport } from "./other_report.js";
import { createTurns, Refusal, startFileInput } from "../files/files.js";
import { cutText, element, fileName, tableOf } from "../view/elements.js";
import { formatNumber, grouped, percent } from "../view/numbers.js";

const ABSENT = "–";

// `images` has functions for two reports of images: `read` the model of a page, and `show` on which images
// two models differ. Returns a function that takes a file, and one that refuses it with a line.
export function startComparison({ read, show: showImages } = { read: () => ({}) }) {
  const find = (name) => document.getElementById(`compare-${name}`);
  const beginTurn = createTurns();

  async function take(file) {
    const isStale = beginTurn();
    const write = (...line) => find("status").replaceChildren(...line);
    write("Reading ", fileName(file.name), ".");
    find("results").hidden = true;
    try {
      const other = await readReportFile(file, read);
      if (isStale()) return;
      const here = readThisReport(read);
      write(fileName(file.name), ` beside this report.${sentences(here, other)}`);
      await show(here, other, isStale);
    } catch (error) {
      const isRefused = error instanceof Refusal;
      if (!isStale()) {
        find("results").hidden = true;
        const reason = isRefused ? `${error.message}. Open the report.html of another run.` : "this page failed to compare it.";
        write(fileName(file.name), `: ${reason}`);
      }
      if (!isRefused) throw error;
    }
  }
  async function show(here, there, isStale) {
    const [run, other] = [here.run, there.run];
    const isAlike = run.kind === other.kind;
    const names = unionOf(run.parameters, other.parameters);
    const differing = names.filter((name) => run.parameters.get(name) !== other.parameters.get(name));
    const lines = [
      sourceLine("code of the training", run.code, other.code),
      sourceLine("training data", run.data, other.data),
      differing.length ? `${grouped(differing.length)} of ${grouped(names.length)} parameters differ.` : "The same parameters.",
    ];
    find("sources").replaceChildren(...lines.map((line) => element("li", {}, line)));
    find("metrics").replaceChildren(metricTable(run.metrics, other.metrics, isAlike));
    find("parameters").replaceChildren(...parameterTable(differing, run.parameters, other.parameters));
    find("alike").hidden = !isAlike;
    find("curves").replaceChildren(...(isAlike ? curvePanels(run.curves, other.curves) : []));
    find("results").hidden = false;
    if (isAlike && showImages) await showImages(here, there, isStale);
  }

  startFileInput(find("file"), take);
  find("bench").hidden = false;
  const refuse = (file, reason) => {
    beginTurn();
    find("results").hidden = true;
    find("status").replaceChildren(fileName(file.name), `: ${reason}`);
  };
  return { take, refuse };
}

const unionOf = (here, there) => [...new Set([...here.keys(), ...there.keys()])];

// Returns what the status says of two reports.
function sentences(here, there) {
  const [run, other] = [here.run, there.run];
  // The other file may claim any digest.
  const isSame = run.digest === other.digest && here.parameters?.every((value, k) => value === there.parameters?.[k]);
  const equal = isSame ? " Both models have the same bytes." : "";
  const sets = run.dataset === other.dataset ? "" : ` Its data set is ${cutText(other.dataset)}, this one's ${cutText(run.dataset)}.`;
  const kinds = run.kind === other.kind ? "" : ` It is a report of ${KINDS[other.kind]}, this one of ${KINDS[run.kind]}: `
    + "only parameters and the metrics of both are compared.";
  return equal + sets + kinds;
}

// Returns whether two digests are the same. A model that no training made has none.
function sourceLine(name, here, there) {
  if (!here || !there) return `Perhaps other ${name}: ${here ? "the other" : "this"} report names none.`;
  return here === there ? `The same ${name}.` : `Other ${name}.`;
}

function parameterTable(differing, values, others) {
  const code = (text) => (text === undefined ? ABSENT : element("code", {}, cutText(text)));
  const rows = differing.map((name) => [cutText(name), code(values.get(name)), code(others.get(name))]);
  return rows.length ? [tableOf("Parameters that differ", ["key", "this", "other"], rows)] : [];
}

// Returns the metrics of both runs, or those that only one of them has too.
function metricTable(here, there, withAll) {
  const names = unionOf(here, there).filter((name) => withAll || (here.has(name) && there.has(name)));
  const rows = names.map((name) => [cutText(name), ...metricCells(here.get(name), there.get(name))]);
  return tableOf("Metrics", ["metric", "this", "other", "difference"], rows);
}

function metricCells(here, there) {
  const present = [here, there].filter((metric) => metric);
  const { isFraction } = present[0];
  const isCounted = present.every(({ value }) => Number.isInteger(value));
  const text = isFraction ? percent : isCounted ? grouped : formatNumber;
  const cells = [here, there].map((metric) => (metric ? text(metric.value) : ABSENT));
  return [...cells, present.length === 2 ? differenceText(here.value, there.value, isFraction) : ABSENT];
}

// Returns the difference of the numbers as they are shown; of unequal ones that look equal, of themselves.
function differenceText(here, there, isFraction) {
  if (here === there) return "0";
  const shown = isFraction ? (value) => Number((100 * value).toFixed(2)) : (value) => Number(value.toPrecision(4));
  const difference = shown(there) - shown(here) || (isFraction ? 0 : there - here);
  const size = Math.abs(difference);
  const sign = difference < 0 ? "−" : "+";
  return sign + (isFraction ? `${size.toFixed(2)}\u00a0points` : formatNumber(size));
}
