// The steps of softmax as a table.

import { softmaxSteps } from "../network/network.js";
import { isolated, tableOf } from "../view/elements.js";
import { columnFormat, formatNumber, grouped, probabilityText } from "../view/numbers.js";

const MAX_CLASSES = 20;

// Returns the table for z of the last layer, in which the row of `unit` is lit. Of many classes it has
// the most probable ones.
export function softmaxTable(model, z, unit) {
  const { highest, differences, powers, total, outputs } = softmaxSteps(z);
  const labels = Array.from(z.keys());
  if (labels.length > MAX_CLASSES) labels.sort((i, j) => outputs[j] - outputs[i] || i - j);
  const [shown, others] = [labels.slice(0, MAX_CLASSES), labels.slice(MAX_CLASSES)];
  const steps = [z, differences, powers, outputs];
  const formats = [columnFormat(z), columnFormat(differences), formatNumber, probabilityText];
  const rows = shown.map((k) => [
    isolated(model.names[k]), ...steps.map((values, step) => formats[step](values[k])),
  ]);
  if (others.length) {
    const sums = [powers, outputs].map((values) => others.reduce((sum, k) => sum + values[k], 0));
    rows.push([`the other ${grouped(others.length)}`, "", "", ...sums.map(formatNumber)]);
  }
  const sum = outputs.reduce((all, output) => all + output, 0);
  rows.push(["sum", "", "", formatNumber(total), formatNumber(sum)]);
  const caption = `Softmax: the largest z is ${formatNumber(highest)}`;
  const table = tableOf(caption, ["class", "z", "z − max", "e to this", "÷ sum"], rows);
  table.tBodies[0].rows[shown.indexOf(unit)]?.classList.add("lit");
  return table;
}
