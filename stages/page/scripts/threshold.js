// The threshold of confidence below which a network would say “I don't know”.

import { counted, grouped, percent } from "./view/numbers.js";
import { speak } from "./view/speech.js";
import { addSvg } from "./view/svg.js";

const LIKELY = 0.95;

// Takes the samples by confidence, as stages/page/coverage.py counts them, and the frame of the curve.
export function startThreshold({ decimals, frame, highest, levels, mistakes, name, samples }) {
  const [slider, field, reading] = ["threshold", "threshold-number", "threshold-reading"].map((id) => (
    document.getElementById(id)
  ));
  const mark = addSvg(document.querySelector("#coverage-chart svg"), "circle", { r: 5, class: "chosen" });
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  const total = sum(samples);

  // Returns the number of answers from a confidence in per cent on, and how many of them are wrong.
  function answersFrom(percentage) {
    const level = Math.round(percentage * 10 ** (decimals - 2));
    const first = levels.findIndex((value) => value >= level);
    return first < 0 ? [0, 0] : [samples, mistakes].map((counts) => sum(counts.slice(first)));
  }
  function errorText(answers, wrong) {
    if (wrong) return `Of ${counted(answers, "answer")}, ${grouped(wrong)} ${wrong === 1 ? "is" : "are"} wrong: ${percent(wrong / answers)}.`;
    // The largest error with which this many answers are all right more often than once in twenty times.
    const possible = 1 - (1 - LIKELY) ** (1 / answers);
    return `None of these answers is wrong; ${counted(answers, "answer")} can't rule out a true error of ${percent(possible)}.`;
  }
  function textOf(percentage, answers, wrong) {
    const rounded = percentage === 100 ? ", to which predictions.csv rounds the highest confidences" : "";
    const from = percentage ? `From ${percentage}\u00a0%${rounded}` : "No threshold";
    const all = `${grouped(total)} ${name}`;
    if (!answers) return `${from}: the network answers none of the ${all}.`;
    return `${from}: the network answers ${grouped(answers)} of ${all}, ${percent(answers / total)}. ${errorText(answers, wrong)}`;
  }
  function show(percentage) {
    const [answers, wrong] = answersFrom(percentage);
    const { left, right, top, bottom } = frame;
    mark.setAttribute("cx", left + ((right - left) * answers) / total);
    mark.setAttribute("cy", bottom - ((bottom - top) * wrong) / Math.max(answers, 1) / highest);
    reading.textContent = textOf(percentage, answers, wrong);
    slider.setAttribute("aria-valuetext", reading.textContent);
  }
  slider.addEventListener("input", () => {
    field.value = slider.value;
    show(Number(slider.value));
  });
  field.addEventListener("input", () => {
    if (!field.validity.valid) {
      reading.textContent = `Expected a confidence from 0 to 100 with at most ${decimals - 2} decimals, got ${field.value || "no number"}.`;
      return;
    }
    slider.value = field.value;
    show(Number(field.value));
  });
  field.addEventListener("change", () => speak(reading.textContent));
  document.getElementById("threshold-control").hidden = false;
  // A browser may restore the values of an earlier visit.
  [slider.value, field.value] = [0, 0];
  show(0);
}
