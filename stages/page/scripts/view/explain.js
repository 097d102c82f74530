// A bubble with the explanation of the button that has the pointer or the focus.

export function startExplanations() {
  const bubble = document.createElement("div");
  bubble.id = "explanation";
  bubble.setAttribute("role", "tooltip");
  // A screen reader speaks the description of the button instead.
  bubble.setAttribute("aria-hidden", "true");
  // The top layer, which no part of the page covers or cuts off.
  bubble.popover = "manual";
  document.body.append(bubble);
  let button = null;
  const entry = ({ dataset }) => document.getElementById(dataset.explanation);

  // Above what the button explains, or below it, but not over it.
  function place() {
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
    bubble.showPopover();
    place();
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

  for (const each of document.querySelectorAll(".explain")) {
    // Not aria-describedby: of an element in a closed list, browsers speak nothing.
    each.setAttribute("aria-description", entry(each).textContent);
    each.addEventListener("pointerenter", () => open(each));
    each.addEventListener("pointerleave", leave);
    each.addEventListener("focus", () => open(each));
    each.addEventListener("blur", close);
    // A finger has no pointer that hovers, and not every browser gives a button the focus.
    each.addEventListener("click", () => open(each));
  }
  bubble.addEventListener("pointerleave", leave);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
  document.addEventListener("pointerdown", (event) => {
    if (!bubble.contains(event.target) && !event.target.closest(".explain")) close();
  });
  window.addEventListener("scroll", () => { if (button) place(); }, { passive: true });
}
