// The lab: edits of a copy of the network, and what becomes of its predictions for the test images.

import { startRegion } from "./region.js";
import { createResult } from "./result.js";
import { classifyAll } from "../network/classification.js";
import { createEditHistory } from "../network/edit_history.js";
import { EDITS, inputsOf } from "../network/edits.js";
import { meanImage } from "../network/image_samples.js";
import { modelFile } from "../network/model_file.js";
import { createNetwork } from "../network/network.js";
import { createPause } from "../network/slices.js";
import { element } from "../view/elements.js";
import { startAtFirstSight } from "../view/first_sight.js";
import { counted, grouped } from "../view/numbers.js";
import { speak } from "../view/speech.js";

const textOf = (edit) => EDITS[edit.name].text(edit);
const FAULT = "This page failed to do this. The list has the edits of the network.";

// `use(network, isEdited)` gets each edited network; `inspect(pixels, title)` shows an image.
export function startLab(model, parameters, testImages, unedited, use, inspect) {
  const find = (name) => document.getElementById(`lab-${name}`);
  const { sizes, shape } = model;
  const [layer, unit, progress] = ["layer", "unit", "progress"].map(find);
  const regionForm = document.querySelector("[data-edit=regionOff]");
  const regionFields = ["top", "bottom", "left", "right"].map((name) => regionForm.elements[name]);
  const history = createEditHistory(model, parameters, createPause(() => { progress.textContent = "Editing."; }));
  let region = null;
  let showResult = null;
  let result = null;
  // Counts the actions; the computations of all but the latest are stale.
  let latest = 0;
  // Long edits have pauses, so that one action waits for another.
  let queue = Promise.resolve();

  // The images are classified when the lab is first needed.
  const start = startAtFirstSight(find("controls"), () => {
    const images = testImages();
    region = startRegion(find("region"), regionFields, shape, meanImage(images.pixels, sizes[0]));
    showResult = createResult(model, images, inspect);
    showEdits();
    act(() => {}, { isFirst: true });
  });
  function refuse(line) {
    find("refusal").hidden = !line;
    find("refusal").textContent = line;
  }
  // Ends an action by a fault of this page, which the console names.
  function fail(error) {
    progress.textContent = "";
    find("result").setAttribute("aria-busy", "false");
    refuse(FAULT);
    speak(FAULT);
    reportError(error);
  }
  // Calls `step` after the steps before it. A fault ends its own step alone.
  function enqueue(step) {
    queue = queue.then(step).catch(fail);
  }
  // Returns a promise of the line that refuses a change, or of an empty one.
  async function refusalOf(change) {
    try {
      return await change() ?? "";
    } catch (error) {
      reportError(error);
      return FAULT;
    }
  }
  // Calls `change`, which returns a promise of a line that refuses the edit, if any, and shows what it changes.
  function act(change, { isFirst = false } = {}) {
    start();
    latest += 1;
    const turn = latest;
    const isStale = () => turn !== latest;
    find("result").setAttribute("aria-busy", "true");
    enqueue(async () => {
      const refusal = await refusalOf(change);
      refuse(refusal);
      showEdits();
      if (isStale()) return;
      const network = createNetwork(model, history.parameters());
      if (!isFirst) use(network, history.edits().length > 0);
      // The next action need not wait for it.
      classify(network, isStale, (sentence) => { if (!isFirst) speak(refusal || sentence); })
        .catch((error) => { if (isStale()) reportError(error); else fail(error); });
    });
  }
  function showEdits() {
    const edits = history.edits();
    find("list").replaceChildren(...edits.map((edit) => element("li", {}, textOf(edit))));
    find("unedited").hidden = edits.length > 0;
    paintRegion();
  }
  function paintRegion() {
    const regions = history.edits().filter(({ name }) => name === "regionOff");
    const off = new Set(regions.flatMap((edit) => inputsOf(shape, edit)));
    region?.paint((pixel) => off.has(pixel * (shape[2] ?? 1)));
  }
  async function classify(network, isStale, onSentence) {
    const images = testImages();
    const onProgress = (count) => {
      if (!isStale()) progress.textContent = `Computing: ${grouped(count)} of ${counted(images.count, "image")}.`;
    };
    const isEdited = history.edits().length > 0;
    const before = await unedited(onProgress);
    const after = isEdited && !isStale() ? await classifyAll(network, images, onProgress, isStale) : before;
    if (!after || isStale()) return;
    progress.textContent = "";
    result = after;
    find("result").setAttribute("aria-busy", "false");
    onSentence(showResult(before, after, isEdited));
  }
  async function apply(edit) {
    const isFinite = await history.apply(edit);
    return isFinite ? undefined : `Expected finite parameters, got others; no edit: ${textOf(edit)}.`;
  }
  // Returns the settings of an edit from its form, or null if those of the unit are refused.
  function settingsOf(form) {
    const name = form.dataset.edit;
    if (name === "regionOff") return { name, ...region.region() };
    const fields = Array.from(new FormData(form), ([key, value]) => [key, Number(value)]);
    const values = Object.fromEntries(fields);
    if (!EDITS[name].needsUnit) return { name, ...values };
    if (!unit.reportValidity()) return null;
    return { name, ...values, layer: Number(layer.value), unit: Number(unit.value) };
  }
  function pickLayer() {
    unit.max = sizes[layer.value] - 1;
    unit.value = Math.min(unit.value, unit.max);
    const isOutput = Number(layer.value) === sizes.length - 1;
    document.querySelector("[data-edit=unitOff] button").disabled = isOutput;
    find("no-unit-off").hidden = !isOutput;
  }
  function save() {
    const specification = JSON.parse(document.getElementById("specification").textContent);
    const bytes = modelFile(specification, sizes, history.parameters(), history.edits().map(textOf));
    const address = URL.createObjectURL(new Blob([bytes]));
    element("a", { href: address, download: "model-edited.npz" }).click();
    // The download has begun by then.
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  }

  layer.replaceChildren(...sizes.slice(1).map((units, l) => (
    element("option", { value: l + 1 }, `${l + 1}: ${counted(units, "unit")}, ${model.activations[l]}`)
  )));
  layer.addEventListener("change", pickLayer);
  for (const form of document.querySelectorAll("[data-edit]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      start();
      const edit = settingsOf(form);
      if (edit) act(() => apply(edit));
    });
  }
  find("undo").addEventListener("click", () => act(history.undo));
  find("reset").addEventListener("click", () => act(history.reset));
  find("save").addEventListener("click", () => enqueue(save));
  pickLayer();
  // The browser says itself why it refuses a value.
  find("controls").addEventListener("invalid", () => refuse(""), true);
  find("controls").hidden = false;
  return { edited: history.parameters, result: () => result, repaint: paintRegion };
}
