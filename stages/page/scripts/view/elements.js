// Elements and tables.

// Returns an element with properties or attributes, and with children: elements or texts.
export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

// Returns a class name, isolated from the direction of the text around it; its title is whole where it
// is cut.
export const isolated = (name) => element("bdi", { title: name }, name);

// A longer text from another file is cut.
const MAX_TEXT = 200;
const MAX_FILE_NAME = 60;
// They reverse text, also outside of a bdi.
const DIRECTIONS = /[\u202a-\u202e\u2066-\u2069]/g;

export const cutText = (text, most = MAX_TEXT) => (text.length > most ? `${text.slice(0, most)}…` : text);

// Returns the name of a file, which may be any text.
export function fileName(name) {
  const plain = name.replace(DIRECTIONS, "");
  return element("bdi", { title: cutText(plain) }, cutText(plain, MAX_FILE_NAME));
}

// Returns a table of rows of cells: elements or texts. The first cell of a row is its header.
export function tableOf(caption, heads, rows) {
  const cells = (tag, row, scope) => row.map((cell) => element(tag, scope ? { scope } : {}, cell));
  return element(
    "table",
    { className: "numbers" },
    element("caption", {}, caption),
    element("thead", {}, element("tr", {}, ...cells("th", heads, "col"))),
    element("tbody", {}, ...rows.map(([first, ...others]) => (
      element("tr", {}, ...cells("th", [first], "row"), ...cells("td", others))
    ))),
  );
}
