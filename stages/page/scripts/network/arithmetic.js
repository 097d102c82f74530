// The numbers behind one unit, and behind softmax, as network.js computes them.

import { exactSum, exp, largest, toGrid } from "./network.js";

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

// Returns the indices of the `count` largest products, by absolute value, and the sum of all others.
export function largestProducts(products, count) {
  const order = bySize(products);
  const rest = order.slice(count);
  return {
    shown: order.slice(0, count),
    others: rest.length,
    rest: rest.reduce((total, i) => total + products[i], 0),
  };
}

// Returns the steps of softmax for each z: the difference from the highest, its power of e, and the
// quotient of this and the total.
export function softmaxSteps(z) {
  const highest = z.reduce((most, value) => Math.max(most, value));
  const differences = Array.from(z, (value) => value - highest);
  const powers = differences.map(exp);
  const total = exactSum(powers, 1);
  return { highest, differences, powers, total, outputs: Float32Array.from(powers, (power) => power / total) };
}

// Returns the indices of the values, the largest absolute value first; of equal ones, the first.
export function bySize(values) {
  return Array.from(values.keys()).sort((i, j) => Math.abs(values[j]) - Math.abs(values[i]) || i - j);
}
