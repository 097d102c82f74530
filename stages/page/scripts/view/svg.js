// Adds an element to a drawing.

export function addSvg(parent, tag, values) {
  const child = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(values)) child.setAttribute(key, value);
  return parent.appendChild(child);
}
