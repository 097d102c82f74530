// Elements and texts. Nothing from a journal is ever markup: all of it becomes text nodes and
// attributes that hold no address and no code.

import { formatNumber as numberText, percent } from "../page/scripts/view/numbers.js";

export const byId = (id) => document.getElementById(id);

export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}


export function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}

export function formatNumber(value) {
  return isNumber(value) ? numberText(value) : "–";
}

export function formatPercent(fraction) {
  return isNumber(fraction) ? percent(fraction) : "–";
}

export function formatDuration(seconds) {
  if (!isNumber(seconds)) return "–";
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${Math.round(seconds % 60)} s` : `${Math.round(seconds)} s`;
}

// Replaces a text only where it differs, so that screen readers repeat none.
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

// The value of the validation, or of the training where there is none.
export function bestKnown(values, quantity) {
  const validation = values?.[`validation_${quantity}`];
  return isNumber(validation) ? validation : values?.[`train_${quantity}`];
}
