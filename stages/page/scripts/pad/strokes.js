// Strokes on a grid of ink, 0 to 255. No browser's own drawing is used, so that all give one result.

export function createInk(width, height) {
  const ink = new Uint8Array(width * height);
  const radius = 0.0375 * Math.max(width, height);

  // Moves a round pen from (x0, y0) to (x1, y1), in cells; its edge fades over one cell.
  function stroke(x0, y0, x1, y1) {
    const [dx, dy] = [x1 - x0, y1 - y0];
    const length = dx * dx + dy * dy;
    const reach = radius + 1;
    const first = (a, b) => Math.max(Math.floor(Math.min(a, b) - reach), 0);
    const last = (a, b, end) => Math.min(Math.ceil(Math.max(a, b) + reach), end - 1);
    for (let y = first(y0, y1); y <= last(y0, y1, height); y += 1) {
      for (let x = first(x0, x1); x <= last(x0, x1, width); x += 1) {
        const [px, py] = [x + 0.5 - x0, y + 0.5 - y0];
        const along = length ? Math.min(Math.max((px * dx + py * dy) / length, 0), 1) : 0;
        const [ox, oy] = [px - along * dx, py - along * dy];
        // Not Math.hypot, whose last bit depends on the browser.
        const distance = Math.sqrt(ox * ox + oy * oy);
        const value = Math.round(255 * Math.min(Math.max(radius + 0.5 - distance, 0), 1));
        const cell = y * width + x;
        if (value > ink[cell]) ink[cell] = value;
      }
    }
  }
  return { ink, width, height, stroke, clear: () => ink.fill(0) };
}
