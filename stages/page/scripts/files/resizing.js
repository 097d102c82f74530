// Turns a picture into an image of a network, by the steps of nncore/data/pictures.py: composited on
// white, converted to grey or RGB, stretched. These are integers, so that the result is Python's.

const WEIGHT_BITS = 22;

// Returns a channel of a pixel on white, as Pillow's alpha_composite rounds it.
function onWhite(value, alpha) {
  const scaled = 128 * (value * alpha + 255 * (255 - alpha) + 128);
  return ((scaled >> 8) + scaled) >> 15;
}

// Returns for each of `count` new pixels the first of `old` ones that it covers, and their weights: a
// triangle, as wide as two new pixels, or as two old ones where these are larger.
function bilinearWeights(old, count) {
  const scale = old / count;
  const support = Math.max(scale, 1);
  return Array.from({ length: count }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(Math.trunc(centre - support + 0.5), 0);
    const end = Math.min(Math.trunc(centre + support + 0.5), old);
    const weights = Array.from({ length: end - first }, (__, k) => (
      Math.max(1 - Math.abs((k + first - centre + 0.5) * (1 / support)), 0)
    ));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => Math.trunc(0.5 + (weight / sum) * 2 ** WEIGHT_BITS)) };
  });
}

// Returns the weighted mean of values that are `stride` apart.
function weightedMean(values, start, stride, weights) {
  let sum = 2 ** (WEIGHT_BITS - 1);
  for (let k = 0; k < weights.length; k += 1) sum += weights[k] * values[start + k * stride];
  return Math.min(Math.floor(sum / 2 ** WEIGHT_BITS), 255);
}

// Writes the pixels of a row of a picture to `line`, of one channel or of three.
function convertRow(rgba, start, line, channels) {
  for (let x = 0; x < line.length / channels; x += 1) {
    const pixel = start + 4 * x;
    const alpha = rgba[pixel + 3];
    const red = onWhite(rgba[pixel], alpha);
    const green = onWhite(rgba[pixel + 1], alpha);
    const blue = onWhite(rgba[pixel + 2], alpha);
    if (channels === 3) {
      line[3 * x] = red;
      line[3 * x + 1] = green;
      line[3 * x + 2] = blue;
    } else {
      line[x] = (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16;
    }
  }
}

// Takes red, green, blue and alpha of each pixel; returns pixel values, 0 to 255.
export function resizePicture({ rgba, height, width }, [rows, columns, channels = 1]) {
  const line = new Uint8Array(channels * width);
  const length = channels * columns;
  const narrow = new Uint8Array(height * length);
  const across = bilinearWeights(width, columns);
  for (let y = 0; y < height; y += 1) {
    convertRow(rgba, 4 * y * width, line, channels);
    across.forEach(({ first, weights }, x) => {
      for (let c = 0; c < channels; c += 1) {
        narrow[y * length + channels * x + c] = weightedMean(line, channels * first + c, channels, weights);
      }
    });
  }
  const image = new Uint8Array(rows * length);
  bilinearWeights(height, rows).forEach(({ first, weights }, y) => {
    for (let x = 0; x < length; x += 1) image[y * length + x] = weightedMean(narrow, first * length + x, length, weights);
  });
  return image;
}
