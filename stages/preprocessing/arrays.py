"""Writers of data/processed: .npy files, batch by batch, and preprocessing.json."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from nncore.arrays import Bytes
from nncore.data.labels import one_hot
from stages.shared.datasets import PROCESSED_FORMAT
from stages.shared.files import output_path, write_text

# Pixels, or cells of one-hot rows, in a batch: few enough for a processor's cache.
CELLS_PER_BATCH: Final = 1 << 19


def write_one_hot(path: Path, labels: Bytes, classes: int) -> None:
    """Write one-hot labels, (len(labels), classes) float32."""
    step = CELLS_PER_BATCH // classes
    with output_path(path) as temporary, temporary.open("wb") as file:
        write_header(file, "<f4", (len(labels), classes))
        for start in range(0, len(labels), step):
            file.write(one_hot(labels[start : start + step], classes).data)


def write_header(file: BinaryIO, dtype: str, shape: tuple[int, int]) -> None:
    """Write the header of a .npy file of a matrix in C order."""
    fields = {"descr": dtype, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, fields)


def write_description(folder: Path, description: Mapping[str, Any]) -> None:
    """Write preprocessing.json, which describes the arrays in a folder."""
    # `write_json` would round the numbers; train and evaluate need every digit.
    content = {"format": PROCESSED_FORMAT, **description}
    text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True)
    write_text(folder / "preprocessing.json", text + "\n")
