// A drawing of curves over epochs, which is drawn anew as they grow.

import { element, formatNumber, isNumber } from "./elements.js";
import { svgElement } from "../page/scripts/view/svg.js";
import { roundTicks } from "../page/scripts/view/ticks.js";

const CHART = { width: 360, height: 230, left: 46, right: 350, top: 30, bottom: 194 };
// A curve of more points than pixels is drawn with every second, third, … of them.
const MAX_POINTS = 600;


// 1, 2 and 5 times the powers of ten from low to high, fewer if these are many.
function decadeTicks(low, high) {
  const [first, last] = [low, high].map((value) => Math.floor(Math.log10(value)));
  const stride = Math.max(Math.ceil((last - first) / 6), 1);
  let ticks = [];
  for (const factors of [[1, 2, 5], [1]]) {
    ticks = [];
    for (let power = first; power <= last; power += stride) {
      for (const factor of factors) ticks.push(factor * 10 ** power);
    }
    ticks = ticks.filter((value) => value >= low && value <= high);
    if (ticks.length <= 7) break;
  }
  return ticks;
}

// The ends of a scale, and whether it is logarithmic: it is where values differ tenfold.
function scaleOf(values, { least = -Infinity, most = Infinity, logarithmic = true }) {
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  if (logarithmic && low > 0 && high > 10 * low) return { low: low / 1.1, high: high * 1.1, logarithmic: true };
  const margin = 0.07 * (high - low) || Math.abs(high) * 0.05 || 1;
  return { low: Math.max(low - margin, least), high: Math.min(high + margin, most), logarithmic: false };
}

function shortNumber(value) {
  const text = String(Number(value.toPrecision(3)));
  return text.length > 6 ? value.toExponential(0) : text;
}

// Lines have a name, a class of watch.css, and points of an epoch and a value or null.
export class Chart {
  constructor(title, options, onEpoch) {
    this.title = title;
    this.options = options;
    this.svg = svgElement("svg", { class: "panel", role: "img", viewBox: `0 0 ${CHART.width} ${CHART.height}` });
    this.caption = element("figcaption", { class: "legend" });
    this.figure = element("figure", {}, this.svg, this.caption);
    const select = (event) => {
      if (event.type === "pointermove" && event.buttons === 0) return;
      const box = this.svg.getBoundingClientRect();
      const x = (event.clientX - box.left) * (CHART.width / box.width);
      const fraction = (x - CHART.left) / (CHART.right - CHART.left);
      onEpoch(Math.round(Math.min(Math.max(fraction, 0), 1) * this.lastEpoch));
    };
    this.svg.addEventListener("pointerdown", select);
    this.svg.addEventListener("pointermove", select);
    this.lastEpoch = 1;
  }

  // Draws lines up to an epoch that is the last of the scale; the cursor stands at another.
  draw(lines, lastEpoch, cursor) {
    const drawn = lines.map((line) => ({ ...line, points: line.points.filter(([, value]) => isNumber(value)) }));
    const values = drawn.flatMap((line) => line.points.map(([, value]) => value));
    this.figure.hidden = values.length === 0;
    if (this.figure.hidden) return;
    this.lastEpoch = Math.max(lastEpoch, 1);
    const scale = scaleOf(values, this.options);
    const transform = scale.logarithmic ? Math.log : (value) => value;
    const [bottom, top] = [transform(scale.low), transform(scale.high)];
    const toX = (epoch) => CHART.left + ((CHART.right - CHART.left) * epoch) / this.lastEpoch;
    const toY = (value) => CHART.bottom - ((CHART.bottom - CHART.top) * (transform(value) - bottom)) / (top - bottom);
    const parts = [svgElement("text", { x: CHART.left, y: 16, class: "title" }, this.title)];
    const ticks = scale.logarithmic ? decadeTicks(scale.low, scale.high) : roundTicks(scale.low, scale.high);
    for (const value of ticks) {
      const y = toY(value);
      parts.push(svgElement("path", { class: "grid", d: `M${CHART.left} ${y.toFixed(1)}H${CHART.right}` }));
      parts.push(svgElement("text", { x: CHART.left - 5, y: (y + 4).toFixed(1), class: "end" }, shortNumber(value)));
    }
    for (const value of roundTicks(0, this.lastEpoch, true)) {
      parts.push(svgElement("text", { x: toX(value).toFixed(1), y: CHART.bottom + 16, class: "middle" }, String(value)));
    }
    parts.push(svgElement("text", { x: (CHART.left + CHART.right) / 2, y: CHART.height - 6, class: "middle" }, "epoch"));
    const x = toX(Math.min(cursor, this.lastEpoch)).toFixed(1);
    parts.push(svgElement("path", { class: "cursor", d: `M${x} ${CHART.top}V${CHART.bottom}` }));
    for (const line of drawn) {
      const stride = Math.ceil(line.points.length / MAX_POINTS);
      const shown = line.points.filter((_, i) => i % stride === 0 || i === line.points.length - 1);
      const points = shown.map(([epoch, value]) => `${toX(epoch).toFixed(1)},${toY(value).toFixed(1)}`);
      parts.push(svgElement("polyline", { class: line.style, points: points.join(" ") }));
      const at = line.points.findLast(([epoch]) => epoch <= cursor);
      if (at) parts.push(svgElement("circle", { class: line.style, r: 3, cx: toX(at[0]).toFixed(1), cy: toY(at[1]).toFixed(1) }));
    }
    this.svg.replaceChildren(...parts);
    this.svg.setAttribute("aria-label", this.describe(drawn, scale.logarithmic));
    this.drawLegend(drawn);
  }

  describe(lines, logarithmic) {
    const latest = lines.filter((line) => line.points.length > 0).map((line) => `${line.name} ${formatNumber(line.points.at(-1)[1])}`);
    return `Curve of ${this.title}${logarithmic ? ", logarithmic scale" : ""}. Latest: ${latest.join("; ")}.`;
  }

  drawLegend(lines) {
    const names = lines.map((line) => `${line.style} ${line.name}`).join("\n");
    if (this.names === names) return;
    this.names = names;
    const keys = lines.map((line) => {
      const stroke = svgElement("svg", { class: `key ${line.style}`, viewBox: "0 0 24 8", "aria-hidden": "true" }, svgElement("path", { d: "M0 4H24" }));
      return element("span", {}, stroke, " ", element("bdi", {}, line.name));
    });
    this.caption.replaceChildren(...keys);
  }
}
