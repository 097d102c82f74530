"""A BLAS whose products of integers are not exact."""

import numpy as np

from nncore.functions import exact


def use_rounding_blas(monkeypatch):
    """Compute exact products in float32, which rounds integers of more than 24 bits."""

    def in_float32(left, right, out):
        out[...] = left.astype(np.float32) @ right.astype(np.float32)

    monkeypatch.setattr(exact, "product", in_float32)
    # A refusal is not cached, an earlier success is.
    exact.require_exact_blas.cache_clear()
