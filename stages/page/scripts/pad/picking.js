// Images that a click picks.

import { element } from "../view/elements.js";

// Makes a button of each image; `pick` gets its pixel values, its label and the button.
export function startPicking(pictures, purpose, pick) {
  for (const picture of document.querySelectorAll("[data-picture]")) {
    const label = picture.getAttribute("aria-label");
    const button = element("button", { type: "button", "aria-label": `${label}. ${purpose}` });
    picture.replaceWith(button);
    button.append(picture);
    button.addEventListener("click", () => pick(pictures(Number(picture.dataset.picture)), label, button));
  }
}
