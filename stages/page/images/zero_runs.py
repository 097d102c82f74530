"""Images packed for the page: runs of zeros are most of a digit's pixels.

No library of compression is used: another version of it could give other bytes.
"""

import re

from nncore.arrays import Bytes

_RUN = re.compile(rb"\0{1,255}", re.DOTALL)
# Twice as fast as making the two bytes of each run anew.
_PACKED_RUNS = [bytes((0, length)) for length in range(256)]


def pack_zero_runs(values: Bytes) -> bytes:
    """Return an array's bytes in C order, where a zero is followed by the length of its run."""
    return _RUN.sub(lambda run: _PACKED_RUNS[run.end() - run.start()], values.tobytes())
