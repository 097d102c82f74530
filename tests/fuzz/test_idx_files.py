"""IDX files from anywhere are read as another reader reads them, or refused as IDX errors."""

import gzip
import math
import struct

import numpy as np
import pytest
from fuzzing import EXAMPLES, NUMBERS, counted, edited, edits, variants
from hypothesis import given
from hypothesis import strategies as st

from nncore.data.idx import read_images, read_labels
from nncore.errors import IdxError

FIELDS = st.sampled_from([*NUMBERS, 3, 4, 5, 24, 28])


def packed(content, way, place):
    """Return `content` as it is, gzipped in one or two parts, or with something behind."""
    if way == "raw":
        return content
    cut = place % (len(content) + 1)
    parts = [content[:cut], content[cut:]] if way == "parts" else [content]
    zipped = b"".join(gzip.compress(part, 1, mtime=0) for part in parts)
    return zipped + {"zeros": bytes(9), "rubbish": b"rubbish"}.get(way, b"")


def oracle(content, dimensions):
    """Read IDX in another way: all at once, by the format's definition; None where it is none."""
    try:
        whole = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
        zero, kind, count = struct.unpack_from(">HBB", whole)
        shape = struct.unpack_from(f">{count}I", whole, 4)
        values = np.frombuffer(whole, ">i4" if kind == 12 else "u1", offset=4 + 4 * count)
    except Exception:  # noqa: BLE001  whatever gzip finds wrong
        return None
    if zero or len(values) != math.prod(shape) or not len(values):
        return None
    values = values.reshape(shape)
    if dimensions == 1 and (kind, count) == (12, 2):
        return values[:, 0] if 0 <= values[:, 0].min() <= values[:, 0].max() < 256 else None
    counts = {1} if dimensions == 1 else {3, 4}
    return values if kind == 8 and count in counts and shape[3:] in ((), (3,)) else None


@pytest.mark.parametrize("way", ["raw", "gzip", "parts", "zeros", "rubbish"])
def test_idx_is_read_as_another_reader_reads_it_or_refused(tmp_path, way):
    path = tmp_path / "file"

    @EXAMPLES
    @given(
        shape=st.lists(st.integers(1, 5), min_size=1, max_size=4),
        header=st.one_of(st.none(), st.tuples(st.integers(0, 5), FIELDS)),
        place=st.integers(0, 200),
        inner=st.one_of(st.just([]), edits),
        outer=st.one_of(st.just([]), edits),
        dimensions=st.sampled_from([1, 3]),
        kind=st.sampled_from([8, 8, 8, 12]),
    )
    def holds(*, shape, header, place, inner, outer, dimensions, kind):
        content = bytearray(struct.pack(f">HBB{len(shape)}I", 0, kind, len(shape), *shape))
        if header and header[0] * 4 < len(content):
            struct.pack_into(">I", content, 4 * header[0], header[1])
        values = bytes(range(1, 251))[: math.prod(shape)].ljust(math.prod(shape), b"\7")
        content += values if kind == 8 else b"".join(bytes([0, 0, 0, value]) for value in values)
        for changes in variants(inner):
            check(edited(packed(edited(content, changes), way, place), outer), dimensions)
        for changes in variants(outer):
            check(edited(packed(content, way, place), changes), dimensions)

    def check(content, dimensions):
        path.write_bytes(content)
        expected = oracle(content, dimensions)
        try:
            got = read_images(path) if dimensions == 3 else read_labels(path)
        except IdxError:
            assert expected is None
            answers["refused"] += 1
        else:
            np.testing.assert_array_equal(got, expected)
            answers["accepted"] += 1

    with counted(f"IDX, {way}") as answers:
        holds()
