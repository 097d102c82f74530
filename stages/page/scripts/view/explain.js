// A bubble with the explanation of the button that has the pointer or the focus.
//
// The Tab key stops at the first button of a section alone; from there the arrow keys go to the others, so
// that they are not in the way of who goes from control to control.

import { element } from "./elements.js";

const ARROWS = "The keys ← and → open the other explanations of this section.";

export function startExplanations() {
  // In an older browser the list of all explanations remains.
  if (!("popover" in HTMLElement.prototype)) return;
  // A popover is in the top layer, which no part of the page covers or cuts off. A screen reader speaks the
  // description of the button instead.
  const bubble = element("div", { id: "explanation", role: "tooltip", popover: "manual", "aria-hidden": "true" });
  document.body.append(bubble);
  let button = null;
  const entry = ({ dataset }) => document.getElementById(dataset.explanation);

  // Above what the button explains, or below it, but not over it.
  function align() {
    const gap = 6;
    const anchor = button.getBoundingClientRect();
    const box = bubble.getBoundingClientRect();
    const subject = (button.closest(".explained, .heading, .metrics > div, fieldset, figure, p") ?? button).getBoundingClientRect();
    const above = subject.top - box.height - gap;
    const below = Math.min(subject.bottom + gap, window.innerHeight - box.height - gap);
    const left = Math.min(anchor.left, document.documentElement.clientWidth - box.width - 8);
    bubble.style.left = `${Math.max(left, 8)}px`;
    bubble.style.top = `${Math.max(above >= 0 ? above : below, 0)}px`;
  }
  function open(chosen) {
    button = chosen;
    bubble.replaceChildren(...Array.from(entry(button).childNodes, (node) => node.cloneNode(true)));
    const isByKeyboard = button.matches(":focus-visible");
    if (isByKeyboard && siblings(button).length > 1) bubble.append(element("span", { className: "source" }, ARROWS));
    bubble.showPopover();
    align();
  }
  function close() {
    if (button) bubble.hidePopover();
    button = null;
  }
  // The pointer may move onto the bubble, to read or to copy its text.
  const leave = (event) => {
    const to = event.relatedTarget;
    if (to !== bubble && to !== button && !bubble.contains(to)) close();
  };

  const siblings = (chosen) => Array.from(chosen.closest("section, main").querySelectorAll(".explain"));
  function move(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const row = siblings(event.target).filter((sibling) => sibling.checkVisibility());
    const position = row.indexOf(event.target);
    const next = { ArrowRight: row[position + 1], ArrowLeft: row[position - 1], Home: row[0], End: row.at(-1) }[event.key];
    if (!next) return;
    event.preventDefault();
    next.focus();
  }

  for (const sign of document.querySelectorAll(".explain")) {
    // Not aria-describedby: of an element in a closed list, browsers speak nothing.
    sign.setAttribute("aria-description", entry(sign).textContent);
    sign.setAttribute("aria-keyshortcuts", "ArrowRight ArrowLeft");
    sign.tabIndex = sign === siblings(sign)[0] ? 0 : -1;
    sign.addEventListener("pointerenter", () => open(sign));
    sign.addEventListener("pointerleave", leave);
    sign.addEventListener("focus", () => open(sign));
    sign.addEventListener("blur", close);
    sign.addEventListener("keydown", move);
    // A finger has no pointer that hovers, and not every browser gives a button the focus.
    sign.addEventListener("click", () => open(sign));
  }
  bubble.addEventListener("pointerleave", leave);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
  document.addEventListener("pointerdown", (event) => {
    if (!bubble.contains(event.target) && !event.target.closest(".explain")) close();
  });
  window.addEventListener("scroll", () => { if (button) align(); }, { passive: true });
}
