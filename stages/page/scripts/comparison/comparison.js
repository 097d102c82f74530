// Compares the run of this page with that of another report: metrics, parameters, curves, predictions.

import { curvePanels } from "./curves.js";
import { showDifferences } from "./images.js";
import { readReportFile, readThisReport } from "./other_report.js";
import { element, tableOf } from "../view/elements.js";
import { formatNumber, grouped, percent } from "../view/numbers.js";

// `ours` has functions: `testImages` returns these, `unedited` a promise of their predictions, `inspect` shows
// one of them. A page without parameters calls none of them.
export function startComparison(ours = {}) {
  const find = (name) => document.getElementById(`compare-${name}`);
  const input = find("file");
  // Counts the files; all but the latest are stale.
  let latest = 0;

  async function take(file) {
    if (!file) return;
    latest += 1;
    const turn = latest;
    const status = find("status");
    status.textContent = `Reading ${file.name}.`;
    find("results").hidden = true;
    let other = null;
    try {
      other = await readReportFile(file);
    } catch (error) {
      const refusal = `${file.name}: ${error.message}; got another file. Open the report.html of another run.`;
      if (turn === latest) status.textContent = refusal;
      return;
    }
    if (turn === latest) await show(readThisReport(), other, file.name, () => turn !== latest);
  }
  async function show(here, there, name, isStale) {
    const [run, other] = [here.run, there.run];
    // The other file may claim any digest.
    const isSame = run.digest === other.digest && here.parameters?.every((value, k) => value === there.parameters?.[k]);
    const equal = isSame ? " Both models have the same bytes." : "";
    const sets = run.dataset === other.dataset ? "" : ` Its data set is ${other.dataset}, this one's ${run.dataset}.`;
    find("status").textContent = `${name} beside this report.${equal}${sets}`;
    find("metrics").replaceChildren(metricTable(run, other));
    showParameters(new Map(run.parameters), new Map(other.parameters));
    find("curves").replaceChildren(...curvePanels(run, other));
    find("results").hidden = false;
    await showDifferences(here, there, ours, find("images"), find("differences"), isStale);
  }
  function showParameters(values, others) {
    const names = [...new Set([...values.keys(), ...others.keys()])];
    const differing = names.filter((name) => values.get(name) !== others.get(name));
    const equal = grouped(names.length - differing.length);
    find("same").textContent = `${equal} of ${grouped(names.length)} parameters are the same.`;
    const code = (text) => (text === undefined ? "" : element("code", {}, text));
    const rows = differing.map((name) => [name, code(values.get(name)), code(others.get(name))]);
    const table = tableOf("Parameters that differ", ["key", "this", "other"], rows);
    find("parameters").replaceChildren(...(rows.length ? [table] : []));
  }

  input.addEventListener("change", async () => {
    await take(input.files[0]);
    // The same file may be opened again.
    input.value = "";
  });
  startReportDropping((file) => {
    take(file);
    document.getElementById("compare").focus();
  });
  find("bench").hidden = false;
}

function metricTable(here, there) {
  const others = new Map(there.metrics.map(({ name, value }) => [name, value]));
  const rows = here.metrics.filter(({ name }) => others.has(name)).map(({ name, value, isFraction }) => {
    const other = others.get(name);
    const isCounted = Number.isInteger(value) && Number.isInteger(other);
    const text = isFraction ? percent : isCounted ? grouped : formatNumber;
    const difference = other - value;
    const sign = difference > 0 ? "+" : "−";
    return [name, text(value), text(other), difference ? sign + text(Math.abs(difference)) : "0"];
  });
  return tableOf("Metrics", ["metric", "this", "other", "difference"], rows);
}

// Calls `take` with a report that is dropped on the page. Other files are for the pad.
function startReportDropping(take) {
  const hasPad = document.getElementById("pad") !== null;
  const isFile = (event) => event.dataTransfer?.types.includes("Files");
  const isReport = (file) => !hasPad || file?.type === "text/html" || /\.html?$/i.test(file?.name);
  document.addEventListener("dragover", (event) => { if (isFile(event)) event.preventDefault(); });
  document.addEventListener("drop", (event) => {
    const file = event.dataTransfer?.files[0];
    if (!isFile(event) || !isReport(file)) return;
    event.preventDefault();
    // The pad would refuse it.
    event.stopImmediatePropagation();
    take(file);
  }, { capture: true });
}
