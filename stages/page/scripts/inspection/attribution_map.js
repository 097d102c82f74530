// Which inputs spoke for and against a class, over the image.

import { inputName } from "./layers.js";
import { classContributions, isPiecewiseLinear, sumChannels } from "../network/attribution.js";
import { largest } from "../network/network.js";
import { createCells } from "../view/cells.js";
import { element, isolated } from "../view/elements.js";
import { columnFormat, formatNumber } from "../view/numbers.js";
import { colour, mixColours, paint, pixelColour } from "../view/pictures.js";
import { shownClasses } from "../view/predictions.js";

// How much of the image is seen behind the colours.
const IMAGE_VISIBILITY = 0.35;

export function startAttributionMap(model) {
  const [rows, columns, channels = 1] = model.shape;
  const choices = document.getElementById("attribution-classes");
  const sentence = document.getElementById("attribution-sum");
  const reading = document.getElementById("attribution-reading");
  let shown = null;
  let label = 0;

  const describe = (pixel) => {
    if (!shown) return "";
    return `${inputName([rows, columns], pixel)}: ${formatNumber(shown.contributions.get(label).pixels[pixel])}`;
  };
  const map = createCells({
    count: rows * columns,
    columns,
    width: 18,
    label: "Contributions of the pixels to the logit. A pixel",
    gaps: false,
    describe,
    onPoint: (pixel) => {
      reading.textContent = pixel === null ? "" : describe(pixel);
      map.light(pixel === null ? [] : [pixel]);
    },
  });
  document.getElementById("attribution-map").append(map.frame);

  // Returns a function from pixels to colours: the contribution's, over the image in grey.
  function coloursOf(pixels) {
    const [low, zero, high, ink] = ["--low", "--zero", "--high", "--ink-rgb"].map(colour);
    return (pixel) => {
      const [red, green, blue] = pixelColour(shown.pixels, pixel, channels);
      const brightness = (IMAGE_VISIBILITY * (red + green + blue)) / 765;
      const ground = zero.map((from, c) => from + brightness * (ink[c] - from));
      return mixColours(pixels[pixel] / shown.limit, low, ground, high);
    };
  }
  function showClass() {
    const { pixels, biases } = shown.contributions.get(label);
    map.show(coloursOf(pixels));
    const sum = pixels.reduce((total, value) => total + value, 0);
    const logit = logitOf(label);
    const name = model.names[label];
    sentence.textContent = isPiecewiseLinear(model.activations)
      ? `The contributions of all pixels to the logit of ${name} add up to ${formatNumber(sum)}; those of the biases `
        + `to ${formatNumber(biases)}. Their sum is the logit, ${formatNumber(logit)}.`
      : `The logit of ${name} is ${formatNumber(logit)}. The activations are curved, so that the contributions `
        + "need not add up to it.";
  }
  const logitOf = (k) => {
    const z = shown.z.at(-1);
    return z.length > 1 ? z[k] : (k ? z[0] : -z[0]);
  };
  function choice(k, format) {
    const radio = element("input", { type: "radio", name: "attribution-class", value: k, checked: k === label });
    radio.addEventListener("change", () => { label = k; showClass(); });
    const canvas = element("canvas", { width: columns, height: rows, "aria-hidden": "true" });
    const colourOf = coloursOf(shown.contributions.get(k).pixels);
    paint(canvas, (i) => [...colourOf(i), 255]);
    const logit = element("span", {}, format(logitOf(k)));
    return element("label", {}, radio, canvas, isolated(model.names[k]), logit);
  }
  // Takes a trace, the parameters, pixel values and the prediction. `isNew` selects the predicted class.
  function show(trace, isNew) {
    const { a, parameters, prediction } = trace;
    const labels = shownClasses(model.names, prediction);
    if (isNew || !labels.includes(label)) label = prediction.best;
    const contributions = new Map(labels.map((k) => {
      const { inputs, biases } = classContributions(model, parameters, a, k);
      return [k, { pixels: sumChannels(inputs, channels), biases }];
    }));
    const limit = Math.max(...Array.from(contributions.values(), ({ pixels }) => largest(pixels))) || 1;
    shown = { ...trace, contributions, limit };
    const format = columnFormat(labels.map(logitOf));
    choices.replaceChildren(...labels.map((k) => choice(k, format)));
    document.getElementById("attribution-limits").replaceChildren(
      element("span", {}, `${formatNumber(-limit)} against`),
      element("span", { className: "gradient" }),
      element("span", {}, `${formatNumber(limit)} for`),
    );
    showClass();
  }
  return { show };
}
