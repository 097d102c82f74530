// Elements in rows, one of which the pointer or the arrow keys point at. Together they are one stop of the
// Tab key.

// Calls `onPoint(row, column)` for the element under the pointer or with the focus, or with null for none. The
// Tab key enters at the first element of the row `entry`.
export function startPointing(rows, onPoint, entry = 0) {
  let stop = rows[entry][0];
  for (const element of rows.flat()) element.tabIndex = element === stop ? 0 : -1;
  rows.forEach((row, r) => row.forEach((element, c) => {
    element.addEventListener("focus", () => {
      [stop.tabIndex, element.tabIndex] = [-1, 0];
      stop = element;
    });
    for (const event of ["pointerenter", "focus"]) element.addEventListener(event, () => onPoint(r, c));
    for (const event of ["pointerleave", "blur"]) element.addEventListener(event, () => onPoint(null, null));
    element.addEventListener("keydown", (event) => {
      const next = {
        ArrowDown: rows[r + 1]?.[c], ArrowUp: rows[r - 1]?.[c], ArrowRight: row[c + 1], ArrowLeft: row[c - 1],
      }[event.key];
      if (!next) return;
      event.preventDefault();
      next.focus();
    });
  }));
}
