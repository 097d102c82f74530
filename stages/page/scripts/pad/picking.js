// Images that a click picks.

import { element } from "../view/elements.js";

// Makes a button of each image. One beside the pad is classified there, by `classify(pixels, title)`; others
// lead to the inspection, by `inspect(pixels, title, button)`.
export function startPicking(pictures, classify, inspect) {
  for (const picture of document.querySelectorAll("[data-picture]")) {
    const isBesidePad = picture.closest("[aria-labelledby=try]") !== null;
    const label = picture.getAttribute("aria-label");
    const purpose = isBesidePad ? "Classify it" : "Look inside";
    const button = element("button", { type: "button", "aria-label": `${label}. ${purpose}` });
    picture.replaceWith(button);
    button.append(picture);
    const [pick, title] = [isBesidePad ? classify : inspect, picture.dataset.title ?? label];
    button.addEventListener("click", () => pick(pictures(Number(picture.dataset.picture)), title, button));
  }
}
