// Compares the run of this page with that of another report: metrics, parameters, curves, predictions.

import { curvePanels } from "./curves.js";
import { KINDS, readReportFile, readThisReport } from "./other_report.js";
import { createTurns, Refusal, startFileInput } from "../files/files.js";
import { cutText, element, fileName, tableOf } from "../view/elements.js";
import { formatNumber, grouped, percent, shownNumber } from "../view/numbers.js";

const ABSENT = "–";
// How a metric and the size of a difference are shown. Differences are those of the numbers as they are
// shown, `shown`; where these are equal, of the numbers themselves.
const FORMS = {
  fraction: {
    text: percent,
    shown: (value) => Number((100 * value).toFixed(2)),
    size: (points) => `${points.toFixed(2)}\u00a0points`,
  },
  count: { text: grouped, shown: (value) => value, size: grouped },
  number: { text: formatNumber, shown: shownNumber, size: formatNumber },
};

// `images` has functions for two reports of images: `read` the model of a page, and `show` on which images
// two models differ. Returns functions for files that are dropped: `drop` takes a report, `refuse(reason)`
// returns one that refuses any file.
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
  find("controls").hidden = false;
  const focus = () => document.getElementById("compare").focus();
  const drop = (file) => {
    focus();
    return take(file);
  };
  const refuse = (reason) => (file) => {
    focus();
    beginTurn();
    find("results").hidden = true;
    find("status").replaceChildren(fileName(file.name), `: ${reason}. Drop the report.html of another run.`);
  };
  return { drop, refuse };
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
  const form = isFraction ? FORMS.fraction : isCounted ? FORMS.count : FORMS.number;
  const cells = [here, there].map((metric) => (metric ? form.text(metric.value) : ABSENT));
  if (present.length < 2) return [...cells, ABSENT];
  const difference = form.shown(there.value) - form.shown(here.value) || form.shown(there.value - here.value);
  const size = Math.abs(difference);
  return [...cells, here.value === there.value ? "0" : (difference < 0 ? "−" : "+") + form.size(size)];
}
