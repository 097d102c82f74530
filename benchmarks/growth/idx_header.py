"""How an IDX file begins."""

import struct


def idx_header(*shape: int) -> bytes:
    """Return the header of a file of unsigned bytes."""
    return struct.pack(f">4B{len(shape)}I", 0, 0, 8, len(shape), *shape)
