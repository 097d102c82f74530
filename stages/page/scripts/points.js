// Points of a chart: the pointer or a tap near one shows its numbers below the chart.

import { element } from "./view/elements.js";

// Pixels within which a point is meant: about a fingertip.
const REACH = 24;

export function startPoints() {
  for (const chart of document.querySelectorAll("svg.scatter")) {
    const points = Array.from(chart.querySelectorAll("circle, rect")).filter((mark) => mark.querySelector("title"));
    if (points.length) startChart(chart, points);
  }
}

function startChart(chart, points) {
  const reading = element("p", { className: "reading point-reading" });
  // The columns of a grid of charts are for charts.
  const frame = chart.closest(".explained.over");
  if (frame) frame.append(reading);
  else (chart.closest(".explained") ?? chart).after(reading);
  let chosen = null;

  function showNearest(event) {
    const distance = (mark) => {
      const { left, right, top, bottom } = mark.getBoundingClientRect();
      const across = Math.max(left - event.clientX, 0, event.clientX - right);
      const down = Math.max(top - event.clientY, 0, event.clientY - bottom);
      return Math.hypot(across, down);
    };
    const distances = points.map(distance);
    const least = Math.min(...distances);
    if (least > REACH) return;
    chosen?.classList.remove("chosen");
    chosen = points[distances.indexOf(least)];
    chosen.classList.add("chosen");
    reading.textContent = chosen.querySelector("title").textContent;
  }
  chart.addEventListener("pointermove", showNearest);
  chart.addEventListener("pointerdown", showNearest);
}
