// The numbers behind one unit, as network.js computes them.

import { largest, toGrid } from "./network.js";

// Returns what layer `layer`, from 1, computes for `unit`: its inputs, weights and products, their
// exact sum, the bias, z and the activation. Inputs and weights are rounded to a grid on which the
// products add up exactly.
export function unitTerms(layers, { z, a }, layer, unit) {
  const { weight, bias, inputBits } = layers[layer - 1];
  const below = a[layer - 1];
  const inputs = toGrid(below, largest(below), inputBits);
  const weights = weight.subarray(unit * inputs.length, (unit + 1) * inputs.length);
  const products = inputs.map((input, i) => input * weights[i]);
  return {
    inputs,
    weights,
    products,
    sum: products.reduce((total, product) => total + product, 0),
    bias: bias[unit],
    z: z[layer - 1][unit],
    activation: a[layer][unit],
  };
}

// Returns the indices of the `count` largest values, by absolute value; of equal ones, the first.
export function largestIndices(values, count) {
  const indices = [];
  const size = (i) => Math.abs(values[i]);
  for (let i = 0; i < values.length; i += 1) {
    if (indices.length === count && size(i) <= size(indices.at(-1))) continue;
    let position = indices.length;
    while (position > 0 && size(i) > size(indices[position - 1])) position -= 1;
    indices.splice(position, 0, i);
    if (indices.length > count) indices.pop();
  }
  return indices;
}

// Returns the indices of the `count` largest products, and the number and the sum of all others.
export function largestProducts(products, count) {
  const shown = largestIndices(products, count);
  const isShown = new Set(shown);
  const rest = products.reduce((sum, product, i) => (isShown.has(i) ? sum : sum + product), 0);
  return { shown, others: products.length - shown.length, rest };
}
