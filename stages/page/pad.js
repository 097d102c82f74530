// The pad: strokes by pointer or keys, or an image of the test set, and what the network says of it.

function startPad(model, predict, pictures) {
  const [rows, columns] = model.shape;
  // Some 280 cells across, a whole number for each of the network's pixels.
  const cells = Math.max(Math.round(280 / Math.max(rows, columns)), 1);
  const drawing = makeInk(columns * cells, rows * cells);
  const canvas = document.getElementById("pad");
  canvas.width = drawing.width;
  canvas.height = drawing.height;
  const pen = { x: drawing.width / 2, y: drawing.height / 2, down: false };
  let seen = null;
  let waiting = false;

  function paintPad() {
    const [red, green, blue] = colour("--ink-rgb");
    paint(canvas, (i) => [red, green, blue, drawing.ink[i]]);
  }
  // Of pixel values, or of null for an empty pad.
  function answer(pixels, spoken) {
    [seen, waiting] = [pixels, false];
    paintGrey(document.getElementById("seen"), seen ?? new Uint8Array(rows * columns));
    const said = seen && predict(seen);
    showProbabilities(model.names, said);
    if (spoken) document.getElementById("answer").textContent = inWords(model.names, said);
  }
  // At most once a frame while the pen moves; in words, for those who hear it, when it rests.
  function update(spoken) {
    if (spoken) return redraw(true);
    if (!waiting) requestAnimationFrame(() => { if (waiting) redraw(false); });
    waiting = true;
    return undefined;
  }
  function redraw(spoken) {
    paintPad();
    answer(prepare(drawing.ink, drawing.height, drawing.width, rows, columns), spoken);
  }
  function clear() {
    drawing.clear();
    update(true);
  }
  // An image is given as it is, and enlarged on the pad.
  function give(pixels) {
    drawing.ink.forEach((_, i) => {
      const [y, x] = [Math.floor(i / drawing.width), i % drawing.width];
      drawing.ink[i] = pixels[Math.floor(y / cells) * columns + Math.floor(x / cells)];
    });
    paintPad();
    answer(pixels, true);
  }
  function line(x, y) {
    drawing.stroke(pen.x, pen.y, x, y);
    [pen.x, pen.y] = [x, y];
  }

  function place(event) {
    const box = canvas.getBoundingClientRect();
    return [
      ((event.clientX - box.left) * drawing.width) / box.width,
      ((event.clientY - box.top) * drawing.height) / box.height,
    ];
  }
  let drawn = null;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || drawn !== null) return;
    drawn = event.pointerId;
    canvas.setPointerCapture(drawn);
    [pen.x, pen.y] = place(event);
    line(pen.x, pen.y);
    update(false);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== drawn) return;
    const passed = event.getCoalescedEvents?.() ?? [];
    for (const part of passed.length ? passed : [event]) line(...place(part));
    update(false);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, (event) => {
      if (event.pointerId !== drawn) return;
      drawn = null;
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

  for (const picture of document.querySelectorAll("[data-picture]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-label", `${picture.getAttribute("aria-label")}. Give it to the network`);
    picture.replaceWith(button);
    button.append(picture);
    button.addEventListener("click", () => {
      give(pictures(Number(picture.dataset.picture)));
      // From far below, to where the answer is.
      if (button.closest("#mistakes")) document.getElementById("try").focus();
    });
  }
  document.getElementById("network").hidden = false;
  showPen();
  clear();
  return { paintPad, drawing, seen: () => seen };
}

// Each class in order or, of many, the most probable.
function showProbabilities(names, said) {
  const list = document.getElementById("probabilities");
  const order = names.map((_, i) => i);
  if (names.length > 12 && said) order.sort((a, b) => said.probabilities[b] - said.probabilities[a]);
  list.replaceChildren(...order.slice(0, names.length > 12 ? 10 : 12).map((i) => {
    const item = document.createElement("li");
    const [name, bar, fill, number] = ["bdi", "span", "span", "span"].map((tag) => document.createElement(tag));
    const share = said ? said.probabilities[i] : 0;
    name.textContent = names[i];
    bar.className = "bar";
    fill.style.width = `${100 * share}%`;
    number.className = "number";
    number.textContent = said ? percent(share) : "–";
    bar.append(fill);
    item.append(name, bar, number);
    return item;
  }));
}

// Nothing is quite certain or quite impossible, though it may round to that.
function percent(share) {
  if (share > 0.9995) return "> 99.9 %";
  return share > 0 && share < 0.0005 ? "< 0.1 %" : `${(100 * share).toFixed(1)} %`;
}

function inWords(names, said) {
  if (!said) return "The pad is empty.";
  const shares = said.probabilities;
  const part = (i) => `${names[i]} (${percent(shares[i])})`;
  const others = names.map((_, i) => i).filter((i) => i !== said.best && shares[i] >= 0.0005);
  others.sort((a, b) => shares[b] - shares[a]);
  return [part(said.best), ...others.slice(0, 2).map(part)].join("; or ");
}
