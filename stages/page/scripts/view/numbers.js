// Numbers as text.

const withMinus = (text) => text.replaceAll("-", "−");

const DIGITS = 4;
const exponentOf = (text) => Number(text.split("e")[1]);

// Returns a number with four significant digits, or with all before its point, as a program reads it.
// The rounded number decides on its form.
function roundedText(value) {
  if (!value) return String(value + 0);
  const short = value.toExponential(2);
  const decimals = Math.max(DIGITS - 1 - exponentOf(value.toExponential(DIGITS - 1)), 0);
  if (exponentOf(short) < -3 || Math.abs(value) >= 1e15) return short;
  const plain = Number(value.toFixed(decimals));
  return Math.abs(plain) >= 1e15 ? short : String(plain);
}

// Returns the number that `formatNumber` shows.
export const shownNumber = (value) => Number(roundedText(value));

// Returns a number as numbers.py does.
export function formatNumber(value) {
  const text = roundedText(value);
  return /^-?\d{5,}$/.test(text) ? grouped(Number(text)) : withMinus(text);
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

// Returns an output of softmax: none but 1 is rounded to 1.
export function probabilityText(value) {
  const text = formatNumber(value);
  return text === "1" && value < 1 ? ">\u00a00.9999" : text;
}

// Only all is 100 %, and only nothing 0 %.
export function percent(fraction, decimals = 2) {
  const text = (100 * fraction).toFixed(decimals);
  const least = 10 ** -decimals;
  if (fraction < 1 && Number(text) >= 100) return `>\u00a0${(100 - least).toFixed(decimals)}\u00a0%`;
  if (fraction > 0 && Number(text) === 0) return `<\u00a0${least.toFixed(decimals)}\u00a0%`;
  return `${text}\u00a0%`;
}

// No class is certain, so none has 100 %.
export const confidenceText = (probability) => percent(Math.min(probability, 1 - Number.EPSILON / 2), 1);
