// Model files as nncore/files.py writes them: uncompressed archives of .npy arrays and JSON values.

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

function concatenate(parts) {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let end = 0;
  for (const part of parts) {
    all.set(part, end);
    end += part.length;
  }
  return all;
}

// Returns numbers of 2 or 4 bytes, little-endian.
function littleEndian(...fields) {
  return concatenate(fields.map(([value, size]) => (
    Uint8Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) % 256)
  )));
}

// Returns a .npy file of float32 numbers; the header is padded to a multiple of 64 bytes.
function npyFile(values, shape) {
  const shapeText = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const fields = `{'descr': '<f4', 'fortran_order': False, 'shape': ${shapeText}, }`;
  const length = Math.ceil((10 + fields.length + 1) / 64) * 64 - 10;
  const header = `${fields.padEnd(length - 1)}\n`;
  const bytes = new Uint8Array(Float32Array.from(values).buffer);
  const magic = Uint8Array.of(0x93, ...new TextEncoder().encode("NUMPY"), 1, 0);
  return concatenate([magic, littleEndian([length, 2]), new TextEncoder().encode(header), bytes]);
}

// Returns a zip archive of [name, content] pairs, without compression or time.
function zipFile(entries) {
  const [files, directory] = [[], []];
  let offset = 0;
  for (const [text, content] of entries) {
    const name = new TextEncoder().encode(text);
    const common = littleEndian(
      // Version, flags, method, time, date of 1980-01-01, digest and sizes.
      [20, 2], [0, 2], [0, 2], [0, 2], [0x21, 2],
      [crc32(content), 4], [content.length, 4], [content.length, 4], [name.length, 2], [0, 2],
    );
    files.push(littleEndian([0x04034b50, 4]), common, name, content);
    // Made on Unix by version 2.0, for everybody to read.
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

// Returns the bytes of the file of a model with these parameters.
//
// `specification` is the JSON text of the model's file with an empty list of edits: JSON.parse would
// make integers of floats.
function modelFile(specification, sizes, parameters, edits) {
  const text = specification.replace('"edits": []', () => `"edits": ${JSON.stringify(edits)}`);
  const entries = [["specification.json", new TextEncoder().encode(text)]];
  let start = 0;
  let biasStart = parameters.length - sizes.slice(1).reduce((sum, units) => sum + units);
  for (let l = 1; l < sizes.length; l += 1) {
    const [inputs, units] = [sizes[l - 1], sizes[l]];
    const weight = new Float32Array(inputs * units);
    // The vector has the weights unit by unit, the file input by input.
    weight.forEach((_, k) => { weight[k] = parameters[start + (k % units) * inputs + Math.floor(k / units)]; });
    entries.push([`weight_${l}.npy`, npyFile(weight, [inputs, units])]);
    entries.push([`bias_${l}.npy`, npyFile(parameters.subarray(biasStart, biasStart + units), [units])]);
    start += inputs * units;
    biasStart += units;
  }
  return zipFile(entries);
}
