// A grid of cells, one of which the pointer or the arrow keys point at.

import { element } from "./elements.js";
import { colour, mixColours } from "./pictures.js";

// Pixels of a cell on its canvas, where cells have a gap between them.
const CELL = 10;
const GAP = 1;

// Returns the number of columns in which a layer of so many units is shown.
export const columnsOf = (units) => (units <= 32 ? units : units <= 512 ? 32 : 64);

// Returns a grid of `count` cells. `describe(i)` is the text of a cell; `onPoint` gets the cell that the
// pointer or the focus is at, or null; `onChoose` gets one that a click or Enter chooses.
export function createCells({ count, columns, width, label, gaps, describe, onPoint, onChoose }) {
  const rows = Math.ceil(count / columns);
  const [side, gap] = gaps ? [CELL, GAP] : [1, 0];
  const canvas = element("canvas", {
    width: columns * side, height: rows * side, tabIndex: 0, role: "slider",
    "aria-label": label, "aria-valuemin": 0, "aria-valuemax": count - 1,
  });
  const marks = element("div", { "aria-hidden": "true" });
  const frame = element("div", { className: "cells" }, canvas, marks);
  frame.style.width = `min(${width}rem, 100%)`;
  let current = 0;
  let pointed = null;

  function setValue() {
    canvas.setAttribute("aria-valuenow", current);
    canvas.setAttribute("aria-valuetext", describe(current));
  }
  function point(cell) {
    if (cell === pointed) return;
    pointed = cell;
    onPoint(cell);
  }
  function move(cell) {
    current = Math.min(Math.max(cell, 0), count - 1);
    setValue();
    point(current);
  }
  function cellAt(event) {
    const box = canvas.getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) * columns) / box.width);
    const row = Math.floor(((event.clientY - box.top) * rows) / box.height);
    const cell = row * columns + column;
    const isInside = column >= 0 && column < columns && row >= 0 && cell < count;
    return isInside ? cell : null;
  }
  canvas.addEventListener("pointermove", (event) => point(cellAt(event)));
  canvas.addEventListener("pointerleave", () => point(null));
  canvas.addEventListener("click", (event) => {
    const cell = cellAt(event);
    if (cell === null) return;
    move(cell);
    onChoose?.(cell);
  });
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -count, End: count };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (steps[event.key]) move(current + steps[event.key]);
    else if (event.key === "Enter" || event.key === " ") onChoose?.(current);
    else return;
    event.preventDefault();
  });
  canvas.addEventListener("focus", () => { if (canvas.matches(":focus-visible")) point(current); });
  canvas.addEventListener("blur", () => point(null));

  // Sets the colour of each cell, [red, green, blue].
  function show(colourOf) {
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, canvas.width, canvas.height);
    for (let i = 0; i < count; i += 1) {
      context.fillStyle = `rgb(${colourOf(i).map(Math.round).join(" ")})`;
      context.fillRect((i % columns) * side, Math.floor(i / columns) * side, side - gap, side - gap);
    }
    setValue();
  }
  // Outlines cells.
  function light(cells) {
    marks.replaceChildren(...cells.map((cell) => {
      const mark = element("span");
      mark.style.left = `${((cell % columns) * 100) / columns}%`;
      mark.style.top = `${(Math.floor(cell / columns) * 100) / rows}%`;
      mark.style.width = `${100 / columns}%`;
      mark.style.height = `${100 / rows}%`;
      return mark;
    }));
  }
  return { frame, show, light };
}

// Returns a function from values, -limit to limit, to colours between --low, --zero and --high.
export function divergingColours(limit) {
  const [low, zero, high] = ["--low", "--zero", "--high"].map(colour);
  return (value) => mixColours(limit ? value / limit : 0, low, zero, high);
}
