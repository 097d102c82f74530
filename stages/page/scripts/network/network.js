// The forward pass of nncore/network/propagation.py, and the probabilities of
// nncore/network/prediction.py, bit for bit: JavaScript's numbers are float64, and exact sums have
// no order. Names are those of nncore/functions/exact.py and nncore/functions/elementary.py, which
// explain the steps.

export const LEAKY_SLOPE = Math.fround(0.01);
const MANTISSA_BITS = 53;
const LN2 = 0.693147180559945309417;
const LOWEST = -104;
const HIGHEST = 89;
const STEPS = 64;
const PER_STEP = STEPS / LN2;
const STEP = LN2 / STEPS;
const C1 = STEP;
const C2 = (STEP * STEP) / 2;
const C3 = (STEP * STEP * STEP) / 6;

const number = new Float64Array(1);
const halves = new Uint32Array(number.buffer);
// Where numbers are little-endian, as on all processors that browsers run on, the exponent is there.
const HIGH_HALF = 1;

// Returns the largest power of two that is not above a positive number; 0 for 0.
function powerOfTwoBelow(value) {
  number[0] = value;
  halves[HIGH_HALF] &= 0x7ff00000;
  halves[1 - HIGH_HALF] = 0;
  return number[0];
}

// Returns 2^exponent.
function powerOfTwo(exponent) {
  halves[HIGH_HALF] = (exponent + 1023) << 20;
  halves[1 - HIGH_HALF] = 0;
  return number[0];
}

// 2^(n/64) for n from 0 to 63.
const FRACTIONS = Float64Array.from({ length: STEPS }, (_, n) => {
  const x = n * STEP;
  const factorials = [1];
  for (let k = 1; k < 20; k += 1) factorials.push(factorials[k - 1] * k);
  return factorials.map((factorial) => 1 / factorial).reduceRight((sum, term) => sum * x + term);
});

// Rounds to the nearest integer, halves to the even one.
const INTEGERS = 1.5 * 2 ** (MANTISSA_BITS - 1);
const rint = (x) => (x + INTEGERS) - INTEGERS;

export const largest = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const bitLength = (count) => 32 - Math.clz32(count);
const sumBits = (length) => Math.min(MANTISSA_BITS - bitLength(length - 1), MANTISSA_BITS - 2);

// Returns the bits of a grid on which products of two numbers, `length` of them, add up exactly.
function productBits(length, other) {
  const bits = MANTISSA_BITS - bitLength(length - 1);
  return other === undefined ? Math.floor(bits / 2) : bits - other;
}

// Returns values rounded to a grid of so many bits below the bound.
export function toGrid(values, bound, bits) {
  const shift = 1.5 * powerOfTwo(MANTISSA_BITS - bits) * powerOfTwoBelow(bound);
  // Not Float64Array.from with a function, which takes seven times as long.
  return new Float64Array(values).map((value) => (value + shift) - shift);
}

const exactSum = (values, bound) => (
  toGrid(values, bound, sumBits(values.length)).reduce((total, value) => total + value, 0)
);

// Returns p and q of e^x = p + p q.
function expParts(x) {
  const steps = Math.min(Math.max(x, LOWEST), HIGHEST) * PER_STEP;
  const n = rint(steps);
  const d = steps - n;
  const whole = Math.floor(n / STEPS);
  return [FRACTIONS[n - STEPS * whole] * powerOfTwo(whole), ((d * C3 + C2) * d + C1) * d];
}

function exp(x) {
  const [power, rest] = expParts(x);
  return rest * power + power;
}

function sigmoid(x) {
  const power = exp(x);
  return power / (power + 1);
}

function tanh(x) {
  const [power, rest] = expParts(-2 * Math.abs(x));
  const m = rest * power + (power - 1);
  // Math.sign keeps the sign of a zero too.
  return Math.sign(x) * Math.abs(m / (m + 2));
}

const mapInPlace = (z, f) => z.forEach((value, i) => { z[i] = f(value); });

// Each turns z, of float32, into its activation in place.
export const ACTIVATIONS = {
  identity: () => {},
  leaky_relu: (z) => mapInPlace(z, (value) => Math.max(value, Math.fround(LEAKY_SLOPE * value))),
  relu: (z) => mapInPlace(z, (value) => Math.max(value, 0)),
  sigmoid: (z) => mapInPlace(z, sigmoid),
  tanh: (z) => mapInPlace(z, tanh),
  softmax: (z) => z.set(softmaxSteps(z).outputs),
};

