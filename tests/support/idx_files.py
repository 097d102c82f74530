"""IDX files of small arrays."""

from nncore.data.idx import idx_header


def idx(array):
    """Return the content of an IDX file of bytes."""
    return idx_header(array.shape) + array.tobytes()
