// The forward pass of nncore/propagation.py, and the reading of its outputs in nncore/model.py.
// Parameters are float32; sums are taken in double precision, which moves answers by about 1e-6.

// nncore/activations.py, each in place.
const ACTIVATIONS = {
  identity: (z) => z,
  leaky_relu: (z) => z.forEach((value, i) => { z[i] = Math.max(value, 0.01 * value); }),
  relu: (z) => z.forEach((value, i) => { z[i] = Math.max(value, 0); }),
  sigmoid: (z) => z.forEach((value, i) => { z[i] = 0.5 + 0.5 * Math.tanh(0.5 * value); }),
  tanh: (z) => z.forEach((value, i) => { z[i] = Math.tanh(value); }),
  softmax: (z) => {
    // Not Math.max(...z): an argument for each class.
    const highest = z.reduce((most, value) => Math.max(most, value));
    let sum = 0;
    z.forEach((value, i) => { z[i] = Math.exp(value - highest); sum += z[i]; });
    z.forEach((value, i) => { z[i] = value / sum; });
  },
};

// Parameters are one vector: the weights of all layers, unit by unit, then all biases.
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

function forward(layers, activations, input) {
  let a = input;
  layers.forEach(({ weight, bias }, l) => {
    const z = new Float64Array(bias.length);
    for (let unit = 0; unit < z.length; unit += 1) {
      const start = unit * a.length;
      let sum = bias[unit];
      for (let i = 0; i < a.length; i += 1) sum += a[i] * weight[start + i];
      z[unit] = sum;
    }
    ACTIVATIONS[activations[l]](z);
    a = z;
  });
  return a;
}

// Outputs that were not trained to sum to 1 are clipped to [0, 1] and divided by their sum.
function judge(outputs) {
  const clipped = Array.from(outputs, (value) => Math.min(Math.max(value, 0), 1));
  const sum = clipped.reduce((total, value) => total + value, 0);
  const probabilities = clipped.map((value) => (sum > 0 ? value / sum : 1 / clipped.length));
  // Of the outputs themselves: clipping may have made several of them equal.
  const best = outputs.reduce((place, value, i) => (value > outputs[place] ? i : place), 0);
  return { best, probabilities };
}

// Returns a function from pixel values, 0 to 255, to the most probable class and probabilities.
function predictor(model, parameters) {
  const layers = layersOf(model.sizes, parameters);
  const scaled = Float32Array.from({ length: 256 }, (_, value) => (value - model.mean) / model.std);
  return (pixels) => judge(forward(layers, model.activations, Array.from(pixels, (v) => scaled[v])));
}
