// The mathematics of one unit, cell by cell.

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

// `choose(layer, unit)` and `lightInput(input)` tell the other views.
function startArithmetic(model, choose, lightInput) {
  const layerChoice = document.getElementById("unit-layer");
  const unitChoice = document.getElementById("unit-number");
  const products = document.getElementById("unit-products");
  const table = document.getElementById("unit-table");
  const reading = document.getElementById("unit-reading");
  const steps = document.getElementById("softmax-table");
  const [rows, columns, channels = 1] = model.shape;
  let grid = null;
  let shown = null;

  layerChoice.append(...model.activations.map((name, l) => new Option(`${l + 1} (${name})`, l + 1)));
  layerChoice.addEventListener("change", () => choose(Number(layerChoice.value), 0));
  unitChoice.addEventListener("change", () => {
    const highest = Number(unitChoice.max);
    choose(Number(layerChoice.value), Math.min(Math.max(Math.round(Number(unitChoice.value)) || 0, 0), highest));
  });

  const inputText = (input) => {
    const { layer, terms } = shown;
    const numbers = [terms.inputs, terms.weights, terms.products].map((values) => formatNumber(values[input]));
    return `${unitName(model, layer - 1, input)}: ${numbers[0]} × ${numbers[1]} = ${numbers[2]}`;
  };
  // Lights an input: its product, its row if the table has it, and its unit in the layer below.
  function light(input) {
    grid.light(input === null ? [] : [shown.layer === 1 ? Math.floor(input / channels) : input]);
    for (const row of table.querySelectorAll("tr")) row.classList.toggle("lit", input !== null && row.dataset.input === String(input));
    reading.textContent = input === null ? "" : inputText(input);
    lightInput(input);
  }
  function lightPixel(pixel) {
    if (channels === 1 || pixel === null) return light(pixel);
    // Of the three products of a pixel, the largest.
    const three = shown.terms.products.subarray(3 * pixel, 3 * pixel + 3);
    return light(3 * pixel + bySize(three)[0]);
  }
  function makeGrid(layer) {
    const units = model.sizes[layer - 1];
    const isPicture = layer === 1;
    grid = createCells({
      count: isPicture ? rows * columns : units, columns: isPicture ? columns : productColumns(units),
      width: isPicture ? 18 : 1.1 * productColumns(units), label: "Products of inputs and weights. A product", gaps: !isPicture,
      describe: (cell) => inputText(isPicture ? cell * channels : cell), onPoint: isPicture ? lightPixel : light,
    });
    products.replaceChildren(grid.frame);
  }
  function productRows({ inputs, weights, products: all, ...terms }) {
    const { shown: indices, others, rest } = largestProducts(all, MAX_PRODUCTS);
    const at = (values) => columnFormat(Array.from(indices, (i) => values[i]));
    const sums = columnFormat([...indices.map((i) => all[i]), rest, terms.sum, terms.bias, terms.z, terms.activation]);
    const [input, weight] = [at(inputs), at(weights)];
    const found = indices.map((i) => [
      unitName(model, shown.layer - 1, i), input(inputs[i]), weight(weights[i]), sums(all[i]),
    ]);
    if (others) found.push([`the other ${grouped(others)} products`, "", "", sums(rest)]);
    found.push([`sum of ${grouped(all.length)} products`, "", "", sums(terms.sum)]);
    found.push(["+ bias", "", "", sums(terms.bias)]);
    found.push(["= z", "", "", sums(terms.z)]);
    found.push([`a = ${FORMULAS[model.activations[shown.layer - 1]]}`, "", "", sums(terms.activation)]);
    return [indices, found];
  }
  function fillTable(caption) {
    const [indices, found] = productRows(shown.terms);
    const made = tableOf(caption, ["input", "value", "× weight", "= product"], found);
    const lines = Array.from(made.tBodies[0].rows);
    lines.slice(indices.length).forEach((line) => line.classList.add("total"));
    lines.slice(0, indices.length).forEach((line, k) => {
      line.dataset.input = indices[k];
      line.tabIndex = k ? -1 : 0;
      line.addEventListener("pointerenter", () => light(indices[k]));
      line.addEventListener("pointerleave", () => light(null));
      line.addEventListener("focus", () => light(indices[k]));
      line.addEventListener("blur", () => light(null));
      line.addEventListener("keydown", (event) => {
        const next = { ArrowDown: lines[k + 1], ArrowUp: lines[k - 1] }[event.key];
        if (!next?.dataset.input) return;
        event.preventDefault();
        line.tabIndex = -1;
        next.tabIndex = 0;
        next.focus();
      });
    });
    table.replaceChildren(made);
  }
  function fillSteps(z, unit) {
    const { highest, differences, powers, total, outputs } = softmaxSteps(z);
    const columnsOfSteps = [z, differences, powers, outputs];
    const formats = [...[z, differences].map(columnFormat), formatNumber, formatNumber];
    const order = z.length > MAX_PRODUCTS ? Array.from(outputs.keys()).sort((i, j) => outputs[j] - outputs[i] || i - j) : Array.from(outputs.keys());
    const found = order.slice(0, MAX_PRODUCTS).map((k) => [className(model.names[k]), ...columnsOfSteps.map((values, c) => formats[c](values[k]))]);
    if (order.length > found.length) {
      const rest = order.slice(found.length);
      const sum = (values) => rest.reduce((all, k) => all + values[k], 0);
      found.push([`the other ${grouped(rest.length)}`, "", "", formats[2](sum(powers)), formats[3](sum(outputs))]);
    }
    found.push(["sum", "", "", formatNumber(total), "1"]);
    const caption = `Softmax: the largest z is ${formatNumber(highest)}`;
    const made = tableOf(caption, ["class", "z", "z − max", "e to this", "÷ sum"], found);
    order.slice(0, MAX_PRODUCTS).forEach((k, line) => made.tBodies[0].rows[line].classList.toggle("lit", k === unit));
    steps.replaceChildren(made);
  }
  // Takes a trace with the layers of the network, and the layer and unit that is chosen.
  function show(trace) {
    const [layer, unit] = trace.chosen;
    const isOther = shown?.layer !== layer;
    shown = { layer, terms: unitTerms(trace.layers, trace, layer, unit) };
    if (isOther) makeGrid(layer);
    layerChoice.value = layer;
    [unitChoice.max, unitChoice.value] = [model.sizes[layer] - 1, unit];
    const pixels = layer === 1 ? sumChannels(shown.terms.products, channels) : shown.terms.products;
    const colourOf = divergingColours(largest(pixels));
    grid.show((i) => colourOf(pixels[i]));
    const count = shown.terms.products.length;
    const of = count > MAX_PRODUCTS ? `, the ${MAX_PRODUCTS} largest of ${grouped(count)} products` : "";
    fillTable(`Layer ${layer}, ${unitName(model, layer, unit)}${of}`);
    steps.hidden = model.activations[layer - 1] !== "softmax";
    if (!steps.hidden) fillSteps(trace.z.at(-1), unit);
  }
  return { show };
}
