// Small images, drawn from the data at the end of the page.

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim().split(" ").map(Number);
}

// Each pixel is what `rgba` returns for its place.
function paint(canvas, rgba) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  for (let i = 0; i < canvas.width * canvas.height; i += 1) image.data.set(rgba(i), 4 * i);
  context.putImageData(image, 0, 0);
}

function paintGrey(canvas, pixels) {
  paint(canvas, (i) => [pixels[i], pixels[i], pixels[i], 255]);
}

// From one colour by way of that of zero to the other, as weights go from -limit to limit.
function paintUnits(levels) {
  const [low, zero, high] = ["--low", "--zero", "--high"].map(colour);
  for (const canvas of document.querySelectorAll("[data-unit]")) {
    const start = canvas.width * canvas.height * Number(canvas.dataset.unit);
    paint(canvas, (i) => {
      const share = levels[start + i] / 127;
      const end = share < 0 ? low : high;
      return [...zero.map((from, c) => from + Math.abs(share) * (end[c] - from)), 255];
    });
  }
}
