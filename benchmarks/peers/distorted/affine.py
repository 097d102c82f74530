"""The affine maps of a peer's distortions, in whichever library computes them."""

import math
from typing import Any

from nncore.config.augment import AugmentSettings


def affine_maps(library: Any, settings: AugmentSettings, draws: Any) -> Any:  # noqa: ANN401  modules and arrays of several libraries
    """Return M and -M t side by side, (n, 2, 3), in pixels and coordinates (y, x).

    `nncore.data.augment.affine_maps` has the formulas.

    Parameters
    ----------
    library : numpy, jax.numpy or torch
    draws : (n, 6), uniform in ±1
    """
    turn, tall, wide, slant, down, across = draws.T
    angle = math.radians(settings.rotation) * turn
    sin, cos = library.sin(angle), library.cos(angle)
    v, h = 1 + settings.scale * tall, 1 + settings.scale * wide
    k = settings.shear * slant
    y, x = settings.shift * down, settings.shift * across
    a, b, c, d = cos / v, sin / v, (-sin - k * cos) / h, (cos - k * sin) / h
    rows = library.stack([a, b, -(a * y + b * x), c, d, -(c * y + d * x)], -1)
    return rows.reshape(-1, 2, 3)
