// The pad takes strokes by pointer or keys, a picture or an image, and shows its prediction.

// `onImage(pixels, caption)` is called with each new input of the network, null for none.
function startPad(model, predict, onImage) {
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
  function showPrediction(pixels, announce, caption = "The drawing on the pad") {
    [input, waiting] = [pixels, false];
    paintImage(document.getElementById("network-input"), input ?? new Uint8Array(rows * columns));
    const prediction = input && predict(input);
    showProbabilities(model.names, prediction);
    if (!announce) return;
    document.getElementById("prediction").textContent = predictionText(model.names, prediction);
    onImage(input, caption);
  }
  // Shows what another network predicts for the same input.
  function repeat() {
    const prediction = input && predict(input);
    showProbabilities(model.names, prediction);
    document.getElementById("prediction").textContent = predictionText(model.names, prediction);
  }
  // While the pen moves, the bars change at most once a frame. The text, which screen readers speak,
  // changes when the pen rests.
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
  function loadImage(pixels, caption) {
    drawing.ink.forEach((_, i) => {
      const [y, x] = [Math.floor(i / drawing.width), i % drawing.width];
      drawing.ink[i] = pixels[Math.floor(y / cellsPerPixel) * columns + Math.floor(x / cellsPerPixel)];
    });
    paintPad();
    showPrediction(pixels, true, caption);
  }
  // Takes the luminance of a picture, 0 to 255.
  function loadPicture(values, height, width, name) {
    const pixels = normalizeDigit(values, height, width, rows, columns);
    if (pixels) loadImage(pixels, name);
    else refuse(`${name}: expected a digit darker or lighter than its background, got none.`);
  }
  function refuse(line) {
    clear();
    document.getElementById("prediction").textContent = line;
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
  canvas.addEventListener("blur", () => { pen.down = false; showPen(); });
  document.getElementById("clear").addEventListener("click", clear);

  document.getElementById("network").hidden = false;
  showPen();
  clear();
  return { paintPad, drawing, input: () => input, loadImage, loadPicture, refuse, repeat };
}

// Returns each class in order or, of more than 12, the 10 most probable.
function shownClasses(names, prediction) {
  const order = names.map((_, i) => i);
  if (names.length > 12 && prediction) order.sort((a, b) => prediction.probabilities[b] - prediction.probabilities[a]);
  return order.slice(0, names.length > 12 ? 10 : 12);
}

function showProbabilities(names, prediction) {
  const list = document.getElementById("probabilities");
  list.replaceChildren(...shownClasses(names, prediction).map((i) => {
    const item = document.createElement("li");
    const [name, bar, fill, number] = ["bdi", "span", "span", "span"].map((tag) => document.createElement(tag));
    const probability = prediction ? prediction.probabilities[i] : 0;
    name.textContent = names[i];
    name.title = names[i];
    bar.className = "bar";
    fill.style.width = `${100 * probability}%`;
    number.className = "number";
    number.textContent = prediction ? percent(probability) : "–";
    bar.append(fill);
    item.append(name, bar, number);
    return item;
  }));
}

// No class is certain or impossible, though its probability may round to 1 or 0.
function percent(probability) {
  if (probability > 0.9995) return "> 99.9 %";
  return probability > 0 && probability < 0.0005 ? "< 0.1 %" : `${(100 * probability).toFixed(1)} %`;
}

function predictionText(names, prediction) {
  if (!prediction) return "The pad is empty.";
  const { best, probabilities } = prediction;
  const describe = (i) => `${names[i]} (${percent(probabilities[i])})`;
  const others = names.map((_, i) => i).filter((i) => i !== best && probabilities[i] >= 0.0005);
  others.sort((a, b) => probabilities[b] - probabilities[a]);
  return [describe(best), ...others.slice(0, 2).map(describe)].join("; or ");
}
