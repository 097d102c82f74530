"""Numbers of very different sizes, and what is no number."""

import numpy as np
import pytest

NO_NUMBERS = pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])


def spread(shape, seed=1, decades=6.0):
    """Return float32 numbers whose sizes differ by so many powers of ten."""
    rng = np.random.default_rng(seed)
    sizes = 10 ** rng.uniform(-decades / 2, decades / 2, shape)
    return (sizes * rng.standard_normal(shape)).astype(np.float32)
