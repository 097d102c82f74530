// Elements and numbers as text.

// Returns an element with properties or attributes, and with children: elements or texts.
function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

const withMinus = (text) => text.replaceAll("-", "−");

// Returns a number with four significant digits.
function formatNumber(value) {
  const size = Math.abs(value);
  const isPlain = size === 0 || (size >= 1e-3 && size < 1e5);
  return withMinus(isPlain ? String(Number(value.toPrecision(4))) : value.toExponential(2));
}

// Returns a function that formats numbers with as many decimals as the largest has with five digits.
function columnFormat(values) {
  const highest = largest(values);
  if (highest < 1e-4 || highest >= 1e5) return formatNumber;
  const decimals = Math.max(5 - Math.max(Math.ceil(Math.log10(highest)), 1), 0);
  return (value) => withMinus(value.toFixed(decimals));
}

// Returns a class name, isolated from the direction of the text around it; its title is whole where it
// is cut.
const className = (name) => element("bdi", { title: name }, name);

const grouped = (count) => count.toLocaleString("en-GB");

// Returns the indices of the values, the largest absolute value first; of equal ones, the first.
function bySize(values) {
  return Array.from(values.keys()).sort((i, j) => Math.abs(values[j]) - Math.abs(values[i]) || i - j);
}

// Returns a table of rows of cells: elements or texts. The first cell of a row is its header.
function tableOf(caption, heads, rows) {
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
