// A region of the input, which a pointer drags over a picture, or number fields give.

import { element } from "../view/elements.js";
import { colour, paint, pixelColour } from "../view/pictures.js";

// `fields` are those of the first and last row and column. Returns functions: `paint(isOff)` paints the
// picture, where `isOff(pixel)` is true in another colour; `region` returns rows and columns.
export function startRegion(frame, fields, shape, pixels) {
  const [rows, columns, channels = 1] = shape;
  const canvas = element("canvas", {
    width: columns, height: rows, role: "img", "aria-label": "Mean of the test images, and the selected region",
  });
  const mark = element("span");
  frame.replaceChildren(canvas, mark);

  function region() {
    const [top, bottom, left, right] = fields.map((field) => Number(field.value));
    return {
      rows: [Math.min(top, bottom), Math.max(top, bottom)],
      columns: [Math.min(left, right), Math.max(left, right)],
    };
  }
  function outline() {
    const { rows: [top, bottom], columns: [left, right] } = region();
    mark.style.top = `${(100 * top) / rows}%`;
    mark.style.height = `${(100 * (bottom + 1 - top)) / rows}%`;
    mark.style.left = `${(100 * left) / columns}%`;
    mark.style.width = `${(100 * (right + 1 - left)) / columns}%`;
  }
  for (const field of fields) field.addEventListener("input", outline);

  function pixelAt(event) {
    const box = canvas.getBoundingClientRect();
    const within = (value, count) => Math.min(Math.max(Math.floor(value * count), 0), count - 1);
    return [
      within((event.clientY - box.top) / box.height, rows),
      within((event.clientX - box.left) / box.width, columns),
    ];
  }
  let corner = null;
  function select([y, x]) {
    const [top, bottom, left, right] = fields;
    [top.value, bottom.value] = [Math.min(corner[0], y), Math.max(corner[0], y)];
    [left.value, right.value] = [Math.min(corner[1], x), Math.max(corner[1], x)];
    outline();
  }
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || corner) return;
    canvas.setPointerCapture(event.pointerId);
    corner = pixelAt(event);
    select(corner);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (corner && canvas.hasPointerCapture(event.pointerId)) select(pixelAt(event));
  });
  // Also after a pointer is cancelled.
  canvas.addEventListener("lostpointercapture", () => { corner = null; });

  function paintRegion(isOff) {
    const off = colour("--off-rgb");
    const mixed = (pixel) => pixel.map((value, c) => 0.7 * off[c] + 0.3 * value);
    paint(canvas, (i) => [...(isOff(i) ? mixed : Array.from)(pixelColour(pixels, i, channels)), 255]);
  }
  outline();
  return { region, paint: paintRegion };
}
