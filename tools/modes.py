"""Writes data/modes: a small picture of each mode of PNG and JPEG, and a WebP.

    python -m tools.modes data/modes

`tools.reduced_pipeline` decodes them and compares the bytes: every system must come to the same
ones. The files are committed, because an encoder may differ from system to system.
"""

import struct
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# No multiples of the blocks of JPEG, nor of the bits of a byte.
ROWS, COLUMNS = 17, 23
# Camera held upright: the tag Orientation is 6.
TURNED = b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"
# Bits of a grey level, and whether the level of the pixel in the middle is transparent.
GREY_PNGS = ((1, False), (2, True), (4, True), (8, False), (8, True), (16, False), (16, True))
JPEGS: dict[str, tuple[str, dict[str, Any]]] = {
    "grey": ("L", {}),
    "444": ("RGB", {"subsampling": "4:4:4"}),
    "422": ("RGB", {"subsampling": "4:2:2"}),
    "420": ("RGB", {"subsampling": "4:2:0"}),
    "progressive": ("RGB", {"progressive": True}),
    "turned": ("RGB", {"exif": TURNED}),
    "cmyk": ("CMYK", {}),
}


def scene(channels: int, levels: int = 256) -> NDArray[np.uint16]:
    """Return (ROWS, COLUMNS, channels) values below `levels`: slopes, an edge and noise."""
    rng = np.random.default_rng(channels)
    row, column = np.mgrid[:ROWS, :COLUMNS]
    slopes = [
        row * levels // ROWS,
        column * levels // COLUMNS,
        (row + column) % 7 * levels // 7,
    ]
    values = np.stack([slopes[channel % 3] for channel in range(channels)], axis=2)
    values = np.where((row > column)[..., np.newaxis], values, levels - 1 - values)
    noise = rng.integers(-(levels // 8), levels // 8 + 1, values.shape)
    return np.clip(values + noise, 0, levels - 1).astype(np.uint16)


def write(folder: Path) -> None:
    """Write the pictures into the folders lossless and lossy."""
    lossless, lossy = folder / "lossless", folder / "lossy"
    for path in (lossless, lossy):
        path.mkdir(parents=True, exist_ok=True)
    for bits, is_transparent in GREY_PNGS:
        name = f"grey-{bits}-transparent.png" if is_transparent else f"grey-{bits}.png"
        (lossless / name).write_bytes(_grey_png(bits, is_transparent=is_transparent))
    (lossless / "rgb-16.png").write_bytes(_png(16, 2, scene(3, 1 << 16).astype(">u2").tobytes()))
    colours = Image.fromarray(scene(3).astype(np.uint8))
    colours.save(lossless / "rgb.png")
    colours.quantize(13, dither=Image.Dither.NONE).save(lossless / "palette.png", transparency=3)
    Image.fromarray(scene(2).astype(np.uint8)).save(lossless / "grey-alpha.png")
    Image.fromarray(scene(4).astype(np.uint8)).save(lossless / "rgb-alpha.png")
    for name, (mode, options) in JPEGS.items():
        colours.convert(mode).save(lossy / f"{name}.jpg", quality=85, **options)
    colours.save(lossy / "colours.webp", quality=80)


def _grey_png(bits: int, *, is_transparent: bool) -> bytes:
    """Return a grey PNG of so many bits, which Pillow writes only for 8 and 16."""
    values = scene(1, 1 << bits)[..., 0]
    lines = []
    for row in values:
        text = "".join(f"{value:0{bits}b}" for value in row.tolist())
        size = -(-len(text) // 8)
        lines.append(int(text.ljust(8 * size, "0"), 2).to_bytes(size, "big"))
    middle = int(values[ROWS // 2, COLUMNS // 2])
    return _png(bits, 0, b"".join(lines), middle if is_transparent else None)


def _png(bits: int, kind: int, pixels: bytes, transparent: int | None = None) -> bytes:
    size = len(pixels) // ROWS
    lines = (b"\0" + pixels[row * size : (row + 1) * size] for row in range(ROWS))
    parts = [_chunk(b"IHDR", struct.pack(">IIBBBBB", COLUMNS, ROWS, bits, kind, 0, 0, 0))]
    if transparent is not None:
        parts.append(_chunk(b"tRNS", struct.pack(">H", transparent)))
    parts += [_chunk(b"IDAT", zlib.compress(b"".join(lines), 9)), _chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _chunk(name: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
