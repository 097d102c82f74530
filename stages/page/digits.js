// A drawing of any size as an image like MNIST's: the steps of nncore/digits.py, which has their
// reasons. The same operations in the same order, so that only the last bits of sums may differ.

const LEAST_CONTRAST = 0.1;
const LEVELS = 256;
const TIE = 1e-6;

// Returns pixel values 0 to 255, or null where nothing stands out from the ground.
function prepare(drawing, height, width, rows, columns) {
  const ink = inkOf(Float64Array.from(drawing, (value) => value / 255), height, width);
  if (!ink) return null;
  const kept = near(ink, threshold(ink), height, width);
  const crop = cropped(ink.map((value, i) => (kept[i] ? value : 0)), height, width);
  const [high, wide] = fitted(crop.length, crop[0].length, rows, columns);
  const digit = transposed(means(transposed(means(crop, high)), wide));
  const most = digit.flat().reduce((highest, value) => Math.max(highest, value));
  const image = new Uint8Array(rows * columns);
  const scaled = digit.map((row) => row.map((value) => value / most));
  const top = start(scaled.map(sum), rows);
  const left = start(transposed(scaled).map(sum), columns);
  scaled.forEach((row, y) => row.forEach((value, x) => {
    image[(top + y) * columns + left + x] = Math.floor(255 * value + 0.5);
  }));
  return image;
}

// How far each pixel stands out from the median of the outermost ones, 0 to 1.
function inkOf(picture, height, width) {
  const outermost = (i) => i < width || i >= width * (height - 1) || i % width === 0 || i % width === width - 1;
  const edge = picture.filter((_, i) => outermost(i)).sort();
  const middle = Math.floor(edge.length / 2);
  const ground = edge.length % 2 ? edge[middle] : (edge[middle - 1] + edge[middle]) / 2;
  const lighter = picture.map((value) => Math.max(value - ground, 0));
  const darker = picture.map((value) => Math.max(ground - value, 0));
  const squares = (values) => values.reduce((total, value) => total + value * value, 0);
  const ink = squares(darker) > squares(lighter) ? darker : lighter;
  const contrast = ink.reduce((most, value) => Math.max(most, value), 0);
  return contrast < LEAST_CONTRAST ? null : ink.map((value) => value / contrast);
}

// Otsu's: the greatest variance between the two parts, the lowest threshold of several.
function threshold(ink) {
  const counts = new Float64Array(LEVELS);
  for (const value of ink) counts[Math.min(Math.floor(LEVELS * value), LEVELS - 1)] += 1;
  const [all, whole] = [ink.length, counts.reduce((total, count, level) => total + count * level, 0)];
  let [n, s, best, most] = [0, 0, 0, -1];
  for (let level = 0; level < LEVELS - 1; level += 1) {
    n += counts[level];
    s += counts[level] * level;
    const between = (whole * n - all * s) ** 2 / Math.max(n * (all - n), 1);
    if (between > most) [best, most] = [level + 1, between];
  }
  return best / LEVELS;
}

// Which pixels reach the threshold or touch one that does, at a side or a corner.
function near(ink, least, height, width) {
  const found = new Uint8Array(ink.length);
  ink.forEach((value, i) => {
    if (value < least) return;
    const [y, x] = [Math.floor(i / width), i % width];
    for (let v = Math.max(y - 1, 0); v <= Math.min(y + 1, height - 1); v += 1) {
      found.fill(1, v * width + Math.max(x - 1, 0), v * width + Math.min(x + 1, width - 1) + 1);
    }
  });
  return found;
}

// The smallest rectangle that holds all ink, as rows.
function cropped(ink, height, width) {
  let [top, bottom, left, right] = [height, -1, width, -1];
  ink.forEach((value, i) => {
    if (!value) return;
    const [y, x] = [Math.floor(i / width), i % width];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
    [left, right] = [Math.min(left, x), Math.max(right, x)];
  });
  const rows = [];
  for (let y = top; y <= bottom; y += 1) {
    rows.push(Array.from(ink.subarray(y * width + left, y * width + right + 1)));
  }
  return rows;
}

function fitted(height, width, rows, columns) {
  // Halves rounded up, at least 1.
  const rounded = (over, under) => Math.max(1, Math.floor((2 * over + under) / (2 * under)));
  const [most_rows, most_columns] = [rounded(20 * rows, 28), rounded(20 * columns, 28)];
  return height * most_columns >= width * most_rows
    ? [most_rows, rounded(width * most_rows, height)]
    : [rounded(height * most_columns, width), most_columns];
}

// As many rows as asked for, each the mean of the old ones by the part of it that they cover.
function means(rows, count) {
  const old = rows.length;
  return Array.from({ length: count }, (_, i) => {
    const [before, after] = [(i * old) / count, ((i + 1) * old) / count];
    const mean = new Array(rows[0].length).fill(0);
    for (let y = Math.floor(before); y < Math.min(Math.ceil(after), old); y += 1) {
      const part = (Math.min(after, y + 1) - Math.max(before, y)) * (count / old);
      rows[y].forEach((value, x) => { mean[x] += part * value; });
    }
    return mean;
  });
}

// Where a digit begins, so that the pixel with its centre of mass is in the middle.
function start(mass, side) {
  const centre = mass.reduce((total, value, i) => total + (i + 0.5) * value, 0) / sum(mass);
  const place = Math.floor(side / 2) - Math.floor(centre + TIE);
  return Math.min(Math.max(place, 0), side - mass.length);
}

const sum = (values) => values.reduce((total, value) => total + value, 0);
const transposed = (rows) => rows[0].map((_, x) => rows.map((row) => row[x]));
