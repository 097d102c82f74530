// The part of each input in each logit, as nncore/analysis/attribution.py computes it.

// Derivatives by z, from the activation a.
const DERIVATIVES = {
  identity: () => 1,
  leaky_relu: (a) => (a > 0 ? 1 : LEAKY_SLOPE),
  relu: (a) => (a > 0 ? 1 : 0),
  sigmoid: (a) => a * (1 - a),
  tanh: (a) => 1 - a * a,
};

// Returns, for one output of the last layer, ∂z/∂x · x of each input x.
function gradientTimesInput({ sizes, activations }, parameters, { a }, output) {
  let start = parameters.length - sizes.slice(1).reduce((sum, units) => sum + units);
  let gradient = Float64Array.of(...Array(sizes.at(-1)).keys()).map((unit) => (unit === output ? 1 : 0));
  for (let l = sizes.length - 2; l >= 0; l -= 1) {
    const below = new Float64Array(sizes[l]);
    start -= sizes[l] * sizes[l + 1];
    gradient.forEach((slope, unit) => {
      if (!slope) return;
      const row = start + unit * sizes[l];
      for (let i = 0; i < sizes[l]; i += 1) below[i] += slope * parameters[row + i];
    });
    gradient = l ? below.map((slope, i) => slope * DERIVATIVES[activations[l - 1]](a[l][i])) : below;
  }
  return gradient.map((slope, i) => slope * a[0][i]);
}
