// Predictions as text, as bars and as small images.

import { element, isolated } from "./elements.js";
import { confidenceText } from "./numbers.js";
import { paintImage } from "./pictures.js";

export function predictionText(names, prediction) {
  if (!prediction) return "The pad is empty.";
  const { best, probabilities } = prediction;
  const describe = (i) => `${names[i]} (${confidenceText(probabilities[i])})`;
  const others = names.map((_, i) => i).filter((i) => i !== best && probabilities[i] >= 0.0005);
  others.sort((a, b) => probabilities[b] - probabilities[a]);
  return [describe(best), ...others.slice(0, 2).map(describe)].join("; or ");
}

// Returns each class in order or, of more than 12, the 10 most probable.
export function shownClasses(names, prediction) {
  const order = names.map((_, i) => i);
  if (names.length > 12 && prediction) order.sort((a, b) => prediction.probabilities[b] - prediction.probabilities[a]);
  return order.slice(0, names.length > 12 ? 10 : 12);
}

export function showProbabilities(names, prediction) {
  const list = document.getElementById("probabilities");
  // Paper shows no empty pad.
  list.classList.toggle("empty", !prediction);
  list.replaceChildren(...shownClasses(names, prediction).map((i) => {
    const probability = prediction ? prediction.probabilities[i] : 0;
    const fill = element("span");
    fill.style.width = `${100 * probability}%`;
    const number = prediction ? confidenceText(probability) : "–";
    return element(
      "li", {}, isolated(names[i]), element("span", { className: "bar" }, fill), element("span", { className: "number" }, number),
    );
  }));
}

// Fills a list with buttons of small images; `items` have their pixels, a label, a caption of elements
// or texts, and a function `choose`.
export function showSmallImages(list, [rows, columns], items) {
  list.replaceChildren(...items.map(({ pixels, label, caption, choose }) => {
    const canvas = element("canvas", { width: columns, height: rows, "aria-hidden": "true" });
    paintImage(canvas, pixels);
    const button = element("button", { type: "button", "aria-label": `${label}. Look inside` }, canvas);
    button.addEventListener("click", choose);
    return element("li", {}, button, element("p", {}, ...caption));
  }));
}
