// Edits of a network: each one changes a parameter vector in place.

// Returns views of the parameters of each layer: weights unit by unit, and biases.
function parameterViews(sizes, parameters) {
  let start = 0;
  let biasStart = parameters.length - sizes.slice(1).reduce((sum, units) => sum + units);
  return sizes.slice(1).map((units, l) => {
    const inputs = sizes[l];
    const weight = parameters.subarray(start, start + inputs * units);
    const bias = parameters.subarray(biasStart, biasStart + units);
    start += inputs * units;
    biasStart += units;
    return { inputs, units, weight, bias, row: (unit) => weight.subarray(unit * inputs, (unit + 1) * inputs) };
  });
}

// Each takes the views and its settings; layers count from 1, units from 0.
const EDITS = {
  // The unit has no effect: nothing above reads it.
  unitOff: (views, { layer, unit }) => {
    const above = views[layer];
    for (let k = 0; k < above.units; k += 1) above.row(k)[unit] = 0;
  },
  // No unit of layer 1 reads these inputs.
  inputsOff: ([first], { inputs }) => {
    for (let unit = 0; unit < first.units; unit += 1) {
      const row = first.row(unit);
      for (const i of inputs) row[i] = 0;
    }
  },
  shiftBias: (views, { layer, unit, amount }) => { views[layer - 1].bias[unit] += amount; },
  scaleWeights: (views, { layer, unit, factor }) => {
    const row = views[layer - 1].row(unit);
    row.forEach((weight, i) => { row[i] = weight * factor; });
  },
  // Sets the smallest weights of the whole network to 0; of equal ones, the first.
  prune: (views, { fraction }) => {
    const sizes = Float32Array.from(views.flatMap(({ weight }) => Array.from(weight, Math.abs)));
    const count = Math.round(fraction * sizes.length);
    if (!count) return;
    const limit = sizes.slice().sort()[count - 1];
    let equal = count - sizes.reduce((smaller, size) => smaller + (size < limit), 0);
    for (const { weight } of views) {
      weight.forEach((value, i) => {
        const size = Math.abs(value);
        if (size < limit || (size === limit && equal > 0)) {
          if (size === limit) equal -= 1;
          weight[i] = 0;
        }
      });
    }
  },
  // Adds to each weight a number of standard deviation `amount` times that of its layer's weights.
  noise: (views, { amount, seed }) => {
    const random = seededRandom(seed);
    for (const { weight } of views) {
      const square = weight.reduce((sum, value) => sum + value * value, 0) / weight.length;
      const scale = amount * Math.sqrt(square);
      weight.forEach((value, i) => { weight[i] = value + scale * roughlyNormal(random); });
    }
  },
  // Divides the logits.
  temperature: (views, { temperature }) => {
    const { weight, bias } = views.at(-1);
    for (const values of [weight, bias]) values.forEach((value, i) => { values[i] = value / temperature; });
  },
};

// Returns an edited copy of the parameters.
function applyEdits(sizes, parameters, edits) {
  const edited = parameters.slice();
  const views = parameterViews(sizes, edited);
  for (const { name, ...settings } of edits) EDITS[name](views, settings);
  return edited;
}

// Returns a generator of numbers from 0 to 1, the same in every browser: Tommy Ettinger's Mulberry32.
function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

// The sum of twelve such numbers has the variance 1; Math.log differs between browsers.
function roughlyNormal(random) {
  let sum = -6;
  for (let k = 0; k < 12; k += 1) sum += random();
  return sum;
}
