"""The kinds of arrays that are passed about, by the types of their values."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Bytes = NDArray[np.uint8]
Floats = NDArray[np.floating[Any]]
Indices = NDArray[np.int64]
