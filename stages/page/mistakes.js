// The gallery of mistakes: the first of them, all, or those of one cell of the confusion matrix.

function chooseMistakes() {
  const list = document.getElementById("mistakes");
  const items = Array.from(list.children);
  const status = document.getElementById("choice");
  const all = document.getElementById("all-mistakes");
  const words = status.textContent;
  const first = Number(list.dataset.first);
  const cells = document.querySelectorAll("td[data-words]");
  let pressed = null;

  function show(wanted, text) {
    items.forEach((item, i) => { item.hidden = !wanted(item, i); });
    all.hidden = !items.some((item) => item.hidden);
    status.textContent = text;
  }
  function press(button) {
    if (pressed) pressed.setAttribute("aria-pressed", "false");
    pressed = button;
    if (button) button.setAttribute("aria-pressed", "true");
  }
  function showFirst() {
    press(null);
    show((_, i) => i < first, items.length > first ? `${words} Here are ${first}.` : words);
  }

  for (const cell of cells) {
    const { actual, predicted, words: name } = cell.dataset;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = cell.textContent;
    button.setAttribute("aria-label", name);
    button.setAttribute("aria-pressed", "false");
    button.title = name;
    button.addEventListener("click", () => {
      if (button === pressed) return showFirst();
      press(button);
      const wanted = (item) => item.dataset.actual === actual && item.dataset.predicted === predicted;
      const found = items.filter(wanted).length;
      const rest = found < Number(button.textContent) ? `; ${found} of them here` : "";
      return show(wanted, `${name}${rest}.`);
    });
    cell.replaceChildren(button);
  }
  all.addEventListener("click", () => {
    press(null);
    show(() => true, words);
    document.getElementById("mistakes-heading").focus();
  });
  showFirst();
}
