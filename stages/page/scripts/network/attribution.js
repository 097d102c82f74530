// Which inputs spoke for and against a class, as nncore/analysis/attribution.py computes it.

import { LEAKY_SLOPE } from "./network.js";

// Derivatives by z, from the activation a.
const DERIVATIVES = {
  identity: () => 1,
  leaky_relu: (a) => (a > 0 ? 1 : LEAKY_SLOPE),
  relu: (a) => (a > 0 ? 1 : 0),
  sigmoid: (a) => a * (1 - a),
  tanh: (a) => 1 - a * a,
};

// Returns the contribution ∂z/∂x · x of each input x to z of one unit of the last layer, and likewise that of
// all biases; a are the activations of all layers.
function gradientTimesInput({ sizes, activations }, parameters, a, unit) {
  // The biases stand behind all weights.
  let start = parameters.length - sizes.slice(1).reduce((sum, units) => sum + units);
  let biasStart = parameters.length;
  let biases = 0;
  let gradient = new Float64Array(sizes.at(-1));
  gradient[unit] = 1;
  for (let l = sizes.length - 2; l >= 0; l -= 1) {
    const below = new Float64Array(sizes[l]);
    start -= sizes[l] * sizes[l + 1];
    biasStart -= sizes[l + 1];
    biases += gradient.reduce((sum, slope, k) => sum + slope * parameters[biasStart + k], 0);
    for (let k = 0; k < gradient.length; k += 1) {
      const slope = gradient[k];
      const row = start + k * sizes[l];
      if (slope) for (let i = 0; i < below.length; i += 1) below[i] += slope * parameters[row + i];
    }
    gradient = l ? below.map((slope, i) => slope * DERIVATIVES[activations[l - 1]](a[l][i])) : below;
  }
  return { inputs: gradient.map((slope, i) => slope * a[0][i]), biases };
}

// Returns the contributions to the logit of a class. A single output is that of the second of two classes.
export function classContributions(model, parameters, a, label) {
  if (model.sizes.at(-1) > 1) return gradientTimesInput(model, parameters, a, label);
  const { inputs, biases } = gradientTimesInput(model, parameters, a, 0);
  return label ? { inputs, biases } : { inputs: inputs.map((value) => -value), biases: -biases };
}

// Returns the sums of the channels of each pixel.
export function sumChannels(values, channels) {
  const pixels = new Float64Array(values.length / channels);
  values.forEach((value, i) => { pixels[Math.floor(i / channels)] += value; });
  return pixels;
}

// Returns whether the contributions of all inputs and biases add up to the logit.
export function isPiecewiseLinear(activations) {
  return activations.slice(0, -1).every((name) => ["identity", "leaky_relu", "relu"].includes(name));
}
