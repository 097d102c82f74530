// The way back from the inspection to the image that was picked.

// Returns the heading above an element, in its section.
function headingOf(origin) {
  const headings = Array.from(origin.closest("section")?.querySelectorAll("h2, h3") ?? []);
  const isAbove = (heading) => heading.compareDocumentPosition(origin) & Node.DOCUMENT_POSITION_FOLLOWING;
  return headings.filter(isAbove).at(-1);
}

// Returns a function that takes the button by which an image was picked.
export function startReturning() {
  const line = document.getElementById("inspection-back");
  const button = line.querySelector("button");
  let origin = null;
  let heading = null;
  button.addEventListener("click", () => {
    // The button may be hidden or replaced by now.
    const target = origin.offsetParent ? origin : heading;
    if (target === heading) heading.tabIndex = -1;
    target.focus({ preventScroll: true });
    target.scrollIntoView({ block: "center" });
  });
  return (picked) => {
    [origin, heading] = [picked, headingOf(picked)];
    line.hidden = !heading;
    if (heading) button.textContent = `Back to “${heading.textContent}”`;
  };
}
