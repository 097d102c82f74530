// The forward pass of nncore/network/propagation.py, and the probabilities of nncore/model.py.
// Layers are float32, as in Python. Each sum is computed in double precision and rounded once, so
// only the rounding of Python's own float32 sums differs: by about 1e-6 in a probability.

// Constants and formulas of nncore/functions/activations.py.
const LEAKY_SLOPE = 0.01;
const SIGMOID_MAX_INPUT = 80;

const mapInPlace = (z, f) => z.forEach((value, i) => { z[i] = f(value); });

function sigmoid(z) {
  // Above this input the sigmoid is 1 to the last bit in float32, where exp would overflow at 89.
  const e = Math.exp(Math.min(z, SIGMOID_MAX_INPUT));
  return e / (1 + e);
}

// Each turns z into its activation in place.
const ACTIVATIONS = {
  identity: () => {},
  leaky_relu: (z) => mapInPlace(z, (value) => Math.max(value, LEAKY_SLOPE * value)),
  relu: (z) => mapInPlace(z, (value) => Math.max(value, 0)),
  sigmoid: (z) => mapInPlace(z, sigmoid),
  tanh: (z) => mapInPlace(z, Math.tanh),
  softmax: (z) => {
    // Not Math.max(...z), which passes an argument for each class.
    const highest = z.reduce((most, value) => Math.max(most, value));
    mapInPlace(z, (value) => Math.exp(value - highest));
    const sum = z.reduce((total, value) => total + value, 0);
    mapInPlace(z, (value) => value / sum);
  },
};

// Splits the parameter vector: the weights of all layers, unit by unit, then all biases.
function layersOf(sizes, parameters) {
  const layers = [];
  let start = 0;
  for (let l = 1; l < sizes.length; l += 1) {
    const end = start + sizes[l - 1] * sizes[l];
    layers.push({ weight: parameters.subarray(start, end) });
    start = end;
  }
  layers.forEach((layer, l) => {
    layer.bias = parameters.subarray(start, start + sizes[l + 1]);
    start += sizes[l + 1];
  });
  return layers;
}

// Returns the last layer's z and its activation.
function forward(layers, activations, input) {
  let a = input;
  let logits = input;
  layers.forEach(({ weight, bias }, l) => {
    const z = new Float32Array(bias.length);
    for (let unit = 0; unit < z.length; unit += 1) {
      const start = unit * a.length;
      let sum = bias[unit];
      for (let i = 0; i < a.length; i += 1) sum += a[i] * weight[start + i];
      z[unit] = sum;
    }
    logits = z;
    a = z.slice();
    ACTIVATIONS[activations[l]](a);
  });
  return { logits, outputs: a };
}

// Prediction.from_outputs of nncore/model.py: outputs are clipped to [0, 1] and divided by their
// sum; where all are 0, each class is equally likely.
function predictionFromOutputs(outputs) {
  const clipped = Array.from(outputs, (value) => Math.min(Math.max(value, 0), 1));
  const sum = clipped.reduce((total, value) => total + value, 0);
  const probabilities = clipped.map((value) => (sum > 0 ? value / sum : 1 / clipped.length));
  // The class is that of the highest output: clipping may have made several outputs equal.
  const best = outputs.reduce((highest, value, i) => (value > outputs[highest] ? i : highest), 0);
  return { best, probabilities };
}

// Normalization.table of nncore/data/preprocessing.py: the network's input for each pixel value.
function normalizationTable(mean, std) {
  return Float32Array.from({ length: 256 }, (_, value) => (value - mean) / std);
}

// Returns a function from pixel values, 0 to 255, to logits, outputs, probabilities and the class
// with the highest output.
function createPredictor({ sizes, activations, mean, std }, parameters) {
  const layers = layersOf(sizes, parameters);
  const table = normalizationTable(mean, std);
  return (pixels) => {
    const { logits, outputs } = forward(layers, activations, Float32Array.from(pixels, (value) => table[value]));
    return { logits, outputs, ...predictionFromOutputs(outputs) };
  };
}
