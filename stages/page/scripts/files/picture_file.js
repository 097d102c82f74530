// Picture files, which the page reads as `nncore predict` does (nncore/cli/images.py). The browser decodes
// them.

import { createTurns, expect, Refusal, startFileInput } from "./files.js";
import { pictureSize } from "./picture_size.js";
import { resizePicture } from "./resizing.js";
import { areaMeans, normalizeDigit, transpose } from "../pad/digits.js";
import { element, fileName } from "../view/elements.js";
import { grouped } from "../view/numbers.js";
import { speak } from "../view/speech.js";

const MAX_FILE_BYTES = 64_000_000;
// That of nncore/data/pictures.py.
const MAX_PICTURE_PIXELS = 2 ** 25;
// Python has no such limit. The longer side of a picture of a digit; a larger one would take gigabytes.
const MAX_DIGIT_SIDE = 1200;
// A canvas has a limit of its pixels too.
const ROWS_PER_BAND = 256;

// Returns the luminance of pixels, 0 to 255, as nncore/cli/images.py computes it.
export function luminance(rgba) {
  const count = rgba.length / 4;
  const grey = (i) => 299 * rgba[4 * i] + 587 * rgba[4 * i + 1] + 114 * rgba[4 * i + 2];
  const onBlack = (i) => grey(i) * rgba[4 * i + 3];
  const onWhite = (i) => onBlack(i) + 255_000 * (255 - rgba[4 * i + 3]);
  const contrast = (value) => {
    let [least, most] = [Infinity, -Infinity];
    for (let i = 0; i < count; i += 1) [least, most] = [Math.min(least, value(i)), Math.max(most, value(i))];
    return most - least;
  };
  const best = contrast(onBlack) > contrast(onWhite) ? onBlack : onWhite;
  const values = new Float64Array(count);
  for (let i = 0; i < count; i += 1) values[i] = best(i) / 255_000;
  return values;
}

// Returns red, green, blue and alpha of each pixel of a bitmap.
function pixelsOf(bitmap) {
  const { width, height } = bitmap;
  const rgba = new Uint8ClampedArray(4 * width * height);
  const canvas = element("canvas", { width, height: Math.min(ROWS_PER_BAND, height) });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  for (let top = 0; top < height; top += canvas.height) {
    const rows = Math.min(canvas.height, height - top);
    context.clearRect(0, 0, width, rows);
    context.drawImage(bitmap, 0, -top);
    rgba.set(context.getImageData(0, 0, width, rows).data, 4 * top * width);
  }
  return { rgba, height, width };
}

function expectFewPixels({ height, width }) {
  const limit = `at most ${grouped(MAX_PICTURE_PIXELS)} pixels`;
  expect(width * height <= MAX_PICTURE_PIXELS, limit, `${grouped(height)} × ${grouped(width)}`);
}

async function decodePicture(file) {
  expect(file.size <= MAX_FILE_BYTES, `a picture of at most ${MAX_FILE_BYTES / 1e6} MB`);
  const refuse = () => expect(false, "a picture that this browser reads");
  // A folder has no bytes.
  const size = pictureSize(new DataView(await file.arrayBuffer().catch(refuse)));
  // A few bytes can be a picture of gigabytes, so that its size is read before it is decoded.
  if (size) expectFewPixels(size);
  // Python reads the values of a file, without its colour profile.
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none" }).catch(refuse);
  try {
    expectFewPixels(bitmap);
    return pixelsOf(bitmap);
  } finally {
    bitmap.close();
  }
}

// Returns the luminance of a picture with a longer side of at most MAX_DIGIT_SIDE pixels.
function digitPicture({ rgba, height, width }) {
  const values = luminance(rgba);
  const scale = MAX_DIGIT_SIDE / Math.max(height, width);
  if (scale >= 1) return { values, height, width };
  const [rows, columns] = [height, width].map((side) => Math.max(1, Math.round(scale * side)));
  const lines = Array.from({ length: height }, (_, y) => values.subarray(y * width, (y + 1) * width));
  const means = transpose(areaMeans(transpose(areaMeans(lines, rows)), columns));
  return { values: means.flat(), height: rows, width: columns };
}

// Returns a promise of the pixel values of a file, for a network of images of this shape. A digit is
// cropped and centred; another picture is stretched.
export async function readPicture(file, shape, isDigit) {
  const picture = await decodePicture(file);
  if (!isDigit) return resizePicture(picture, shape);
  const { values, height, width } = digitPicture(picture);
  const pixels = normalizeDigit(values, height, width, ...shape);
  expect(pixels, "a digit darker or lighter than its background", "none");
  return pixels;
}

// Opens files by the button of the page. Returns a function that takes another file. `read(file)` returns
// a promise of pixel values; `show(pixels, name)` gets those of the latest file.
export function startPictureFiles(read, show) {
  const refusal = document.getElementById("picture-refusal");
  const beginTurn = createTurns();

  async function take(file) {
    const isStale = beginTurn();
    refusal.hidden = true;
    try {
      const pixels = await read(file);
      if (!isStale()) show(pixels, fileName(file.name));
    } catch (error) {
      const isRefused = error instanceof Refusal;
      if (!isStale()) {
        refusal.replaceChildren(fileName(file.name), `: ${isRefused ? error.message : "this page failed to read it"}.`);
        refusal.hidden = false;
        refusal.scrollIntoView({ block: "nearest" });
        speak(refusal.textContent);
      }
      if (!isRefused) throw error;
    }
  }
  startFileInput(document.getElementById("picture-file"), take);
  return take;
}
