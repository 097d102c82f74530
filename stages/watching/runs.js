// The list of trainings, each a line.

import { bestKnown, element, formatDuration, formatNumber, formatPercent, isNumber, setText } from "./elements.js";

function settingsText(settings) {
  const values = Object.entries(settings ?? {}).map(([key, value]) => `${key} ${typeof value === "string" ? value : JSON.stringify(value)}`);
  return values.join(", ");
}

export function runTitle(run) {
  const started = new Date(1000 * run.started);
  const isToday = started.toDateString() === new Date().toDateString();
  return `${run.name}, ${isToday ? started.toLocaleTimeString() : started.toLocaleString()}`;
}

function createRun(onSelect, onCompare) {
  const part = (name) => element("span", { class: name });
  const parts = Object.fromEntries(["name", "settings", "state", "epochs", "loss", "accuracy", "left"].map((name) => [name, part(name)]));
  const select = element("button", { class: "select" }, parts.name, parts.settings);
  const compare = element("button", { class: "compare" }, "Compare");
  const bar = element("progress", { max: 1, value: 0, "aria-hidden": "true" });
  const item = element("li", { class: "run" }, select, parts.state, bar, parts.epochs, parts.loss, parts.accuracy, parts.left, compare);
  select.addEventListener("click", onSelect);
  compare.addEventListener("click", onCompare);
  return { item, parts, select, compare, bar };
}

// Updates lines in place, so that the focus stays where it is.
export function createRunList(list, onSelect, onCompare) {
  const lines = new Map();
  return (runs, selected, compared) => {
    for (const id of lines.keys()) if (!runs.some((run) => run.id === id)) lines.delete(id);
    for (const run of runs) {
      if (!lines.has(run.id)) lines.set(run.id, createRun(() => onSelect(run.id), () => onCompare(run.id)));
      const { item, parts, select, compare, bar } = lines.get(run.id);
      setText(parts.name, runTitle(run));
      setText(parts.settings, settingsText(run.settings));
      setText(parts.state, run.state);
      item.dataset.state = run.state;
      setText(parts.epochs, `epoch ${run.epoch} of ${run.epochs}`);
      setText(parts.loss, `loss ${formatNumber(bestKnown(run, "loss"))}`);
      const accuracy = bestKnown(run, "accuracy");
      setText(parts.accuracy, isNumber(accuracy) ? formatPercent(accuracy) : "");
      setText(parts.left, isNumber(run.left) ? `${formatDuration(run.left)} left` : "");
      bar.value = run.epochs > 0 ? Math.min(run.epoch / run.epochs, 1) : 1;
      select.setAttribute("aria-pressed", run.id === selected);
      compare.setAttribute("aria-pressed", run.id === compared);
      compare.setAttribute("aria-label", `Compare with ${runTitle(run)}`);
      compare.disabled = run.id === selected;
    }
    const items = runs.map((run) => lines.get(run.id).item);
    if (items.length !== list.children.length || items.some((item, index) => list.children[index] !== item)) list.replaceChildren(...items);
  };
}
