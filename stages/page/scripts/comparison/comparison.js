// Compares the run of this page with that of another report: metrics, parameters, curves, predictions.

import { curvePanels } from "./curves.js";
import { KINDS, readReportFile, readThisReport } from "./other_report.js";
import { createTurns, Refusal, startFileInput } from "../files/files.js";
import { cutText, element, fileName, tableOf } from "../view/elements.js";
import { formatNumber, grouped, percent, shownNumber } from "../view/numbers.js";
import { speak } from "../view/speech.js";

const ABSENT = "–";
const DIGEST_LETTERS = 8;
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
  // A file that is refused leaves the comparison on show, and its computation.
  const [beginReading, beginShowing] = [createTurns(), createTurns()];

  // Returns whether a later file is read, as a function.
  function beginFile() {
    find("refusal").hidden = true;
    find("progress").replaceChildren();
    return beginReading();
  }
  function refuseFile(file, reason) {
    find("progress").replaceChildren();
    find("refusal").replaceChildren(fileName(file.name), `: ${reason}`);
    find("refusal").hidden = false;
    speak(find("refusal").textContent);
  }
  async function take(file) {
    const isStale = beginFile();
    find("progress").replaceChildren("Reading ", fileName(file.name), ".");
    try {
      const other = await readReportFile(file, read);
      if (!isStale()) await show(file, readThisReport(read), other);
    } catch (error) {
      const isRefused = error instanceof Refusal;
      if (!isStale()) {
        if (!isRefused) hide();
        refuseFile(file, isRefused ? `${error.message}. Open the report.html of another run.` : "this page failed to compare it.");
      }
      if (!isRefused) throw error;
    }
  }
  function hide() {
    find("results").hidden = true;
    find("status").replaceChildren();
  }
  async function show(file, here, there) {
    const isStale = beginShowing();
    const [run, other] = [here.run, there.run];
    find("progress").replaceChildren();
    find("status").replaceChildren(fileName(file.name), ` beside this report.${sentences(here, there)}`);
    const isAlike = run.kind === other.kind;
    const names = unionOf(run.parameters, other.parameters);
    const differing = names.filter((name) => run.parameters.get(name) !== other.parameters.get(name));
    const lines = [
      sourceLine("code of the training", run.code, other.code),
      sourceLine("training data", run.data, other.data),
      modelLine(run.digest, other.digest),
      differing.length
        ? `${grouped(differing.length)} of ${grouped(names.length)} settings of params.yaml `
          + `${differing.length === 1 ? "differs" : "differ"}.`
        : "The same settings of params.yaml.",
    ];
    find("sources").replaceChildren(...lines.map((line) => element("li", {}, line)));
    const haveSameLoss = isAlike && run.parameters.get("model.loss") === other.parameters.get("model.loss");
    find("metrics").replaceChildren(metricTable(run.metrics, other.metrics, isAlike, haveSameLoss));
    find("parameters").replaceChildren(...parameterTable(differing, run.parameters, other.parameters));
    find("alike").hidden = !isAlike;
    find("curves").replaceChildren(...(isAlike ? curvePanels(run.curves, other.curves) : []));
    find("results").hidden = false;
    const images = isAlike && showImages ? await showImages(here, there, isStale) : "";
    if (!isStale()) speak(`${find("status").textContent} ${images}`.trim());
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
    beginFile();
    refuseFile(file, `${reason}. Drop the report.html of another run.`);
  };
  return { drop, refuse };
}

const unionOf = (here, there) => [...new Set([...here.keys(), ...there.keys()])];

// Returns whether two models are equal: in their digest, which another file only claims, and in all that
// their pages compute with.
function isSameModel(here, there) {
  const isEqual = (values, others) => values?.length === others?.length && values?.every((value, k) => value === others[k]);
  return here.run.digest === there.run.digest && JSON.stringify(here.model) === JSON.stringify(there.model)
    && isEqual(here.parameters, there.parameters);
}

// Returns what the status says of two reports.
function sentences(here, there) {
  const [run, other] = [here.run, there.run];
  const equal = isSameModel(here, there) ? " Both models have the same bytes." : "";
  const sets = run.dataset === other.dataset ? "" : ` Its data set is ${cutText(other.dataset)}, this one's ${cutText(run.dataset)}.`;
  const kinds = run.kind === other.kind ? "" : ` It is a report of ${KINDS[other.kind]}, this one of ${KINDS[run.kind]}: `
    + "only the settings of params.yaml and the metrics of both are compared.";
  return equal + sets + kinds;
}

// Returns a line on two digests. A model that no training made has none.
function sourceLine(name, here, there) {
  if (!here && !there) return `Perhaps other ${name}: neither report names any.`;
  if (!here || !there) return `Perhaps other ${name}: ${here ? "the other" : "this"} report names none.`;
  return here === there ? `The same ${name}.` : `Other ${name}.`;
}

// Returns a line on two model files, which tells reports of the same name apart.
function modelLine(here, there) {
  const [first, second] = [here, there].map((digest) => cutText(digest, DIGEST_LETTERS));
  return here === there ? `MD5 of the model file: ${first} in both reports.` : `MD5 of the model files: ${first} here, ${second} there.`;
}

function parameterTable(differing, values, others) {
  const code = (text) => (text === undefined ? ABSENT : element("code", {}, cutText(text)));
  const rows = differing.map((name) => [cutText(name), code(values.get(name)), code(others.get(name))]);
  return rows.length ? [tableOf("Settings that differ", ["key", "this", "other"], rows)] : [];
}

// Returns the metrics of both runs, or those that only one of them has too. Losses of different kinds have no
// difference.
function metricTable(here, there, withAll, haveSameLoss) {
  const names = unionOf(here, there).filter((name) => withAll || (here.has(name) && there.has(name)));
  const rows = names.map((name) => [cutText(name), ...metricCells(here.get(name), there.get(name), haveSameLoss || !name.endsWith("loss"))]);
  return tableOf("Metrics", ["metric", "this", "other", "difference"], rows);
}

function metricCells(here, there, isComparable) {
  const present = [here, there].filter((metric) => metric);
  const { isFraction } = present[0];
  const isCounted = present.every(({ value }) => Number.isInteger(value));
  const form = isFraction ? FORMS.fraction : isCounted ? FORMS.count : FORMS.number;
  const cells = [here, there].map((metric) => (metric ? form.text(metric.value) : ABSENT));
  if (present.length < 2 || !isComparable) return [...cells, ABSENT];
  const difference = form.shown(there.value) - form.shown(here.value) || form.shown(there.value - here.value);
  const size = Math.abs(difference);
  return [...cells, here.value === there.value ? "0" : (difference < 0 ? "−" : "+") + form.size(size)];
}
