"""Type aliases of arrays, named after the dtypes of their elements."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Bytes = NDArray[np.uint8]
Floats = NDArray[np.floating[Any]]
Indices = NDArray[np.int64]
