// The pad takes strokes by pointer or keys, or an image, and shows its prediction.

import { normalizeDigit } from "./digits.js";
import { createInk } from "./strokes.js";
import { colour, paint, paintImage } from "../view/pictures.js";
import { predictionText, showProbabilities } from "../view/predictions.js";
import { speak } from "../view/speech.js";

// `onImage(pixels, title, prediction)` is called with each new input of the network, null for none, and returns
// their text.
export function startPad(model, predict, onImage) {
  const [rows, columns] = model.shape;
  // About 280 cells on the longer side, a whole number of them for each input pixel.
  const cellsPerPixel = Math.max(Math.round(280 / Math.max(rows, columns)), 1);
  const drawing = createInk(columns * cellsPerPixel, rows * cellsPerPixel);
  const canvas = document.getElementById("pad");
  canvas.width = drawing.width;
  canvas.height = drawing.height;
  const pen = { x: drawing.width / 2, y: drawing.height / 2, down: false };
  let input = null;
  let waiting = false;

  function paintPad() {
    const [red, green, blue] = colour("--ink-rgb");
    paint(canvas, (i) => [red, green, blue, drawing.ink[i]]);
  }
  // Takes pixel values, or null for an empty pad.
  function showPrediction(pixels, announce, title = "The drawing on the pad") {
    [input, waiting] = [pixels, false];
    paintImage(document.getElementById("network-input"), input ?? new Uint8Array(rows * columns));
    const [prediction, text] = repeat();
    if (announce) speak(onImage(input, title, prediction) || text);
  }
  // Shows what the present network predicts for the input, and returns it with its text.
  function repeat() {
    const prediction = input && predict(input);
    const text = predictionText(model.names, prediction);
    showProbabilities(model.names, prediction);
    document.getElementById("prediction").textContent = text;
    return [prediction, text];
  }
  // While the pen moves, the prediction changes at most once a frame. It is spoken when the pen rests.
  function update(announce) {
    if (announce) return redraw(true);
    if (!waiting) requestAnimationFrame(() => { if (waiting) redraw(false); });
    waiting = true;
    return undefined;
  }
  function redraw(announce) {
    paintPad();
    showPrediction(normalizeDigit(drawing.ink, drawing.height, drawing.width, rows, columns), announce);
  }
  function clear() {
    drawing.clear();
    update(true);
  }
  // The network gets the image unchanged; the pad shows it enlarged.
  function loadImage(pixels, title) {
    drawing.ink.forEach((_, i) => {
      const [y, x] = [Math.floor(i / drawing.width), i % drawing.width];
      drawing.ink[i] = pixels[Math.floor(y / cellsPerPixel) * columns + Math.floor(x / cellsPerPixel)];
    });
    paintPad();
    showPrediction(pixels, true, title);
  }
  function line(x, y) {
    drawing.stroke(pen.x, pen.y, x, y);
    [pen.x, pen.y] = [x, y];
  }

  function penPosition(event) {
    const box = canvas.getBoundingClientRect();
    return [
      ((event.clientX - box.left) * drawing.width) / box.width,
      ((event.clientY - box.top) * drawing.height) / box.height,
    ];
  }
  let activePointer = null;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || activePointer !== null) return;
    activePointer = event.pointerId;
    canvas.setPointerCapture(activePointer);
    [pen.x, pen.y] = penPosition(event);
    line(pen.x, pen.y);
    update(false);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== activePointer) return;
    const coalesced = event.getCoalescedEvents?.() ?? [];
    for (const pointerEvent of coalesced.length ? coalesced : [event]) line(...penPosition(pointerEvent));
    update(false);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, (event) => {
      if (event.pointerId !== activePointer) return;
      activePointer = null;
      update(true);
    });
  }

  const mark = document.getElementById("pen");
  function showPen() {
    mark.style.left = `${(100 * pen.x) / drawing.width}%`;
    mark.style.top = `${(100 * pen.y) / drawing.height}%`;
    mark.classList.toggle("down", pen.down);
  }
  function move(dx, dy) {
    const x = Math.min(Math.max(pen.x + dx, 0), drawing.width);
    const y = Math.min(Math.max(pen.y + dy, 0), drawing.height);
    if (pen.down) line(x, y);
    [pen.x, pen.y] = [x, y];
    if (pen.down) update(false);
  }
  const step = Math.max(drawing.width, drawing.height) / 28;
  const keys = {
    ArrowLeft: () => move(-step, 0),
    ArrowRight: () => move(step, 0),
    ArrowUp: () => move(0, -step),
    ArrowDown: () => move(0, step),
    " ": () => {
      pen.down = !pen.down;
      if (pen.down) move(0, 0);
      else update(true);
    },
    Delete: clear,
    Backspace: clear,
  };
  canvas.addEventListener("keydown", (event) => {
    if (!keys[event.key] || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    keys[event.key]();
    showPen();
  });
  canvas.addEventListener("blur", () => {
    if (pen.down) update(true);
    pen.down = false;
    showPen();
  });
  document.getElementById("clear").addEventListener("click", clear);

  document.getElementById("network").hidden = false;
  showPen();
  // Nothing is spoken before an action.
  redraw(false);
  return { paintPad, drawing, input: () => input, loadImage, repeat };
}
