// What an edit changes: accuracy and confidence, and the images that became wrong or right.

import { isolated, tableOf } from "../view/elements.js";
import { counted, grouped, percent } from "../view/numbers.js";
import { showSmallImages } from "../view/predictions.js";

const MAX_CHANGED = 24;

// Returns the images that only the unedited or only the edited network classifies correctly.
function changedImages(labels, before, after) {
  const isRight = ({ classes }, k) => classes[k] === labels[k];
  const rows = Array.from(labels.keys());
  return {
    wrong: rows.filter((k) => isRight(before, k) && !isRight(after, k)),
    right: rows.filter((k) => !isRight(before, k) && isRight(after, k)),
  };
}

// Returns a function that shows predictions `before` and `after` the edits, and returns their sentence;
// `inspect(pixels, title)` shows an image.
export function createResult({ names, shape }, images, inspect) {
  const find = (name) => document.getElementById(`lab-${name}`);
  const accuracy = ({ correct }) => percent(correct / images.count);
  const confidence = (predictions) => percent(predictions.confidence);

  function sentenceOf(before, after, isEdited) {
    if (!isEdited) return `Accuracy ${accuracy(before)}, unedited. Mean confidence ${confidence(before)}.`;
    const { wrong, right } = changedImages(images.labels, before, after);
    return `Accuracy ${accuracy(after)}, unedited ${accuracy(before)}: ${counted(wrong.length, "image")} became wrong, `
      + `${grouped(right.length)} right. Mean confidence ${confidence(after)}, unedited ${confidence(before)}.`;
  }
  function smallImage(k, before, after) {
    const [from, to] = [before, after].map(({ classes }) => names[classes[k]]);
    const title = `Test image ${images.numbers[k]}: ${names[images.labels[k]]}`;
    const pixels = images.image(k);
    return {
      pixels,
      label: `${title}, before the edits ${from}, now ${to}`,
      caption: [isolated(from), " → ", isolated(to)],
      choose: () => inspect(pixels, title),
    };
  }
  function showImages(name, rows, before, after) {
    const more = rows.length > MAX_CHANGED ? `; the first ${MAX_CHANGED} are here` : "";
    find(`${name}-count`).textContent = rows.length
      ? `${grouped(rows.length)} of ${counted(images.count, "image")}${more}: the class before and after the edits.`
      : "No image.";
    showSmallImages(find(name), shape, rows.slice(0, MAX_CHANGED).map((k) => smallImage(k, before, after)));
  }
  return function show(before, after, isEdited) {
    const sentence = sentenceOf(before, after, isEdited);
    find("result").textContent = sentence;
    find("numbers").replaceChildren(tableOf(`The ${counted(images.count, "test image")}`, ["", "unedited", "edited"], [
      ["accuracy", accuracy(before), accuracy(after)],
      ["correct", grouped(before.correct), grouped(after.correct)],
      ["mean confidence", confidence(before), confidence(after)],
    ]));
    find("changes").hidden = !isEdited;
    const changes = changedImages(images.labels, before, after);
    for (const name of ["wrong", "right"]) showImages(name, changes[name], before, after);
    return sentence;
  };
}
