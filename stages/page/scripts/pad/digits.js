// Turns a drawing of a digit into an image like MNIST's, by the steps that nncore/cli/digits.py
// explains. Operations and their order are Python's, so that only the last bits of sums may differ.

const LEAST_CONTRAST = 0.1;
const LEAST_LINE = 0.9;
const MOST_BEHIND_LINE = 0.25;
const LEVELS = 256;
const TIE = 1e-6;

// Returns pixel values 0 to 255, or null if the drawing is blank.
export function normalizeDigit(drawing, drawnHeight, drawnWidth, rows, columns) {
  const drawn = Float64Array.from(drawing, (value) => value / 255);
  const [picture, height, width] = withoutFrame(drawn, drawnHeight, drawnWidth);
  const ink = inkOf(picture, height, width);
  if (!ink) return null;
  const mask = dilate(ink, threshold(ink), height, width);
  const crop = cropToInk(ink.map((value, i) => (mask[i] ? value : 0)), height, width);
  const [high, wide] = fitSize(crop.length, crop[0].length, rows, columns);
  const digit = transpose(areaMeans(transpose(areaMeans(crop, high)), wide));
  const brightest = digit.flat().reduce((highest, value) => Math.max(highest, value));
  const image = new Uint8Array(rows * columns);
  const scaled = digit.map((row) => row.map((value) => value / brightest));
  const top = centeringOffset(scaled.map(sum), rows);
  const left = centeringOffset(transpose(scaled).map(sum), columns);
  scaled.forEach((row, y) => row.forEach((value, x) => {
    image[(top + y) * columns + left + x] = Math.floor(255 * value + 0.5);
  }));
  return image;
}

// Returns the distance of each pixel from the median of the outermost pixels, 0 to 1.
function inkOf(picture, height, width) {
  const ground = borderMedian(picture, height, width);
  const lighter = picture.map((value) => Math.max(value - ground, 0));
  const darker = picture.map((value) => Math.max(ground - value, 0));
  const squares = (values) => values.reduce((total, value) => total + value * value, 0);
  const ink = squares(darker) > squares(lighter) ? darker : lighter;
  const contrast = ink.reduce((most, value) => Math.max(most, value), 0);
  if (contrast < LEAST_CONTRAST || steepest(ink, height, width) < LEAST_CONTRAST) return null;
  return ink.map((value) => value / contrast);
}

// Returns the largest difference of two means of squares a sixteenth of the rows or columns apart.
function steepest(ink, height, width) {
  const side = Math.max(1, Math.floor(Math.min(height, width) / 64));
  // Sums of all values above and to the left of a corner.
  const sums = new Float64Array((height + 1) * (width + 1));
  ink.forEach((value, i) => {
    const corner = (Math.floor(i / width) + 1) * (width + 1) + (i % width) + 1;
    sums[corner] = value + sums[corner - 1] + sums[corner - width - 1] - sums[corner - width - 2];
  });
  const [rows, columns] = [height - side + 1, width - side + 1];
  const means = Float64Array.from({ length: rows * columns }, (_, i) => {
    const top = Math.floor(i / columns) * (width + 1) + (i % columns);
    const bottom = top + side * (width + 1);
    return (sums[bottom + side] - sums[bottom] - sums[top + side] + sums[top]) / (side * side);
  });
  const [down, right] = [height, width].map((length) => Math.max(1, Math.floor(length / 16)));
  return means.reduce((most, value, i) => Math.max(
    most,
    i + down * columns < means.length ? Math.abs(means[i + down * columns] - value) : 0,
    (i % columns) + right < columns ? Math.abs(means[i + right] - value) : 0,
  ), 0);
}

// Returns the median of the outermost pixels.
function borderMedian(picture, height, width) {
  const outermost = (i) => i < width || i >= width * (height - 1) || i % width === 0 || i % width === width - 1;
  const border = picture.filter((_, i) => outermost(i)).sort();
  const middle = Math.floor(border.length / 2);
  return border.length % 2 ? border[middle] : (border[middle - 1] + border[middle]) / 2;
}

