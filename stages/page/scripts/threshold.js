// The slider for the threshold of confidence below which a network would say “I don't know”.

import { addSvg } from "./view/svg.js";

export function startThreshold({ samples, thresholds, coverage, error }) {
  const slider = document.getElementById("threshold");
  const reading = document.getElementById("threshold-reading");
  const chart = document.querySelector("#coverage-chart svg");
  // The curve begins with the highest threshold, which leaves the fewest answers.
  const points = chart.querySelector("polyline").getAttribute("points").split(" ").reverse();
  const mark = addSvg(chart, "circle", { r: 5, class: "chosen" });

  // No fewer digits than tell 99.9999 % from 100 %.
  const percentage = (value) => `${value > 99.9 && value < 100 ? value.toFixed(4) : value.toFixed(2)}\u00a0%`;
  function show(k) {
    const [x, y] = points[k].split(",");
    mark.setAttribute("cx", x);
    mark.setAttribute("cy", y);
    const from = k === 0 ? "No threshold" : `From ${percentage(thresholds[k])}`;
    reading.textContent = `${from}: the network answers ${percentage(coverage[k])} of the ${samples}, and `
      + `${percentage(error[k])} of these answers are wrong.`;
    slider.setAttribute("aria-valuetext", reading.textContent);
  }
  slider.max = points.length - 1;
  slider.value = 0;
  slider.addEventListener("input", () => show(Number(slider.value)));
  document.getElementById("threshold-control").hidden = false;
  show(0);
}
