// The gallery shows the first mistakes, all, or the images of one cell of the confusion matrix.

import { element } from "./view/elements.js";
import { speak } from "./view/speech.js";

export function startMistakes() {
  const list = document.getElementById("mistakes");
  const mistakes = Array.from(list.children);
  // A page of a table, and one without images, has no right predictions to show.
  const items = [...mistakes, ...document.getElementById("right-images")?.children ?? []];
  const status = document.getElementById("mistakes-summary");
  const showAll = document.getElementById("all-mistakes");
  const summary = status.textContent;
  const first = Number(list.dataset.first);
  const cells = document.querySelectorAll("[data-label]");
  let pressed = null;

  function show(isShown, text) {
    items.forEach((item, i) => { item.hidden = !isShown(item, i); });
    showAll.parentElement.hidden = !mistakes.some((item) => item.hidden);
    status.textContent = text;
  }
  function press(button) {
    if (pressed) pressed.setAttribute("aria-pressed", "false");
    pressed = button;
    if (button) button.setAttribute("aria-pressed", "true");
  }
  function showFirst() {
    press(null);
    show((_, i) => i < Math.min(first, mistakes.length), mistakes.length > first ? `${summary} Here are ${first}.` : summary);
  }

  for (const cell of cells) {
    const { actual, predicted, label } = cell.dataset;
    const attributes = { type: "button", title: label, "aria-label": label, "aria-pressed": "false" };
    const button = element("button", attributes, cell.textContent);
    button.addEventListener("click", () => {
      if (button === pressed) {
        showFirst();
        speak(status.textContent);
        return;
      }
      press(button);
      const inCell = (item) => item.dataset.actual === actual && item.dataset.predicted === predicted;
      const shown = items.filter(inCell).length;
      const rest = shown < Number(button.textContent) ? `; ${shown} of them here` : "";
      show(inCell, `${label}${rest}.`);
      speak(status.textContent);
    });
    cell.replaceChildren(button);
  }
  showAll.addEventListener("click", () => {
    press(null);
    show((_, i) => i < mistakes.length, summary);
    speak(summary);
    document.getElementById("mistakes-heading").focus();
  });
  showFirst();
}
