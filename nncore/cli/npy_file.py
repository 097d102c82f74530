"""The reader of .npy files."""

import warnings
from pathlib import Path

import numpy as np

from nncore.arrays import Array
from nncore.errors import DataError
from nncore.files import open_file

NPY_MAGIC = b"\x93NUMPY"


def read_array(file: Path) -> Array:
    """Return the array in an .npy file, mapped into memory.

    Raises
    ------
    DataError
        The file is no whole .npy file of numbers.
    OSError
        The file can't be opened.
    """
    with open_file(file) as stream:
        if not stream.read(len(NPY_MAGIC)) == NPY_MAGIC:
            raise DataError(f"{file}: expected an .npy file, got another format")
    with warnings.catch_warnings():
        # NumPy warns of headers that Python 2 wrote.
        warnings.simplefilter("ignore")
        try:
            array: Array = np.load(file, mmap_mode="r", allow_pickle=False)
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001  a damaged header raises errors of every type
            fault = str(error) or type(error).__name__
            raise DataError(f"{file}: expected a whole .npy file, got: {fault}") from None
    if array.dtype.kind not in "biuf":
        raise DataError(f"{file}: expected an .npy file of numbers, got {array.dtype}")
    return array
