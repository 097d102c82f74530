"""How strongly a peer distorts images, measured on ramps: all must distort alike.

The value of a ramp's pixel is its row or its column. A distorted ramp therefore shows for each
pixel where its value comes from. Pixels near the edges are left out: their values may come from
outside the image.
"""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from nncore.arrays import Floats

# (n, 784) images to distorted ones, by other distortions in each call.
Distort = Callable[[Floats], Floats]

SIDE, MARGIN = 28, 8
# Of these, sizes vary by less than 1 % and the mean by 0.02 pixels from one measurement to another.
RAMPS = 6144
# A fraction of nncore's sizes.
TOLERANCE = 0.03
# In pixels.
MEAN_TOLERANCE = 0.06


@dataclass(frozen=True)
class Strength:
    """Displacements along one axis, in pixels, averaged over images, pixels and both axes.

    Attributes
    ----------
    down, across : mean displacements, which are 0 but for chance
    size : mean absolute displacement
    roughness : mean absolute difference of the displacements of two neighbours
    """

    down: float
    across: float
    size: float
    roughness: float


def measure_strength(distort: Distort) -> Strength:
    """Return the strength of a peer's distortions."""
    index = np.arange(SIDE, dtype=np.float32)
    row, column = np.meshgrid(index, index, indexing="ij")
    middle = slice(MARGIN, -MARGIN)
    displacements = []
    for ramp in (row, column):
        images = np.tile(ramp.reshape(-1) / SIDE, (RAMPS, 1))
        sources = SIDE * distort(images).reshape(-1, SIDE, SIDE)
        displacements.append((sources - ramp)[:, middle, middle])
    both = np.stack(displacements)
    differences = np.diff(both, axis=2), np.diff(both, axis=3)
    return Strength(
        down=float(displacements[0].mean()),
        across=float(displacements[1].mean()),
        size=float(np.abs(both).mean()),
        roughness=float(np.mean([np.abs(values).mean() for values in differences])),
    )


def fault(reference: Strength, other: Strength) -> str | None:
    """Return how another strength differs from the one that all must have; None if it does not."""
    for name, expected in asdict(reference).items():
        got = getattr(other, name)
        bound = TOLERANCE * expected if name in {"size", "roughness"} else MEAN_TOLERANCE
        # Also true of NaN.
        if not math.isclose(got, expected, rel_tol=0, abs_tol=bound):
            return f"expected distortions with {name} near {expected:.3f} pixels, got {got:.3f}"
    return None
