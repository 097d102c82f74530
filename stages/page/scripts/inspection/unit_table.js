// The mathematics of a unit, cell by cell.

import { COLOURS, inputName, unitName } from "./layers.js";
import { softmaxTable } from "./softmax.js";
import { largestProducts, unitTerms } from "../network/arithmetic.js";
import { sumChannels } from "../network/attribution.js";
import { largest } from "../network/network.js";
import { createCells, divergingColours } from "../view/cells.js";
import { tableOf } from "../view/elements.js";
import { columnFormat, formatNumber, grouped, probabilityText } from "../view/numbers.js";
import { startPointing } from "../view/pointing.js";
import { speak } from "../view/speech.js";

const MAX_PRODUCTS = 20;
const FORMULAS = {
  identity: "z",
  leaky_relu: "max(z, 0.01 z)",
  relu: "max(z, 0)",
  sigmoid: "1 / (1 + e^−z)",
  softmax: "softmax(z)",
  tanh: "tanh(z)",
};
// The grid of products is beside the table: narrower than that of the layer.
const productColumns = (units) => (units <= 256 ? Math.min(units, 16) : 32);

// `choose(layer, unit)` opens a unit; `lightInput(input)` lights one of its inputs in the layers, or for null
// those with its largest products.
export function startUnitTable(model, choose, lightInput) {
  const [layerChoice, unitChoice, refusal, products, table, reading, softmax] = [
    "unit-layer", "unit-number", "unit-refusal", "unit-products", "unit-table", "unit-reading", "softmax-table",
  ].map((id) => document.getElementById(id));
  const [rows, columns, channels = 1] = model.shape;
  let grid = null;
  let shown = null;

  layerChoice.append(...model.activations.map((name, l) => new Option(`${l + 1} (${name})`, l + 1)));
  layerChoice.addEventListener("change", () => choose(Number(layerChoice.value), 0));
  unitChoice.addEventListener("change", () => {
    if (unitChoice.validity.valid) choose(Number(layerChoice.value), Number(unitChoice.value));
    else refuse(`Expected a unit from 0 to ${unitChoice.max}, got ${unitChoice.value || "no number"}.`);
  });
  // Shows why a unit is refused; an empty line for none.
  function refuse(line) {
    [refusal.textContent, refusal.hidden] = [line, !line];
    unitChoice.setAttribute("aria-invalid", String(Boolean(line)));
    if (line) speak(line);
  }

  const productText = (input) => {
    const { inputs, weights, products: all } = shown.terms;
    const [value, weight, product] = [inputs, weights, all].map((values) => formatNumber(values[input]));
    return `${value} × ${weight} = ${product}`;
  };
  const inputText = (input) => `${unitName(model, shown.layer - 1, input)}: ${productText(input)}`;
  // A cell is an input or, in colour, the sum of the three of a pixel.
  const inputsPerCell = () => (shown.layer === 1 ? channels : 1);
  const inputsOf = (cell) => Array.from({ length: inputsPerCell() }, (_, c) => cell * inputsPerCell() + c);
  function cellText(cell) {
    if (inputsPerCell() === 1) return inputText(cell);
    const parts = inputsOf(cell).map((input, c) => `${COLOURS[c]} ${productText(input)}`);
    return `${inputName([rows, columns], cell)}: ${parts.join(", ")}; sum ${formatNumber(shown.cells[cell])}`;
  }
  // Lights inputs of one cell: the cell, their rows if the table has them, and their unit in the layer below.
  function light(inputs, text) {
    grid.light(inputs.slice(0, 1).map((input) => Math.floor(input / inputsPerCell())));
    for (const row of table.querySelectorAll("[data-input]")) {
      row.classList.toggle("lit", inputs.includes(Number(row.dataset.input)));
    }
    reading.textContent = text;
    lightInput(inputs[0] ?? null);
  }
  const lightNone = () => light([], "");
  function makeGrid(layer) {
    const units = model.sizes[layer - 1];
    const isPicture = layer === 1;
    const width = isPicture ? columns : productColumns(units);
    grid = createCells({
      count: isPicture ? rows * columns : units,
      columns: width,
      width: isPicture ? 18 : 1.1 * width,
      label: "Products of inputs and weights. A product",
      gaps: !isPicture,
      describe: cellText,
      onPoint: (cell) => (cell === null ? lightNone() : light(inputsOf(cell), cellText(cell))),
    });
    products.replaceChildren(grid.frame);
  }
  // Returns a table of the largest products, and of how their sum becomes the activation.
  function termsTable(layer, unit, { inputs, weights, products: all, sum, bias, z, activation }) {
    const { shown: indices, others, rest } = largestProducts(all, MAX_PRODUCTS);
    const [input, weight] = [inputs, weights].map((values) => columnFormat(indices.map((i) => values[i])));
    const product = columnFormat([...indices.map((i) => all[i]), rest, sum, bias, z, activation]);
    const productRows = indices.map((i) => [
      unitName(model, layer - 1, i), input(inputs[i]), weight(weights[i]), product(all[i]),
    ]);
    const name = model.activations[layer - 1];
    const totals = [
      ...(others ? [[`the other ${grouped(others)} products`, rest]] : []),
      [`sum of ${grouped(all.length)} products`, sum],
      ["+ bias", bias],
      ["= z", z],
      [`a = ${FORMULAS[name]}`, activation, name === "softmax" ? probabilityText : product],
    ].map(([head, value, format = product]) => [head, "", "", format(value)]);
    const of = others ? `, the ${MAX_PRODUCTS} largest of ${grouped(all.length)} products` : "";
    const caption = `Layer ${layer}, ${unitName(model, layer, unit)}${of}`;
    const terms = tableOf(caption, ["input", "value", "× weight", "= product"], [...productRows, ...totals]);
    const lines = Array.from(terms.tBodies[0].rows);
    lines.slice(indices.length).forEach((line) => line.classList.add("total"));
    const productLines = lines.slice(0, indices.length);
    productLines.forEach((line, k) => { line.dataset.input = indices[k]; });
    const point = (k) => (k === null ? lightNone() : light([indices[k]], inputText(indices[k])));
    startPointing(productLines.map((line) => [line]), point);
    return terms;
  }
  // Takes a trace with the layers of the network, and the layer and unit that is chosen.
  function show(trace) {
    const [layer, unit] = trace.chosen;
    const isOther = shown?.layer !== layer;
    const terms = unitTerms(trace.layers, trace, layer, unit);
    const cells = layer === 1 ? sumChannels(terms.products, channels) : terms.products;
    shown = { layer, terms, cells };
    if (isOther) makeGrid(layer);
    layerChoice.value = layer;
    [unitChoice.max, unitChoice.value] = [model.sizes[layer] - 1, unit];
    refuse("");
    const colourOf = divergingColours(largest(cells));
    grid.show((i) => colourOf(cells[i]));
    table.replaceChildren(termsTable(layer, unit, terms));
    softmax.hidden = model.activations[layer - 1] !== "softmax";
    softmax.replaceChildren(...(softmax.hidden ? [] : [softmaxTable(model, trace.z.at(-1), unit)]));
  }
  return { show };
}