// Returns the part of a picture within a rectangle.
function cut(picture, width, [top, bottom], [left, right]) {
  const rows = Array.from({ length: bottom - top }, (_, y) => picture.subarray((top + y) * width + left, (top + y) * width + right));
  return Float64Array.from(rows.flatMap((row) => Array.from(row)));
}

// Returns a picture without lines along its edges, and its height and width.
function withoutFrame(picture, height, width) {
  const [high, wide] = [Math.floor(height / 28), Math.floor(width / 28)];
  const inside = cut(picture, width, [high, height - high], [wide, width - wide]);
  const ground = borderMedian(inside, height - 2 * high, width - 2 * wide);
  const [inRow, inColumn] = [new Array(height).fill(0), new Array(width).fill(0)];
  picture.forEach((value, i) => {
    if (Math.abs(value - ground) < LEAST_CONTRAST) return;
    inRow[Math.floor(i / width)] += 1;
    inColumn[i % width] += 1;
  });
  // Returns the first and the end of the rows or columns that are not cut off.
  const spanOf = (counts, length, edge) => {
    const noLine = (count) => count / length < LEAST_LINE;
    const lines = (side) => {
      const first = Math.max(side.slice(0, edge + 1).findIndex(noLine), 0);
      return side[first] / length <= MOST_BEHIND_LINE ? first : 0;
    };
    return [lines(counts), counts.length - lines([...counts].reverse())];
  };
  const [rows, columns] = [spanOf(inRow, width, high), spanOf(inColumn, height, wide)];
  return [cut(picture, width, rows, columns), rows[1] - rows[0], columns[1] - columns[0]];
}

// Returns Otsu's threshold: the lowest with the greatest variance between digit and background.
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

// Returns 1 for each pixel that reaches the threshold or touches one that does, also at a corner.
function dilate(ink, least, height, width) {
  const mask = new Uint8Array(ink.length);
  ink.forEach((value, i) => {
    if (value < least) return;
    const [y, x] = [Math.floor(i / width), i % width];
    for (let v = Math.max(y - 1, 0); v <= Math.min(y + 1, height - 1); v += 1) {
      mask.fill(1, v * width + Math.max(x - 1, 0), v * width + Math.min(x + 1, width - 1) + 1);
    }
  });
  return mask;
}

// Returns the rows of the smallest rectangle that holds all ink.
function cropToInk(ink, height, width) {
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

// Returns the height and width of a crop after it is fitted into 20/28 of the image.
function fitSize(height, width, rows, columns) {
  // A quotient, halves rounded up, at least 1.
  const divide = (over, under) => Math.max(1, Math.floor((2 * over + under) / (2 * under)));
  const [maxRows, maxColumns] = [divide(20 * rows, 28), divide(20 * columns, 28)];
  return height * maxColumns >= width * maxRows
    ? [maxRows, divide(width * maxRows, height)]
    : [divide(height * maxColumns, width), maxColumns];
}

// Returns `count` rows: each is the mean of the old rows, weighted by the fraction that they cover.
export function areaMeans(rows, count) {
  const old = rows.length;
  return Array.from({ length: count }, (_, i) => {
    const [before, after] = [(i * old) / count, ((i + 1) * old) / count];
    const mean = new Array(rows[0].length).fill(0);
    for (let y = Math.floor(before); y < Math.min(Math.ceil(after), old); y += 1) {
      const weight = (Math.min(after, y + 1) - Math.max(before, y)) * (count / old);
      rows[y].forEach((value, x) => { mean[x] += weight * value; });
    }
    return mean;
  });
}

// Returns the position of a digit's first row or column that puts its centre of mass in the middle.
function centeringOffset(mass, side) {
  const centre = mass.reduce((total, value, i) => total + (i + 0.5) * value, 0) / sum(mass);
  const offset = Math.floor(side / 2) - Math.floor(centre + TIE);
  return Math.min(Math.max(offset, 0), side - mass.length);
}

const sum = (values) => values.reduce((total, value) => total + value, 0);
export const transpose = (rows) => rows[0].map((_, x) => rows.map((row) => row[x]));
