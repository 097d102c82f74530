// Numbers as text.

const withMinus = (text) => text.replaceAll("-", "−");

// Returns a number with four significant digits, or with all before its point: as numbers.py.
export function formatNumber(value) {
  const size = Math.abs(value);
  if (size >= 1e4 && size < 1e15) return withMinus(grouped(Math.round(value)));
  const isPlain = size === 0 || (size >= 1e-3 && size < 1e15);
  return withMinus(isPlain ? String(Number(value.toPrecision(4))) : value.toExponential(2));
}

// Returns a function that formats numbers with as many decimals as the largest has with five digits.
export function columnFormat(values) {
  const highest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (highest < 1e-4 || highest >= 1e5) return formatNumber;
  const decimals = Math.max(5 - Math.max(Math.ceil(Math.log10(highest)), 1), 0);
  return (value) => withMinus(value.toFixed(decimals));
}

export const grouped = (count) => withMinus(count.toLocaleString("en-GB"));

// Returns a number of things, of which more than one end with an s.
export const counted = (count, thing) => `${grouped(count)} ${thing}${count === 1 ? "" : "s"}`;

// Only all is 100 %, and only nothing 0 %.
export function percent(fraction) {
  if (fraction > 0.99995 && fraction < 1) return "> 99.99\u00a0%";
  if (fraction > 0 && fraction < 0.00005) return "< 0.01\u00a0%";
  return `${(100 * fraction).toFixed(2)}\u00a0%`;
}

// No class is certain or impossible, though its probability may round to 1 or 0.
export function probabilityText(probability) {
  if (probability > 0.9995) return "> 99.9 %";
  return probability > 0 && probability < 0.0005 ? "< 0.1 %" : `${(100 * probability).toFixed(1)} %`;
}
