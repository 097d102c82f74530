// The images that the scripts compute with, as stages/page/images/samples.py packs them.

export function decodeBase64(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

// Returns bytes in which a zero was followed by the length of its run.
function unpackZeroRuns(packed) {
  let length = 0;
  for (let i = 0; i < packed.length; i += 1) {
    if (packed[i]) length += 1;
    else length += packed[i += 1];
  }
  // All zeros at first.
  const values = new Uint8Array(length);
  let end = 0;
  for (let i = 0; i < packed.length; i += 1) {
    if (packed[i]) {
      values[end] = packed[i];
      end += 1;
    } else {
      end += packed[i += 1];
    }
  }
  return values;
}

// Returns the test or training images, of `size` pixel values each: `pixels` in one array, and for
// each image its label and its number in its set of `total` images; without images if the page has
// none. The scripts compute with the first `computed` of them.
export function readImages(split, size) {
  const element = document.getElementById(`${split}-images`);
  const { packed, labels, numbers, total, computed } = element
    ? JSON.parse(element.textContent)
    : { packed: "", labels: [], numbers: [], total: 0, computed: 0 };
  const pixels = unpackZeroRuns(decodeBase64(packed));
  const image = (k) => pixels.subarray(k * size, (k + 1) * size);
  return { pixels, labels, numbers, total, computed, count: labels.length, image };
}

// Returns the first images alone.
export function computedImages({ pixels, labels, numbers, total, computed, image }) {
  const end = (pixels.length / Math.max(labels.length, 1)) * computed;
  return {
    pixels: pixels.subarray(0, end), labels: labels.slice(0, computed), numbers: numbers.slice(0, computed),
    total, count: computed, image,
  };
}

// Returns the mean of n images of `size` pixel values each.
export function meanImage(pixels, size) {
  const sums = new Float64Array(size);
  pixels.forEach((value, i) => { sums[i % size] += value; });
  return sums.map((sum) => (sum * size) / pixels.length);
}
