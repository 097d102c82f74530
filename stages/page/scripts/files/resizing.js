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

// Returns values with `count` in place of `old` along one axis, which are `stride` apart. There are `lines`
// such axes; line k begins at `start(k, length)`, where the axis has this length.
function resample(values, old, count, lines, stride, start) {
  if (old === count) return values;
  const resized = new Uint8Array(lines * count);
  bilinearWeights(old, count).forEach(({ first, weights }, i) => {
    for (let line = 0; line < lines; line += 1) {
      const origin = start(line, old) + first * stride;
      let sum = 2 ** (WEIGHT_BITS - 1);
      for (let k = 0; k < weights.length; k += 1) sum += weights[k] * values[origin + k * stride];
      resized[start(line, count) + i * stride] = Math.min(Math.floor(sum / 2 ** WEIGHT_BITS), 255);
    }
  });
  return resized;
}

// Returns the pixels of a picture, of one channel or of three.
function convert(rgba, channels) {
  const values = new Uint8Array((rgba.length / 4) * channels);
  for (let i = 0; i < rgba.length / 4; i += 1) {
    const alpha = rgba[4 * i + 3];
    const red = onWhite(rgba[4 * i], alpha);
    const green = onWhite(rgba[4 * i + 1], alpha);
    const blue = onWhite(rgba[4 * i + 2], alpha);
    if (channels === 3) {
      values[3 * i] = red;
      values[3 * i + 1] = green;
      values[3 * i + 2] = blue;
    } else {
      values[i] = (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16;
    }
  }
  return values;
}

// Takes red, green, blue and alpha of each pixel; returns pixel values, 0 to 255.
export function resizePicture({ rgba, height, width }, [rows, columns, channels = 1]) {
  const across = (values, lines) => resample(
    ...[values, width, columns, lines * channels, channels],
    (line, length) => Math.floor(line / channels) * length * channels + (line % channels),
  );
  const down = (values, side) => resample(...[values, height, rows, side * channels, side * channels], (line) => line);
  const values = convert(rgba, channels);
  // The order in which Pillow 13 takes the two axes; the values between them are rounded.
  const isDownFirst = height > rows && height - rows > 2 * (width - columns);
  return isDownFirst ? across(down(values, width), rows) : down(across(values, height), columns);
}
