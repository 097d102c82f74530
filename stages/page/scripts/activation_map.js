// The map of the test set: a mark for each image, where a layer's two principal components put it.

import { decodeBase64 } from "./network/image_samples.js";
import { confidenceText, percent } from "./view/numbers.js";
import { paintImage } from "./view/pictures.js";
import { speak } from "./view/speech.js";
import { addSvg } from "./view/svg.js";

const MAP = { width: 640, height: 480, margin: 34, reach: 18 };

// `inspect` shows pixel values with a label to the network; null if the page has no network.
export function startMap(data, model, pictureOf, inspect) {
  const chart = document.getElementById("map-chart");
  const canvas = document.getElementById("map-picture");
  const reading = document.getElementById("map-reading");
  const shown = document.getElementById("map-shown");
  const layers = Array.from(document.querySelectorAll("[name=map-layer]"));
  const coordinates = data.coordinates.map((text) => new Int16Array(decodeBase64(text).buffer));
  const isMistake = (i) => data.actual[i] !== data.predicted[i];
  const axes = [
    addSvg(chart, "text", { x: MAP.width / 2, y: MAP.height - 8, class: "middle" }),
    addSvg(chart, "text", { x: 0, y: 0, class: "middle", transform: `translate(16 ${MAP.height / 2}) rotate(-90)` }),
  ];
  const marks = data.actual.map((actual, i) => {
    const colour = data.colours.indexOf(actual);
    const shape = colour < 0 ? data.otherShape : data.shapes[colour % data.shapes.length];
    const mark = addSvg(chart, "g", { class: `mark class-${colour < 0 ? "other" : colour}` });
    // The halo separates a cross from the marks below it.
    const cross = isMistake(i) ? ["halo", "line"] : [];
    for (const name of cross) addSvg(mark, "path", { d: data.cross, class: name });
    addSvg(mark, "path", { d: shape, class: "shape" });
    return mark;
  });
  // Mistakes are drawn last, above the others.
  marks.filter((_, i) => isMistake(i)).forEach((mark) => chart.append(mark));
  const ring = addSvg(chart, "circle", { r: 9, class: "ring", visibility: "hidden" });

  let points = [];
  let visible = [];
  let selected = -1;
  let label = "";
  const samePoint = (i) => visible.filter((j) => points[j][0] === points[i][0] && points[j][1] === points[i][1]);

  function select(i) {
    selected = i;
    ring.setAttribute("visibility", i < 0 ? "hidden" : "visible");
    document.getElementById("map-inspection").hidden = true;
    if (i < 0) return;
    ring.setAttribute("transform", `translate(${points[i]})`);
    const names = [data.actual[i], data.predicted[i]].map((index) => model.names[index]);
    const verdict = isMistake(i) ? `${names[0]}, taken for ${names[1]}` : `${names[0]}, right`;
    const file = data.files.length ? `, ${data.files[i]}` : "";
    label = `Test image ${data.numbers[i]}: ${verdict}, ${confidenceText(data.confidence[i] / 1000)}${file}`;
    const pixels = pictureOf(i);
    const here = samePoint(i).length;
    const text = label
      + (here > 1 ? `. ${here} images are at this point: arrow keys show the others` : "")
      + (pixels ? "" : ". Its pixels are not in this page");
    reading.textContent = text;
    canvas.hidden = !pixels;
    if (pixels) paintImage(canvas, pixels);
    canvas.setAttribute("aria-label", label);
    document.getElementById("map-inspection").hidden = !(pixels && inspect);
  }
  function choose() {
    const choice = shown.value;
    const isShown = (i) => choice === "all" || (choice === "mistakes" ? isMistake(i) : data.actual[i] === Number(choice));
    visible = Array.from(marks.keys()).filter(isShown);
    marks.forEach((mark, i) => mark.classList.toggle("faded", !isShown(i)));
    if (selected >= 0 && !isShown(selected)) select(-1);
  }
  function draw(layer) {
    const values = coordinates[layer];
    // One scale for both axes: a distance means the same in every direction.
    const [across, up] = [0, 1].map((axis) => {
      const along = marks.map((_, i) => values[2 * i + axis]);
      const [low, high] = [Math.min(...along), Math.max(...along)];
      return { middle: (low + high) / 2, length: Math.max(high - low, 1) };
    });
    const scale = Math.min((MAP.width - 2 * MAP.margin) / across.length, (MAP.height - 2 * MAP.margin) / up.length);
    points = marks.map((mark, i) => {
      const point = [
        MAP.width / 2 + scale * (values[2 * i] - across.middle),
        MAP.height / 2 - scale * (values[2 * i + 1] - up.middle),
      ];
      mark.setAttribute("transform", `translate(${point.map((value) => value.toFixed(1))})`);
      return point;
    });
    axes.forEach((text, axis) => {
      text.textContent = `${axis ? "second" : "first"} direction, ${percent(data.fractions[layer][axis])} of the variance`;
    });
    select(selected);
  }

  function pointAt(event) {
    const box = chart.getBoundingClientRect();
    const unit = MAP.width / box.width;
    const [x, y] = [(event.clientX - box.left) * unit, (event.clientY - box.top) * unit];
    const distance = (i) => Math.hypot(points[i][0] - x, points[i][1] - y);
    const nearest = visible.reduce((best, i) => (best < 0 || distance(i) < distance(best) ? i : best), -1);
    if (nearest >= 0 && distance(nearest) <= MAP.reach * unit) select(nearest);
  }
  // A pointer that moves over the map speaks nothing.
  function speakSelection(action) {
    const before = selected;
    action();
    if (selected !== before) speak(reading.textContent);
  }
  chart.addEventListener("pointermove", pointAt);
  chart.addEventListener("pointerdown", (event) => speakSelection(() => pointAt(event)));

  // Moves to the nearest image within 45 degrees of a direction. Of images at one point, those to the
  // right and below have the higher numbers, so that all of them are reached.
  function move(dx, dy) {
    if (!visible.length) return;
    if (selected < 0) { select(visible[0]); return; }
    const isForward = dx + dy > 0;
    const here = samePoint(selected);
    const next = here[here.indexOf(selected) + (isForward ? 1 : -1)];
    if (next !== undefined) { select(next); return; }
    const [x, y] = points[selected];
    const order = isForward ? visible : [...visible].reverse();
    const steps = order.map((i) => {
      const [across, down] = [points[i][0] - x, points[i][1] - y];
      const along = dx * across + dy * down;
      const aside = Math.abs(dy * across + dx * down);
      return { i, along, aside, length: Math.hypot(along, aside) };
    }).filter(({ along, aside }) => along > 0 && along >= aside);
    if (steps.length) select(steps.reduce((best, step) => (step.length < best.length ? step : best)).i);
  }
  const keys = {
    ArrowLeft: () => move(-1, 0),
    ArrowRight: () => move(1, 0),
    ArrowUp: () => move(0, -1),
    ArrowDown: () => move(0, 1),
    Home: () => select(visible.at(0) ?? -1),
    End: () => select(visible.at(-1) ?? -1),
  };
  chart.addEventListener("keydown", (event) => {
    if (!keys[event.key] || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    speakSelection(keys[event.key]);
  });
  document.getElementById("inspect-map-image").addEventListener("click", () => {
    inspect(pictureOf(selected), `Test image ${data.numbers[selected]}: ${model.names[data.actual[selected]]}`);
  });
  shown.addEventListener("change", choose);
  layers.forEach((input, layer) => input.addEventListener("change", () => draw(layer)));

  // A browser may restore the choice of an earlier visit.
  const last = Math.max(layers.length - 2, 0);
  const checked = layers.findIndex((input) => input.checked);
  layers[checked < 0 ? last : checked].checked = true;
  choose();
  draw(checked < 0 ? last : checked);
  document.getElementById("map-view").hidden = false;
}
