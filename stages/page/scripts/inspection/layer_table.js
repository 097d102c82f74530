// The mathematics of a layer, cell by cell: a column for each unit, a row for each product and step.

import { hasClassUnits, inputName } from "./layers.js";
import { largestIndices, unitTerms } from "../network/arithmetic.js";
import { softmaxSteps } from "../network/network.js";
import { element, isolated } from "../view/elements.js";
import { columnFormat, formatNumber, grouped, probabilityText } from "../view/numbers.js";
import { startPointing } from "../view/pointing.js";

const MAX_UNITS = 10;
const MAX_INPUTS = 10;

// `choose(layer, unit)` opens a unit; `lightInput(input, unit)` lights an input of a unit in the layers, or for
// null those with its largest products.
export function startLayerTable(model, choose, lightInput) {
  const [region, reading] = ["layer-table", "layer-reading"].map((id) => document.getElementById(id));
  let cells = [];
  let shownUnits = [];

  const unitText = (layer, unit) => (hasClassUnits(model, layer) ? model.names[unit] : `unit ${unit}`);
  const unitHead = (layer, unit) => (hasClassUnits(model, layer) ? isolated(model.names[unit]) : `unit ${unit}`);
  const inputHead = (layer, input) => (layer === 1 ? inputName(model.shape, input) : `unit ${input}`);

  // Lights a cell, the heads of its row and column and the steps below it, and reads the cell out.
  function light(row, column) {
    const isLit = row !== null;
    cells.forEach((line, r) => line.cells.forEach((cell, c) => {
      const isAffected = r === row || (line.isStep && r > row);
      cell.classList.toggle("lit", isLit && c === column && isAffected);
    }));
    cells.forEach(({ head }, r) => head.classList.toggle("lit", isLit && r === row));
    region.querySelectorAll("thead th").forEach((head, c) => head.classList.toggle("lit", isLit && c === column));
    reading.textContent = isLit ? cells[row].read(column) : "";
    // A step has no input of its own.
    lightInput(cells[row]?.input ?? null, shownUnits[column]);
  }
  // Returns the rows of a layer: what heads each, its values unit by unit, and the sentence of a cell.
  function linesOf(trace, layer, units) {
    const terms = units.map((unit) => unitTerms(trace.layers, trace, layer, unit));
    const largest = terms[0].products.map((_, i) => Math.max(...terms.map(({ products }) => Math.abs(products[i]))));
    const inputs = largestIndices(largest, MAX_INPUTS).sort((i, j) => i - j);
    const isShown = new Set(inputs);
    const rest = terms.map(({ products }) => products.reduce((sum, product, i) => (isShown.has(i) ? sum : sum + product), 0));
    const otherCount = largest.length - inputs.length;
    const name = (c) => unitText(layer, units[c]);
    const lines = inputs.map((input) => ({
      input,
      isStep: false,
      head: `${inputHead(layer, input)}: ${formatNumber(terms[0].inputs[input])}`,
      values: terms.map(({ products }) => products[input]),
      read: (c) => `${inputHead(layer, input)} to ${name(c)}: ${formatNumber(terms[c].inputs[input])} × weight `
        + `${formatNumber(terms[c].weights[input])} = ${formatNumber(terms[c].products[input])}`,
    }));
    const step = (head, values, read, format) => lines.push({ head, values, read, format, isStep: true });
    if (otherCount) {
      step(`the other ${grouped(otherCount)} products`, rest, (c) => `${name(c)}: ${formatNumber(rest[c])} in all`);
    }
    step("+ bias", terms.map(({ bias }) => bias), (c) => `${name(c)}: bias ${formatNumber(terms[c].bias)}`);
    step("= z", terms.map(({ z }) => z), (c) => (
      `${name(c)}: sum ${formatNumber(terms[c].sum)} + bias ${formatNumber(terms[c].bias)} = ${formatNumber(terms[c].z)}`
    ));
    const activation = model.activations[layer - 1];
    if (activation === "softmax") {
      const { highest, differences, powers, total } = softmaxSteps(trace.z.at(-1));
      const of = (values) => units.map((unit) => values[unit]);
      step(`z − ${formatNumber(highest)}`, of(differences), (c) => (
        `${name(c)}: ${formatNumber(terms[c].z)} less the largest z, ${formatNumber(highest)}`
      ));
      step("e to this", of(powers), (c) => (
        `${name(c)}: e to ${formatNumber(differences[units[c]])} = ${formatNumber(powers[units[c]])}`
      ), formatNumber);
      step(`÷ ${formatNumber(total)}`, terms.map((term) => term.activation), (c) => (
        `${name(c)}: ${formatNumber(powers[units[c]])} ÷ ${formatNumber(total)}, the sum over all classes, `
          + `= ${probabilityText(terms[c].activation)}`
      ), probabilityText);
    } else {
      step(`a = ${activation}`, terms.map((term) => term.activation), (c) => (
        `${name(c)}: ${activation} of ${formatNumber(terms[c].z)} is ${formatNumber(terms[c].activation)}`
      ));
    }
    return lines;
  }
  // Returns the most active units and the chosen one, in their order, and their text.
  function unitsOf(activations, unit) {
    const largest = largestIndices(activations, MAX_UNITS);
    const isActive = largest.includes(unit);
    const units = isActive ? largest : [unit, ...largest.slice(0, MAX_UNITS - 1)];
    const active = `the ${isActive ? units.length : units.length - 1} most active of ${grouped(activations.length)} units`;
    const text = isActive ? active : `unit ${unit} and ${active}`;
    return { units: units.sort((i, j) => i - j), text: activations.length > units.length ? `, for ${text}` : "" };
  }
  // Takes a trace with the layers of the network, and the layer and unit that is chosen.
  function show(trace) {
    // A head that opens its unit is replaced.
    const isHeadFocused = region.querySelector("thead")?.contains(document.activeElement);
    const [layer, unit] = trace.chosen;
    const { units, text } = unitsOf(trace.a[layer], unit);
    shownUnits = units;
    const lines = linesOf(trace, layer, units);
    const decimals = columnFormat(lines.flatMap(({ values, format }) => (format ? [] : Array.from(values))));
    const buttons = units.map((k) => {
      const button = element("button", { type: "button", title: "Opens this unit below" }, unitHead(layer, k));
      button.addEventListener("click", () => choose(layer, k));
      return button;
    });
    const heads = buttons.map((button, c) => (
      element("th", { scope: "col", className: units[c] === unit ? "chosen" : "" }, button)
    ));
    cells = lines.map(({ head, values, format = decimals, ...line }) => ({
      ...line,
      head: element("th", { scope: "row" }, head),
      cells: Array.from(values, (value) => element("td", {}, format(value))),
    }));
    const caption = `Layer ${layer}: products of its inputs and weights${text}`;
    region.replaceChildren(element(
      "table", { className: "numbers", role: "grid" }, element("caption", {}, caption),
      element("thead", {}, element("tr", {}, element("td", {}), ...heads)),
      element("tbody", {}, ...cells.map((line) => (
        element("tr", { className: line.isStep ? "total" : "" }, line.head, ...line.cells)
      ))),
    ));
    const point = (row, column) => (row ? light(row - 1, column) : light(null, null));
    startPointing([buttons, ...cells.map((line) => line.cells)], point, 1);
    if (isHeadFocused) buttons[units.indexOf(unit)].focus();
    reading.textContent = "";
  }
  return { show };
}
