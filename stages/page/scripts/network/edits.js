// Edits of a network. Each changes a copy of the parameter vector in place, and has a text.

import { pruneSmallest } from "./pruning.js";

// A slice of noise: some milliseconds.
const WEIGHTS_PER_STEP = 2 ** 13;

// Returns views of the parameters of each layer: the weights, unit by unit, and the biases.
export function parameterViews(sizes, parameters) {
  let start = 0;
  let biasStart = parameters.length - sizes.slice(1).reduce((sum, units) => sum + units);
  return sizes.slice(1).map((units, l) => {
    const inputs = sizes[l];
    const weight = parameters.subarray(start, start + inputs * units);
    const bias = parameters.subarray(biasStart, biasStart + units);
    start += inputs * units;
    biasStart += units;
    return { units, weight, bias, row: (unit) => weight.subarray(unit * inputs, (unit + 1) * inputs) };
  });
}

// Returns the inputs of the pixels in a region; first and last rows and columns belong to it.
export function inputsOf([, width, channels = 1], { rows: [top, bottom], columns: [left, right] }) {
  const inputs = [];
  for (let y = top; y <= bottom; y += 1) {
    for (let i = channels * (y * width + left); i < channels * (y * width + right + 1); i += 1) inputs.push(i);
  }
  return inputs;
}

const unitText = ({ layer, unit }) => `unit ${unit} of layer ${layer}`;

// `change` takes the views, the settings of an edit and the shape of an image; that of a long edit is a
// generator, which yields between its steps. Layers count from 1, units, rows and columns from 0.
export const EDITS = {
  // The unit has no effect: no unit of the next layer reads it.
  unitOff: {
    needsUnit: true,
    text: (edit) => `${unitText(edit)} switched off`,
    change: (views, { layer, unit }) => {
      const next = views[layer];
      for (let k = 0; k < next.units; k += 1) next.row(k)[unit] = 0;
    },
  },
  // No unit of layer 1 reads these inputs.
  regionOff: {
    text: ({ rows, columns }) => (
      `input rows ${rows.join(" to ")}, columns ${columns.join(" to ")} switched off`
    ),
    change: ([first], region, shape) => {
      const inputs = inputsOf(shape, region);
      for (let unit = 0; unit < first.units; unit += 1) {
        const row = first.row(unit);
        for (const i of inputs) row[i] = 0;
      }
    },
  },
  shiftBias: {
    needsUnit: true,
    text: (edit) => `bias of ${unitText(edit)} shifted by ${edit.amount}`,
    change: (views, { layer, unit, amount }) => { views[layer - 1].bias[unit] += amount; },
  },
  scaleWeights: {
    needsUnit: true,
    text: (edit) => `weights of ${unitText(edit)} multiplied by ${edit.factor}`,
    change: (views, { layer, unit, factor }) => multiply(views[layer - 1].row(unit), factor),
  },
  // Of equally small weights, the first ones become 0.
  prune: {
    text: ({ percent }) => `smallest ${percent} % of all weights set to 0`,
    change: (views, { percent }) => pruneSmallest(views.map(({ weight }) => weight), percent),
  },
  // The numbers have a deviation of `amount` times the RMS of their layer's weights.
  noise: {
    text: ({ amount, seed }) => (
      `noise of ${amount} times the RMS of each layer added to its weights, seed ${seed}`
    ),
    change: function* addNoise(views, { amount, seed }) {
      const random = seededRandom(seed);
      for (const { weight } of views) {
        const squares = weight.reduce((sum, value) => sum + value * value, 0);
        const deviation = amount * Math.sqrt(squares / weight.length);
        for (let start = 0; start < weight.length; start += WEIGHTS_PER_STEP) {
          addRandom(weight.subarray(start, start + WEIGHTS_PER_STEP), deviation, random);
          yield;
        }
      }
    },
  },
  // Softmax at a temperature, in the parameters of the last layer.
  temperature: {
    text: ({ temperature }) => `logits divided by the temperature ${temperature}`,
    change: (views, { temperature }) => {
      const { weight, bias } = views.at(-1);
      for (const values of [weight, bias]) values.forEach((value, i) => { values[i] = value / temperature; });
    },
  },
};

function addRandom(values, deviation, random) {
  for (let i = 0; i < values.length; i += 1) values[i] += deviation * almostNormal(random);
}

const multiply = (values, factor) => values.forEach((value, i) => { values[i] = value * factor; });

// Returns a promise of an edited copy of the parameters; `pause` is awaited between the steps of a long edit.
export async function applyEdit({ sizes, shape }, parameters, edit, pause) {
  const edited = parameters.slice();
  const steps = EDITS[edit.name].change(parameterViews(sizes, edited), edit, shape) ?? [];
  for (const _ of steps) await pause();
  return edited;
}

// Returns a generator of numbers from 0 to 1, the same in every browser: Mulberry32 by Tommy Ettinger.
function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

// Returns the sum of twelve uniform numbers, less 6: its variance is 1. Normal numbers need Math.log,
// which differs between browsers.
function almostNormal(random) {
  let sum = -6;
  for (let k = 0; k < 12; k += 1) sum += random();
  return sum;
}
