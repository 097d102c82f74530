// What an epoch has brought: its numbers, the first layer's weights, confusion and mistakes.

import { byId, element, formatNumber, formatPercent, isNumber, setText } from "./elements.js";
import { decodeBase64 } from "../page/scripts/network/image_samples.js";
import { confidenceText, counted } from "../page/scripts/view/numbers.js";
import { paintImage, paintUnits } from "../page/scripts/view/pictures.js";

// The last epoch up to one that has a value; not every epoch has pictures.
function latestWith(journal, key, epoch) {
  return journal.epochs.findLast((values) => values.epoch <= epoch && values[key]);
}

function noteOf(shownEpoch, epoch, text) {
  return shownEpoch === epoch ? text : `${text} This is epoch ${shownEpoch}: not every epoch has pictures.`;
}

function showReading(journal, epoch) {
  const values = journal.epochs.findLast((entry) => entry.epoch <= epoch);
  const parts = [["training loss", values?.train_loss, formatNumber], ["validation loss", values?.validation_loss, formatNumber],
    ["training accuracy", values?.train_accuracy, formatPercent], ["validation accuracy", values?.validation_accuracy, formatPercent],
    ["learning rate", values?.lr, formatNumber]];
  const text = parts.filter(([, value]) => isNumber(value)).map(([name, value, format]) => `${name} ${format(value)}`);
  const reading = `${values?.epoch ?? epoch}: ${text.join(", ")}`;
  setText(byId("reading"), reading);
  byId("epoch").setAttribute("aria-valuetext", reading);
}

function makeCanvases(list, count, [rows, columns], attributes) {
  const canvases = Array.from({ length: count }, (_, index) => element("canvas", { width: columns, height: rows, ...attributes(index) }));
  list.replaceChildren(...canvases.map((canvas) => element("li", {}, canvas)));
}

function showUnits(journal, epoch) {
  const values = journal.start?.picture && latestWith(journal, "units", epoch);
  byId("units-section").hidden = !values;
  if (!values) return;
  const [rows, columns, channels] = journal.start.picture;
  const levels = new Int8Array(decodeBase64(values.units).buffer);
  const count = levels.length / (rows * columns * channels);
  const list = byId("units");
  const size = `${count} ${rows} ${columns}`;
  if (list.dataset.size !== size) {
    list.dataset.size = size;
    makeCanvases(list, count, [rows, columns], (index) => ({ "data-unit": index }));
  }
  paintUnits(levels, channels);
  const units = journal.start.layers?.[0]?.[1];
  setText(byId("units-note"), noteOf(values.epoch, epoch, units > count ? `The first ${count} of ${units} units.` : "All units."));
  const limit = formatNumber(values.unit_limit);
  const bar = element("span", { class: channels === 3 ? "gradient rgb" : "gradient" });
  byId("units-scale").replaceChildren(`−${limit}`, bar, limit);
}

// A table has rows in place of images.
function sampleWord(journal) {
  return journal.start?.picture ? "image" : "row";
}

function nameOfClass(journal, index) {
  return String(journal.start?.class_names?.[index] ?? index);
}

function nameElement(tag, journal, index, attributes) {
  const name = nameOfClass(journal, index);
  return element(tag, attributes, element("bdi", name.length > 8 ? { title: name } : {}, name));
}

function showConfusion(journal, epoch) {
  const values = latestWith(journal, "confusion", epoch);
  byId("confusion-section").hidden = !values;
  if (!values) return;
  const counts = values.confusion;
  const most = Math.max(1, ...counts.flatMap((row, i) => row.filter((_, j) => i !== j)));
  const heading = (index, scope) => nameElement("th", journal, index, { scope });
  const head = element("tr", {}, element("td"), ...counts.map((_, index) => heading(index, "col")));
  const body = counts.map((row, i) => {
    const cells = row.map((count, j) => {
      if (i === j) return element("td", { class: "correct" }, String(count));
      return count ? element("td", { class: `heat${Math.ceil((5 * count) / most)}` }, String(count)) : element("td");
    });
    return element("tr", {}, heading(i, "row"), ...cells);
  });
  const caption = element("caption", {}, "Rows: actual. Columns: predicted.");
  byId("confusion").replaceChildren(element("table", { class: "confusion" }, caption, element("thead", {}, head), element("tbody", {}, ...body)));
  setText(byId("confusion-note"), noteOf(values.epoch, epoch, `${counted(counts.flat().reduce((a, b) => a + b), sampleWord(journal))}.`));
}

function showMistakes(journal, epoch) {
  const values = latestWith(journal, "mistakes", epoch);
  byId("mistakes-section").hidden = !values;
  if (!values) return;
  const shape = journal.start?.picture;
  const pixels = values.mistake_pictures && shape ? decodeBase64(values.mistake_pictures) : null;
  const items = values.mistakes.map(([row, actual, predicted, confidence], index) => {
    const item = element("li");
    if (pixels) {
      const label = `Validation image ${row}: ${nameOfClass(journal, actual)} taken for ${nameOfClass(journal, predicted)}`;
      const canvas = element("canvas", { width: shape[1], height: shape[0], role: "img", "aria-label": label });
      const size = shape[0] * shape[1] * shape[2];
      paintImage(canvas, pixels.subarray(index * size, (index + 1) * size));
      item.append(canvas);
    }
    item.append(element("p", {}, nameElement("span", journal, actual), " → ", nameElement("span", journal, predicted)));
    item.append(element("p", {}, `${confidenceText(confidence)}, ${sampleWord(journal)} ${row}`));
    return item;
  });
  byId("mistakes").replaceChildren(...items);
  const text = items.length ? `The number of a validation ${sampleWord(journal)} stays the same.` : "No mistake.";
  setText(byId("mistakes-note"), noteOf(values.epoch, epoch, text));
}

// Shows an epoch; what has not changed since the last call is not drawn again.
export function createEpochView() {
  let drawn = "";
  return (journal, epoch, force = false) => {
    showReading(journal, epoch);
    const keys = ["units", "confusion", "mistakes"].map((key) => latestWith(journal, key, epoch)?.time);
    const state = [journal.id, epoch, ...keys].join(" ");
    if (state === drawn && !force) return;
    drawn = state;
    showUnits(journal, epoch);
    showConfusion(journal, epoch);
    showMistakes(journal, epoch);
  };
}
