// Draws small images from the data at the end of the page.

function decodeBase64(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim().split(" ").map(Number);
}

// Sets pixel i to `rgba(i)`.
function paint(canvas, rgba) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  for (let i = 0; i < canvas.width * canvas.height; i += 1) image.data.set(rgba(i), 4 * i);
  context.putImageData(image, 0, 0);
}

function paintGray(canvas, pixels) {
  paint(canvas, (i) => [pixels[i], pixels[i], pixels[i], 255]);
}

// Weights from -limit over 0 to limit have the colours from --low over --zero to --high.
function paintUnits(levels) {
  const [low, zero, high] = ["--low", "--zero", "--high"].map(colour);
  for (const canvas of document.querySelectorAll("[data-unit]")) {
    const start = canvas.width * canvas.height * Number(canvas.dataset.unit);
    paint(canvas, (i) => {
      const level = levels[start + i] / 127;
      const end = level < 0 ? low : high;
      return [...zero.map((from, c) => from + Math.abs(level) * (end[c] - from)), 255];
    });
  }
}
