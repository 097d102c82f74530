// Model files as nncore/model_file.py writes them: archives without compression, of float32 arrays and
// JSON values. Equal content gives equal bytes.

import { parameterViews } from "./edits.js";

// An .npy file begins with its version and the length of its header, which fill this with spaces.
const NPY_HEADER_BYTES = 128;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

const encodeText = (text) => new TextEncoder().encode(text);

function concatenate(arrays) {
  const all = new Uint8Array(arrays.reduce((length, array) => length + array.length, 0));
  let end = 0;
  for (const array of arrays) {
    all.set(array, end);
    end += array.length;
  }
  return all;
}

// Returns the bytes of [value, size] pairs of unsigned integers, little-endian.
function littleEndian(...fields) {
  return concatenate(fields.map(([value, size]) => (
    Uint8Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) % 256)
  )));
}

// Returns a .npy file of float32 numbers.
function npyFile(values, shape) {
  const shapeText = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const fields = `{'descr': '<f4', 'fortran_order': False, 'shape': ${shapeText}, }`;
  const length = NPY_HEADER_BYTES - 10;
  const magic = Uint8Array.of(0x93, ...encodeText("NUMPY"), 1, 0);
  const header = encodeText(`${fields.padEnd(length - 1)}\n`);
  return concatenate([magic, littleEndian([length, 2]), header, new Uint8Array(Float32Array.from(values).buffer)]);
}

// Returns a zip archive of [name, content] pairs, of a fixed time.
function zipFile(entries) {
  const [files, directory] = [[], []];
  let offset = 0;
  for (const [text, content] of entries) {
    const name = encodeText(text);
    const common = littleEndian(
      // Version 2.0; no flags, no compression; 1980-01-01, 0:00.
      [20, 2], [0, 2], [0, 2], [0, 2], [0x21, 2],
      [crc32(content), 4], [content.length, 4], [content.length, 4], [name.length, 2], [0, 2],
    );
    files.push(littleEndian([0x04034b50, 4]), common, name, content);
    // Written on Unix by version 2.0, with the permissions of a file.
    directory.push(
      littleEndian([0x02014b50, 4], [0x0314, 2]), common,
      littleEndian([0, 2], [0, 2], [0, 2], [0o644 * 65536, 4], [offset, 4]), name,
    );
    offset += 30 + name.length + content.length;
  }
  const [body, list] = [concatenate(files), concatenate(directory)];
  const count = entries.length;
  const end = littleEndian([0x06054b50, 4], [0, 4], [count, 2], [count, 2], [list.length, 4], [body.length, 4], [0, 2]);
  return concatenate([body, list, end]);
}

// Returns the bytes of the file of a model with these parameters, which its provenance says are edited.
//
// `specification` has the `text` of the JSON values with an empty list of edits, because JSON.parse would
// turn 1.0 into 1, and `edits` that the model had before.
export function modelFile(specification, sizes, parameters, texts) {
  const list = JSON.stringify([].concat(specification.edits, texts), null, 2).replaceAll("\n", "\n    ");
  // In a string the quotation marks are escaped, so that only the key matches.
  const values = specification.text.replace('"edits": []', () => `"edits": ${list}`);
  const entries = [["specification.json", encodeText(values)]];
  parameterViews(sizes, parameters).forEach(({ units, weight, bias }, l) => {
    const inputs = sizes[l];
    // The vector has the weights unit by unit, the file input by input.
    const byInput = weight.map((_, k) => weight[(k % units) * inputs + Math.floor(k / units)]);
    entries.push([`weight_${l + 1}.npy`, npyFile(byInput, [inputs, units])]);
    entries.push([`bias_${l + 1}.npy`, npyFile(bias, [units])]);
  });
  return zipFile(entries);
}
