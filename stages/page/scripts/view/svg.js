// Elements of drawings.

// Returns an element with attributes, and with children: elements or texts.
export function svgElement(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// Returns an element that it adds to a drawing.
export const addSvg = (parent, tag, attributes) => parent.appendChild(svgElement(tag, attributes));