// Returns the steps of softmax for each z: the difference from the highest, its power of e, and the
// quotient of this and the total.
export function softmaxSteps(z) {
  // Not Math.max(...z), which passes an argument for each class.
  const highest = z.reduce((most, value) => Math.max(most, value));
  const differences = Array.from(z, (value) => value - highest);
  const powers = differences.map(exp);
  const total = exactSum(powers, 1);
  return { highest, differences, powers, total, outputs: Float32Array.from(powers, (power) => power / total) };
}

// Splits the parameter vector: the weights of all layers, unit by unit, then all biases.
function layersOf(sizes, parameters) {
  const layers = [];
  let start = 0;
  for (let l = 1; l < sizes.length; l += 1) {
    const end = start + sizes[l - 1] * sizes[l];
    const weight = parameters.subarray(start, end);
    const bits = productBits(Math.max(sizes[l - 1], sizes[l]));
    layers.push({
      weight: toGrid(weight, largest(weight), bits),
      inputBits: productBits(sizes[l - 1], bits),
    });
    start = end;
  }
  layers.forEach((layer, l) => {
    layer.bias = parameters.subarray(start, start + sizes[l + 1]);
    start += sizes[l + 1];
  });
  return layers;
}

// Returns z of the layers 1 to L, and a of the layers 0 to L, where a_0 is the input.
function forward(layers, activations, input) {
  const [z, a] = [[], [input]];
  layers.forEach(({ weight, bias, inputBits }, l) => {
    const below = a[l];
    const onGrid = toGrid(below, largest(below), inputBits);
    // Sums are exact, so that zeros need not be added: they are most of a digit's pixels.
    const used = Uint32Array.from(onGrid.keys()).filter((i) => onGrid[i] !== 0);
    z.push(new Float32Array(bias.length));
    for (let unit = 0; unit < bias.length; unit += 1) {
      const start = unit * below.length;
      let sum = 0;
      for (const i of used) sum += onGrid[i] * weight[start + i];
      z[l][unit] = Math.fround(sum) + bias[unit];
    }
    a.push(z[l].slice());
    ACTIVATIONS[activations[l]](a[l + 1]);
  });
  return { z, a };
}

// Returns an output for each class: a single one is that of the second of two classes.
const classOutputs = (outputs) => (
  outputs.length > 1 ? outputs : Float32Array.of(1 - outputs[0], outputs[0])
);

// Outputs are clipped to [0, 1] and divided by their sum; where all are 0, each class is equally
// likely.
function predictionFromOutputs(outputs) {
  const byClass = classOutputs(outputs);
  // Not Math.max, which would turn -0 into 0.
  const clipped = byClass.map((value) => (value < 0 ? 0 : Math.min(value, 1)));
  const sum = Math.fround(exactSum(clipped, largest(clipped)));
  const probabilities = clipped.map((value) => (sum > 0 ? value / sum : 1 / clipped.length));
  // The class is that of the highest output: clipping may have made several outputs equal.
  const best = byClass.reduce((highest, value, i) => (value > byClass[highest] ? i : highest), 0);
  return { best, probabilities };
}

// Normalization.table of nncore/data/preprocessing.py: the network's input for each pixel value.
function normalizationTable(mean, std) {
  return Float32Array.from({ length: 256 }, (_, value) => (value - mean) / std);
}

// Returns functions of pixel values, 0 to 255: `trace` to z and a of all layers; `predict` to these and the
// logits, outputs, probabilities and the class with the highest output. `layers` has the numbers of each layer.
export function createNetwork({ sizes, activations, mean, std }, parameters) {
  const layers = layersOf(sizes, parameters);
  const table = normalizationTable(mean, std);
  const trace = (pixels) => forward(layers, activations, Float32Array.from(pixels, (value) => table[value]));
  const predict = (pixels) => {
    const { z, a } = trace(pixels);
    return { z, a, logits: z.at(-1), outputs: a.at(-1), ...predictionFromOutputs(a.at(-1)) };
  };
  return { trace, predict, layers, parameters };
}
