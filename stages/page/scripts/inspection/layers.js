// The activations of all layers, each layer a grid of its units.

import { largestIndices, unitTerms } from "../network/arithmetic.js";
import { largest } from "../network/network.js";
import { columnsOf, createCells, divergingColours } from "../view/cells.js";
import { element } from "../view/elements.js";
import { formatNumber, grouped, probabilityText } from "../view/numbers.js";
import { pixelColour } from "../view/pictures.js";

// Inputs of a unit that are lit with it.
const MAX_LIT_INPUTS = 12;

export const COLOURS = ["red", "green", "blue"];

// Returns the text of input i of the network: its row and column, and its colour if it has one.
export function inputName([, columns, channels = 1], i) {
  const pixel = Math.floor(i / channels);
  const name = `row ${Math.floor(pixel / columns)}, column ${pixel % columns}`;
  return channels === 3 ? `${name}, ${COLOURS[i % 3]}` : name;
}

// Returns whether each unit of a layer belongs to a class.
export const hasClassUnits = ({ sizes, names }, layer) => layer === sizes.length - 1 && sizes.at(-1) === names.length;

// Returns the text of a unit of a layer, from 0: of layer 0, the input.
export function unitName(model, layer, unit) {
  if (layer === 0) return inputName(model.shape, unit);
  return hasClassUnits(model, layer) ? `unit ${unit}, for ${model.names[unit]}` : `unit ${unit}`;
}

// Returns the text of an activation of a layer.
function activationText(model, layer, value) {
  return model.activations[layer - 1] === "softmax" ? probabilityText(value) : formatNumber(value);
}

// Shows the layers. `choose(layer, unit)` is called for a chosen unit.
export function startLayers(model, choose) {
  const [rows, columns, channels = 1] = model.shape;
  let shown = null;

  function cellText(layer, cell) {
    if (!shown) return "";
    const first = layer ? cell : cell * channels;
    const cellValues = shown.a[layer].subarray(first, first + (layer ? 1 : channels));
    const values = Array.from(cellValues, (value) => activationText(model, layer, value));
    const name = layer ? unitName(model, layer, cell) : inputName([rows, columns], cell);
    return `${name}: ${values.join(", ")}`;
  }
  const views = model.sizes.map((units, layer) => {
    const count = layer ? units : rows * columns;
    const title = layer ? `Layer ${layer}: ${grouped(units)} units, ${model.activations[layer - 1]}` : "Input";
    const reading = element("span", { className: "reading" });
    const width = layer ? columnsOf(units) * (units <= 32 ? 1.75 : units <= 512 ? 1.1 : 0.55) : 10;
    const cells = createCells({
      count, columns: layer ? columnsOf(units) : columns, width, label: `${title}. A unit`, gaps: layer > 0,
      describe: (cell) => cellText(layer, cell),
      onPoint: (cell) => {
        reading.textContent = cell === null ? "" : cellText(layer, cell);
        if (shown) lightUnit(...(cell === null ? shown.chosen : [layer, cell]));
      },
      onChoose: layer ? (unit) => choose(layer, unit) : undefined,
    });
    const caption = element("figcaption", {}, element("b", {}, title), " ", reading);
    return { cells, figure: element("figure", {}, caption, cells.frame) };
  });
  const [input, ...layers] = views.map(({ figure }) => figure);
  document.getElementById("layers").replaceChildren(input, element("div", {}, ...layers));

  // Lights a unit and some of its inputs.
  function light(layer, unit, inputs) {
    const below = new Set(layer === 1 ? inputs.map((i) => Math.floor(i / channels)) : inputs);
    const lit = new Map([[layer, [unit]], [layer - 1, [...below]]]);
    views.forEach(({ cells }, l) => cells.light(lit.get(l) ?? []));
  }
  // Lights a unit and the inputs that have its largest products.
  function lightUnit(layer, unit) {
    if (!layer) {
      light(layer, unit, []);
      return;
    }
    const { products } = unitTerms(shown.layers, shown, layer, unit);
    light(layer, unit, largestIndices(products, MAX_LIT_INPUTS).filter((i) => products[i] !== 0));
  }
  // Takes a trace, the layers of the network, pixel values, and the layer and unit that is chosen.
  function show(trace) {
    shown = trace;
    const { a, pixels } = trace;
    views.forEach(({ cells }, l) => {
      const colourOf = divergingColours(largest(a[l]));
      cells.show(l ? (i) => colourOf(a[l][i]) : (i) => pixelColour(pixels, i, channels));
    });
    lightUnit(...shown.chosen);
  }
  // Lights a unit of the chosen layer with one of its inputs, or for null with those of its largest products.
  function lightInput(input, unit = shown.chosen[1]) {
    const [layer] = shown.chosen;
    if (input === null) lightUnit(layer, unit);
    else light(layer, unit, [input]);
  }
  return { show, lightInput };
}
