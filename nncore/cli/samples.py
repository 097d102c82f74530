"""The files of samples that `predict` classifies with a model of numbers."""

from pathlib import Path

import numpy as np

from nncore.arrays import Array
from nncore.errors import DataError


def read_array(file: Path) -> Array:
    """Return the array in an .npy file, mapped into memory.

    Raises
    ------
    DataError
        The file is no whole .npy file of numbers.
    OSError
        The file can't be opened.
    """
    try:
        array: Array = np.load(file, mmap_mode="r", allow_pickle=False)
    except (EOFError, OverflowError, ValueError) as error:
        raise DataError(f"{file}: expected a whole .npy file, got: {error}") from None
    return array
