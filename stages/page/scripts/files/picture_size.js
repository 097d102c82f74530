// The size of a picture, which its header gives before any pixel is decoded.

// Start of scan and end of image: no size follows.
const JPEG_ENDS = [0xda, 0xd9];
// Markers from 0xc0 to 0xcf that begin no frame: Huffman tables, a reserved one, arithmetic coding.
const JPEG_NO_FRAMES = [0xc4, 0xc8, 0xcc];
// RST0 to RST7, SOI and TEM have no length.
const isBare = (marker) => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);

function jpegSize(view) {
  let at = 2;
  while (at + 9 <= view.byteLength) {
    const marker = view.getUint8(at + 1);
    // Decoders skip bytes between segments.
    if (view.getUint8(at) !== 0xff || marker === 0x00 || marker === 0xff) at += 1;
    else if (JPEG_ENDS.includes(marker)) return null;
    else if (marker >> 4 === 0xc && !JPEG_NO_FRAMES.includes(marker)) {
      return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    } else at += isBare(marker) ? 2 : 2 + view.getUint16(at + 2);
  }
  return null;
}

function webpSize(view) {
  const three = (at) => view.getUint16(at, true) + 2 ** 16 * view.getUint8(at + 2);
  const kind = textAt(view, 12, 4);
  if (kind === "VP8X") return { height: three(27) + 1, width: three(24) + 1 };
  if (kind === "VP8L") {
    const bits = view.getUint32(21, true);
    return { height: ((bits >> 14) & 0x3fff) + 1, width: (bits & 0x3fff) + 1 };
  }
  return { height: view.getUint16(28, true) & 0x3fff, width: view.getUint16(26, true) & 0x3fff };
}

function bmpSize(view) {
  // The header of OS/2 has numbers of 16 bits.
  if (view.getUint32(14, true) === 12) return { height: view.getUint16(20, true), width: view.getUint16(18, true) };
  // A negative height means that the first row is the top one.
  return { height: Math.abs(view.getInt32(22, true)), width: Math.abs(view.getInt32(18, true)) };
}

// Each kind by the text at a place of its header.
const KINDS = [
  { text: "PNG", at: 1, size: (view) => ({ height: view.getUint32(20), width: view.getUint32(16) }) },
  { text: "\xff\xd8\xff", at: 0, size: jpegSize },
  { text: "GIF8", at: 0, size: (view) => ({ height: view.getUint16(8, true), width: view.getUint16(6, true) }) },
  { text: "WEBP", at: 8, size: webpSize },
  { text: "BM", at: 0, size: bmpSize },
];
// The longest header of a fixed length.
const HEADER_BYTES = 30;

function textAt(view, start, length) {
  return Array.from({ length }, (_, k) => String.fromCharCode(view.getUint8(start + k))).join("");
}

// Takes the bytes of a file as a DataView. Returns height and width, or null of an unknown kind.
export function pictureSize(view) {
  if (view.byteLength < HEADER_BYTES) return null;
  return KINDS.find(({ text, at }) => textAt(view, at, text.length) === text)?.size(view) ?? null;
}
