// Compares the run of this page with that of another report: metrics, parameters, curves, predictions.

const MAX_DIFFERENT = 24;
// What differs: the heading, and whether this and the other prediction are right.
const DIFFERENCES = [
  ["Right here, wrong there", true, false],
  ["Wrong here, right there", false, true],
  ["Wrong in both, with different classes", false, false],
];

// A page without parameters has no test images, no predictions of them, and no image to look at.
function startComparison(model, testImages = null, unedited = null, look = null) {
  const find = (name) => document.getElementById(`compare-${name}`);
  const input = find("file");
  // Counts the files; all but the latest are stale.
  let latest = 0;

  async function take(file) {
    if (!file) return;
    latest += 1;
    const turn = latest;
    find("status").textContent = `Reading ${file.name}.`;
    find("results").hidden = true;
    let other = null;
    try {
      other = await readReportFile(file);
    } catch (error) {
      if (turn === latest) find("status").textContent = `${file.name}: ${error.message}; got another file. Open the report.html of another run.`;
      return;
    }
    if (turn === latest) await show(readReport(document), other, file.name, () => turn !== latest);
  }
  async function show(here, there, name, isStale) {
    const equal = here.run.digest === there.run.digest ? " Both models have the same bytes." : "";
    const sets = here.run.dataset === there.run.dataset ? "" : ` Its data set is ${there.run.dataset}, this one's ${here.run.dataset}.`;
    find("status").textContent = `${name} beside this report.${equal}${sets}`;
    find("metrics").replaceChildren(metricTable(here.run, there.run));
    showParameters(here.run, there.run);
    find("curves").replaceChildren(...curvePanels(here.run, there.run));
    find("results").hidden = false;
    await showImages(here, there, isStale);
  }
  function showParameters(here, there) {
    const others = new Map(there.parameters);
    const values = new Map(here.parameters);
    const names = [...new Set([...values.keys(), ...others.keys()])];
    const differing = names.filter((name) => values.get(name) !== others.get(name));
    find("same").textContent = `${grouped(names.length - differing.length)} of ${grouped(names.length)} parameters are the same.`;
    const code = (text) => (text === undefined ? "" : element("code", {}, text));
    const rows = differing.map((name) => [name, code(values.get(name)), code(others.get(name))]);
    find("parameters").replaceChildren(...(rows.length ? [tableOf("Parameters that differ", ["key", "this", "other"], rows)] : []));
  }
  async function showImages(here, there, isStale) {
    find("differences").replaceChildren();
    const sentence = find("images");
    const reason = reasonAgainst(here, there);
    if (reason) {
      sentence.textContent = reason;
      return;
    }
    const images = testImages();
    const network = createNetwork(there.model, there.parameters);
    const onProgress = (count) => { sentence.textContent = `Computing: ${grouped(count)} of ${grouped(images.count)} images.`; };
    const first = await unedited();
    const second = await classifyAll(network, images, onProgress, isStale);
    if (!second || isStale()) return;
    const names = [[first, model], [second, there.model]].map(([{ classes }, { names: all }]) => Array.from(classes, (k) => all[k]));
    const actual = images.labels.map((label) => model.names[label]);
    const right = (run) => names[run].reduce((count, name, k) => count + (name === actual[k]), 0);
    const rows = Array.from(actual.keys()).filter((k) => names[0][k] !== names[1][k]);
    sentence.textContent = `Of the ${grouped(images.count)} test images in both pages, this model is right on ${grouped(right(0))}, `
      + `the other on ${grouped(right(1))}. They differ on ${grouped(rows.length)}.`;
    const found = DIFFERENCES.map(([title, isHere, isThere]) => [title, rows.filter((k) => (
      (names[0][k] === actual[k]) === isHere && (names[1][k] === actual[k]) === isThere
    ))]);
    find("differences").replaceChildren(...found.filter(([, group]) => group.length).flatMap(([title, group]) => {
      const more = group.length > MAX_DIFFERENT ? `, the first ${MAX_DIFFERENT} are here` : "";
      const list = element("ol", { className: "gallery small" });
      showSmallImages(list, model.shape, group.slice(0, MAX_DIFFERENT).map((k) => {
        const label = `Test image ${images.numbers[k]}: ${actual[k]}, this model ${names[0][k]}, the other ${names[1][k]}`;
        const pixels = images.image(k);
        return { pixels, label, caption: [className(names[0][k]), ", other ", className(names[1][k])], choose: () => look(pixels, label) };
      }));
      return [element("h4", {}, `${title}: ${grouped(group.length)}${more}`), list];
    }));
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

// Returns why the predictions of two models can't be compared, or an empty string.
function reasonAgainst(here, there) {
  if (!here.images || !here.parameters) return "This page has no test images or no parameters to predict with, so that predictions are not compared.";
  if (!there.images || !there.parameters) return "The other page has no test images or no parameters to predict with, so that predictions are not compared.";
  if (here.images !== there.images) return "The pages have other test images, so that predictions are not compared.";
  if (here.model.sizes[0] !== there.model.sizes[0]) return "The models take images of other sizes, so that predictions are not compared.";
  return "";
}

function metricTable(here, there) {
  const others = new Map(there.metrics.map((metric) => [metric.name, metric]));
  const rows = here.metrics.filter(({ name }) => others.has(name)).map(({ name, value, isFraction }) => {
    const other = others.get(name).value;
    const isCounted = Number.isInteger(value) && Number.isInteger(other);
    const text = isFraction ? shareText : isCounted ? grouped : formatNumber;
    const difference = other - value;
    return [name, text(value), text(other), difference ? `${difference > 0 ? "+" : "−"}${text(Math.abs(difference))}` : "0"];
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
