// Curves of two runs in one drawing, epoch by epoch.

import { cutText } from "../view/elements.js";
import { formatNumber, grouped } from "../view/numbers.js";
import { addSvg, svgElement } from "../view/svg.js";
import { roundTicks } from "../view/ticks.js";

const PANEL = { width: 360, height: 230, left: 46, right: 350, top: 30, bottom: 194 };
// Letters that fit above a drawing.
const MAX_TITLE = 48;

// Returns a drawing of each curve; one that only one run has is alone.
export function curvePanels(here, there) {
  const names = [...new Set([...here.keys(), ...there.keys()])];
  return names.map((name) => curvePanel(cutText(name, MAX_TITLE), here.get(name) ?? [], there.get(name) ?? []));
}

// Returns the lowest and highest value of a scale for both curves.
function scaleOf(here, there) {
  const values = [...here, ...there];
  const least = values.reduce((low, value) => Math.min(low, value));
  const most = values.reduce((high, value) => Math.max(high, value));
  const margin = 0.07 * (most - least) || 0.1 * Math.abs(most) || 1;
  return [least - margin, most + margin];
}

function curvePanel(name, here, there) {
  const { width, height, left, right, top, bottom } = PANEL;
  // Epoch 0 has the values of guessing, which would compress the scale of all others.
  const skipped = [here, there].every(({ length }) => length === 0 || length > 2) ? 1 : 0;
  const [low, high] = scaleOf(here.slice(skipped), there.slice(skipped));
  const last = Math.max(here.length, there.length) - 1 || 1;
  const x = (epoch) => left + ((right - left) * epoch) / last;
  const y = (value) => bottom - ((bottom - top) * (value - low)) / (high - low);
  const ends = [here, there].map((curve) => (curve.length ? formatNumber(curve.at(-1)) : "none"));
  const panel = svgElement("svg", {
    class: "panel", role: "img", viewBox: `0 0 ${width} ${height}`,
    "aria-label": `Curves of ${name}. At the last epoch: this ${ends[0]}, other ${ends[1]}.`,
  });
  const write = (text, position) => panel.append(svgElement("text", position, text));
  write(name, { x: left, y: 16, class: "title" });
  for (const value of roundTicks(low, high)) {
    addSvg(panel, "path", { class: "grid", d: `M${left} ${y(value).toFixed(1)}H${right}` });
    write(formatNumber(value), { x: left - 5, y: (y(value) + 4).toFixed(1), class: "end" });
  }
  for (const value of roundTicks(0, last, true)) {
    write(grouped(value), { x: x(value).toFixed(1), y: bottom + 16, class: "middle" });
  }
  write("epoch", { x: (left + right) / 2, y: height - 6, class: "middle" });
  for (const [style, curve] of [["train", here], ["validation", there]].filter(([, { length }]) => length)) {
    const points = curve.slice(skipped).map((value, k) => `${x(k + skipped).toFixed(2)},${y(value).toFixed(2)}`);
    addSvg(panel, "polyline", { class: style, points: points.join(" ") });
  }
  return panel;
}
