// The values of one epoch, which the pointer or the slider selects, and its line in each panel.

import { addSvg } from "./view/svg.js";

export function startCurves() {
  const slider = document.getElementById("epoch");
  const reading = document.getElementById("reading");
  const table = document.querySelector("section[aria-labelledby=curves] table");
  const names = Array.from(table.tHead.rows[0].cells, (cell) => cell.textContent);
  const rows = Array.from(table.tBodies[0].rows, (row) => Array.from(row.cells, (cell) => cell.textContent));

  const panels = Array.from(document.querySelectorAll(".panel"), (panel) => {
    const inner = panel.querySelector("svg");
    const curves = Array.from(inner.querySelectorAll("polyline"), (line) => ({
      first: Number(line.dataset.first),
      points: line.getAttribute("points").split(" ").map((point) => point.split(",").map(Number)),
      style: line.getAttribute("class"),
    }));
    const cursor = addSvg(inner, "path", { class: "cursor" });
    for (const curve of curves) curve.dot = addSvg(inner, "circle", { class: curve.style, r: 4 });
    return { panel, curves, cursor };
  });

  function show(epoch) {
    slider.value = epoch;
    for (const { curves, cursor } of panels) {
      const [{ first, points }] = curves;
      const point = points[epoch - first];
      cursor.setAttribute("d", point ? `M${point[0]} 0V999` : "");
      for (const curve of curves) {
        const [x, y] = curve.points[epoch - curve.first] ?? [-99, -99];
        curve.dot.setAttribute("cx", x);
        curve.dot.setAttribute("cy", y);
      }
    }
    const [, ...values] = rows[epoch];
    const text = values.map((value, i) => `${names[i + 1]} ${value}`).join(", ");
    reading.textContent = `${epoch}: ${text}`;
    slider.setAttribute("aria-valuetext", reading.textContent);
  }

  for (const { panel, curves: [{ first, points }] } of panels) {
    const showNearest = (event) => {
      const box = panel.getBoundingClientRect();
      const x = (event.clientX - box.left) * (panel.viewBox.baseVal.width / box.width);
      const distance = (point) => Math.abs(point[0] - x);
      const nearest = points.reduce((best, point, i) => (distance(point) < distance(points[best]) ? i : best), 0);
      show(first + nearest);
    };
    panel.addEventListener("pointermove", showNearest);
    panel.addEventListener("pointerdown", showNearest);
  }
  slider.max = rows.length - 1;
  slider.addEventListener("input", () => show(Number(slider.value)));
  document.getElementById("reading-epoch").hidden = false;
  show(rows.length - 1);
}
