// Draws small images from the data at the end of the page.

export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim().split(" ").map(Number);
}

// Sets pixel i to `rgba(i)`.
export function paint(canvas, rgba) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  for (let i = 0; i < canvas.width * canvas.height; i += 1) image.data.set(rgba(i), 4 * i);
  context.putImageData(image, 0, 0);
}

// Takes the grey of each pixel, or its red, green and blue.
export function paintImage(canvas, pixels) {
  const channels = pixels.length / (canvas.width * canvas.height);
  paint(canvas, (i) => [...pixelColour(pixels, i, channels), 255]);
}

export function pixelColour(pixels, i, channels) {
  const [green, blue] = channels === 3 ? [1, 2] : [0, 0];
  const red = channels * i;
  return [pixels[red], pixels[red + green], pixels[red + blue]];
}

// Returns a colour from `low` for a level of -1, over `zero` for 0, to `high` for 1.
export function mixColours(level, low, zero, high) {
  const end = level < 0 ? low : high;
  return zero.map((from, c) => from + Math.abs(level) * (end[c] - from));
}

// Weights from -limit over 0 to limit have the colours from --low over --zero to --high. Those of
// colour images are as bright as their red, green and blue: 0 is grey.
export function paintUnits(levels, channels) {
  const [low, zero, high] = ["--low", "--zero", "--high"].map(colour);
  for (const canvas of document.querySelectorAll("[data-unit]")) {
    const pixels = canvas.width * canvas.height;
    const start = channels * pixels * Number(canvas.dataset.unit);
    if (channels === 3) {
      const brightness = levels.subarray(start, start + 3 * pixels);
      paintImage(canvas, Float64Array.from(brightness, (level) => 127.5 + (127.5 * level) / 127));
      continue;
    }
    paint(canvas, (i) => [...mixColours(levels[start + i] / 127, low, zero, high), 255]);
  }
}
