// The curves of a training, alone or with another one.

import { Chart } from "./chart.js";
import { isNumber } from "./elements.js";

const LAYER_STYLES = 6;

function layerStyle(index) {
  return `layer${index % LAYER_STYLES}`;
}

// Points of a quantity of each layer, which `of(epoch)` returns as a list.
function layerLines(journal, of, name = (index) => `layer ${index + 1}`) {
  const first = journal.epochs.map(of).find((values) => Array.isArray(values) && values.some(isNumber));
  return (first ?? []).map((_, index) => ({
    name: name(index),
    style: layerStyle(index),
    points: journal.epochs.map((epoch) => [epoch.epoch, of(epoch)?.[index]]),
  }));
}

function columnLine(journal, column, name, style, factor = 1) {
  const points = journal.epochs.map((epoch) => [epoch.epoch, isNumber(epoch[column]) ? factor * epoch[column] : null]);
  return { name, style, points };
}

// Of two trainings, the colour tells which, and dashes are the validation.
function pairLines(journals, quantity, factor) {
  return journals.flatMap((journal, index) => {
    const lines = ["train", "validation"].map((part) => {
      const word = part === "train" ? "training" : "validation";
      const [name, style] = journals.length > 1 ? [`${journal.label}, ${word}`, `run${index} ${part}-part`] : [word, part];
      return columnLine(journal, `${part}_${quantity}`, name, style, factor);
    });
    return lines.filter((line) => line.points.some(([, value]) => isNumber(value)));
  });
}

// Epoch 0 has the accuracy of guessing, which would compress the scale of all others.
function accuracyLines(journals) {
  const isLong = journals.some((journal) => journal.epochs.length > 2);
  const lines = pairLines(journals, "accuracy", 100);
  return lines.map((line) => ({ ...line, points: line.points.filter(([epoch]) => epoch > 0 || !isLong) }));
}

function rateLines(journals) {
  return journals.map((journal, index) => {
    const line = columnLine(journal, "lr", journals.length > 1 ? journal.label : "learning rate", journals.length > 1 ? `run${index}` : "rate");
    // Epoch 0 is before the first step.
    return { ...line, points: line.points.filter(([epoch]) => epoch > 0) };
  });
}

// Epoch 0 has no step, so no update.
function updateSizes(epoch) {
  return epoch.epoch > 0 ? epoch.layers?.map((layer) => layer[2] || null) : null;
}

function inPercent(values) {
  return values?.map((value) => (isNumber(value) ? 100 * value : null));
}

// Each panel: its title, the options of its scale, and its lines of one or two journals.
const PANELS = [
  ["loss", {}, (journals) => pairLines(journals, "loss", 1)],
  ["accuracy, %", { logarithmic: false, least: 0, most: 100 }, accuracyLines],
  ["learning rate", { logarithmic: false, least: 0 }, rateLines],
  ["norm of the gradient", {}, ([journal]) => layerLines(journal, (epoch) => epoch.gradients)],
  ["update of an epoch / weights", {}, ([journal]) => layerLines(journal, updateSizes)],
  ["dead units, %", { logarithmic: false, least: 0, most: 100 }, ([journal]) => layerLines(journal, (epoch) => inPercent(epoch.dead))],
  ["saturated units, %", { logarithmic: false, least: 0, most: 100 }, ([journal]) => layerLines(journal, (epoch) => inPercent(epoch.saturated))],
];

export function createPanels(container, onEpoch) {
  const charts = PANELS.map(([title, options]) => new Chart(title, options, onEpoch));
  container.replaceChildren(...charts.map((chart) => chart.figure));
  return (journals, lastEpoch, cursor) => {
    PANELS.forEach(([, , lines], index) => charts[index].draw(lines(journals), lastEpoch, cursor));
  };
}
