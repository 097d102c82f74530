// The lab: edits of a copy of the network, and what becomes of its predictions for the test images.

import { startRegion } from "./region.js";
import { classifyAll } from "../network/classification.js";
import { applyEdits, EDITS, inputsOf } from "../network/edits.js";
import { meanImage } from "../network/image_samples.js";
import { modelFile } from "../network/model_file.js";
import { createNetwork } from "../network/network.js";
import { className, element, tableOf } from "../view/elements.js";
import { grouped, percent } from "../view/numbers.js";
import { showSmallImages } from "../view/predictions.js";

const MAX_CHANGED = 24;

// `use(network, isEdited)` gets each edited network; `pick(pixels, label)` shows an image.
export function startLab(model, parameters, testImages, unedited, use, pick) {
  const find = (name) => document.getElementById(`lab-${name}`);
  const { sizes, shape } = model;
  const images = testImages();
  const last = sizes.length - 1;
  const layer = find("layer");
  const unit = find("unit");
  const regionForm = document.querySelector("[data-edit=regionOff]");
  const regionFields = ["top", "bottom", "left", "right"].map((name) => regionForm.elements[name]);
  const region = startRegion(find("region"), regionFields, shape, meanImage(images.pixels, sizes[0]));
  let edits = [];
  let edited = parameters;
  let result = null;
  // Counts the computations; all but the latest are stale.
  let latest = 0;

  function pickLayer() {
    unit.max = sizes[layer.value] - 1;
    unit.value = Math.min(unit.value, unit.max);
    // No layer reads the outputs.
    document.querySelector("[data-edit=unitOff] button").disabled = Number(layer.value) === last;
  }
  // Returns the settings of an edit from its form, or null if those of the unit are refused.
  function settingsOf(form) {
    const name = form.dataset.edit;
    if (name === "regionOff") return { name, ...region.region() };
    const fields = Array.from(new FormData(form), ([key, value]) => [key, Number(value)]);
    const values = Object.fromEntries(fields);
    if (!["unitOff", "shiftBias", "scaleWeights"].includes(name)) return { name, ...values };
    if (!unit.reportValidity()) return null;
    return { name, ...values, layer: Number(layer.value), unit: Number(unit.value) };
  }
  function change(newEdits) {
    const values = applyEdits(model, parameters, newEdits);
    const isRefused = !values.every(Number.isFinite);
    const refusal = find("refusal");
    refusal.hidden = !isRefused;
    if (isRefused) {
      refusal.textContent = `Expected finite parameters, got others; no edit: ${textOf(newEdits.at(-1))}.`;
      return;
    }
    [edits, edited] = [newEdits, values];
    const network = createNetwork(model, edited);
    use(network, edits.length > 0);
    showEdits();
    classify(network);
  }
  const textOf = (edit) => EDITS[edit.name].text(edit);
  function showEdits() {
    find("list").replaceChildren(...edits.map((edit) => element("li", {}, textOf(edit))));
    find("unedited").hidden = edits.length > 0;
    paintRegion();
  }
  function paintRegion() {
    const off = new Set(edits.filter(({ name }) => name === "regionOff").flatMap((edit) => inputsOf(shape, edit)));
    region.paint((pixel) => off.has(pixel * (shape[2] ?? 1)));
  }
  async function classify(network) {
    latest += 1;
    const turn = latest;
    const isStale = () => turn !== latest;
    const progress = find("progress");
    const onProgress = (count) => {
      if (!isStale()) progress.textContent = `Computing: ${grouped(count)} of ${grouped(images.count)} images.`;
    };
    find("result").setAttribute("aria-busy", "true");
    const before = await unedited(onProgress);
    if (isStale()) return;
    const after = edits.length ? await classifyAll(network, images, onProgress, isStale) : before;
    if (!after || isStale()) return;
    progress.textContent = "";
    result = after;
    find("result").setAttribute("aria-busy", "false");
    showResult(before, after);
  }
  function showResult(before, after) {
    const accuracy = ({ correct }) => percent(correct / images.count);
    const isRight = ({ classes }, k) => classes[k] === images.labels[k];
    const rows = Array.from(images.labels.keys());
    const wrong = rows.filter((k) => isRight(before, k) && !isRight(after, k));
    const right = rows.filter((k) => !isRight(before, k) && isRight(after, k));
    const changes = `${grouped(wrong.length)} images became wrong, ${grouped(right.length)} right`;
    find("result").textContent = edits.length
      ? `Accuracy ${accuracy(after)}, unedited ${accuracy(before)}: ${changes}.`
      : `Accuracy ${accuracy(before)}, unedited.`;
    find("numbers").replaceChildren(tableOf(`The ${grouped(images.count)} test images`, ["", "unedited", "edited"], [
      ["accuracy", accuracy(before), accuracy(after)],
      ["correct", grouped(before.correct), grouped(after.correct)],
      ["mean confidence", percent(before.confidence), percent(after.confidence)],
    ]));
    find("changes").hidden = !edits.length;
    for (const [name, changed] of [["wrong", wrong], ["right", right]]) {
      const more = changed.length > MAX_CHANGED ? `; the first ${MAX_CHANGED} are here` : "";
      find(`${name}-count`).textContent = changed.length
        ? `${grouped(changed.length)} of ${grouped(images.count)} images${more}: the class before and after the edits.`
        : "No image.";
      showSmallImages(find(name), shape, changed.slice(0, MAX_CHANGED).map((k) => changedImage(k, before, after)));
    }
  }
  function changedImage(k, before, after) {
    const [from, to] = [before, after].map(({ classes }) => model.names[classes[k]]);
    const actual = model.names[images.labels[k]];
    const label = `Test image ${images.numbers[k]}: ${actual}, before the edits ${from}, now ${to}`;
    const pixels = images.image(k);
    return { pixels, label, caption: [className(from), " → ", className(to)], choose: () => pick(pixels, label) };
  }
  function save() {
    const specification = JSON.parse(document.getElementById("specification").textContent);
    const bytes = modelFile(specification, sizes, edited, edits.map(textOf));
    const address = URL.createObjectURL(new Blob([bytes]));
    element("a", { href: address, download: "model-edited.npz" }).click();
    // The download has begun by then.
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  }

  layer.replaceChildren(...sizes.slice(1).map((units, l) => (
    element("option", { value: l + 1 }, `${l + 1}: ${grouped(units)} units, ${model.activations[l]}`)
  )));
  layer.addEventListener("change", pickLayer);
  for (const form of document.querySelectorAll("[data-edit]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const edit = settingsOf(form);
      if (edit) change([...edits, edit]);
    });
  }
  find("undo").addEventListener("click", () => change(edits.slice(0, -1)));
  find("reset").addEventListener("click", () => change([]));
  find("save").addEventListener("click", save);
  pickLayer();
  showEdits();
  find("bench").hidden = false;
  classify();
  return { edited: () => edited, result: () => result, repaint: paintRegion };
}
