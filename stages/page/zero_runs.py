"""Images packed for the page: runs of zeros are most of a digit's pixels.

No library of compression is used: another version of it could give other bytes.
"""

import re

from nncore.arrays import Bytes

_RUN = re.compile(rb"\0{1,255}", re.DOTALL)


def pack_zero_runs(values: Bytes) -> bytes:
    """Return the bytes of an array in C order, where a zero is followed by the length of its run."""
    return _RUN.sub(lambda run: bytes((0, len(run[0]))), values.tobytes())
