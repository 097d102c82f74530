"""Augmentation: a random affine map and a random elastic field for each training image.

All values are drawn uniformly. Elastic fields: Simard, Steinkraus, Platt, ICDAR 2003, section 2.
Affine maps: Cireşan, Meier, Gambardella, Schmidhuber, Neural Computation 22 (2010).

The images are the same on every computer to the last bit, because the products are exact.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence
from numpy.typing import DTypeLike, NDArray

from nncore.arrays import Doubles, Floats
from nncore.config.augment import AugmentSettings
from nncore.data.resampling import ImageGrid, Resampler
from nncore.errors import DataError, format_shape
from nncore.functions.elementary import exp, sin_cos, uniform
from nncore.functions.exact import (
    largest_of_all,
    product,
    product_bits,
    require_exact_blas,
    sum_all,
    to_grid,
)

# Pixels that are distorted at once. Their buffers take 2 MB, which fit into a processor's cache.
PIXELS_PER_BLOCK = 1 << 15
# Bits of the grid of the noise, in ±1/2, before and after the first smoothing.
NOISE_BITS = 24
# With three threads that prefetch, augmentation is as fast as training the smallest networks.
MAX_AUGMENTERS = 4


class Augmenter:
    """Distorts images in buffers of its own; one thread uses it at a time."""

    def __init__(
        self,
        settings: AugmentSettings,
        grid: ImageGrid,
        stream: SeedSequence,
        dtype: DTypeLike = np.float32,
    ) -> None:
        """Allocate buffers for images of one grid and dtype; `stream` is not advanced."""
        shape = grid.rows, grid.columns
        self._settings = settings
        self._stream = stream
        self._pixels = math.prod(shape)
        self._block_images = max(PIXELS_PER_BLOCK // self._pixels, 1)
        self._resampler = Resampler(grid, self._block_images, dtype)
        if settings.alpha:
            self._noise = np.empty((self._block_images, 2, *shape), np.float32)
            self._numbers, self._work = np.empty((2, self._block_images, 2, *shape))
            require_exact_blas()
            self._smooth_columns = smoothing_matrix(grid.columns, settings.sigma)
            self._smooth_rows = smoothing_matrix(grid.rows, settings.sigma)

    def distort(
        self, images: Floats, *, epoch: int, gather: int, rows: Sequence[slice] = ()
    ) -> None:
        """Distort `images` in place.

        The values drawn for an image depend only on the stream, the epoch, the gather and the row.

        Parameters
        ----------
        images : (n, inputs)
        epoch : number of the epoch
        gather : number of the gather within the epoch, see `nncore.data.batches`
        rows : the rows to distort; by default all
        """
        key = (*self._stream.spawn_key, epoch, gather)
        bits = PCG64(SeedSequence(self._stream.entropy, spawn_key=key))
        rng = Generator(bits)
        maps = affine_maps(self._settings, uniform(rng, 1, (len(images), 6)))
        for start in range(0, len(images), self._block_images):
            stop = min(start + self._block_images, len(images))
            runs = list(_clip(rows or [slice(start, stop)], start, stop))
            fields = None
            if self._settings.alpha and runs:
                fields = self.displacements(stop - start, rng)
            elif self._settings.alpha:
                # A pixel needs two 32-bit numbers, which are one 64-bit step of the generator.
                bits.advance((stop - start) * self._pixels)
            for run in runs:
                field = None if fields is None else fields[run.start - start : run.stop - start]
                self._resampler.resample(images[run], maps[run], field)

    def displacements(self, count: int, rng: Generator) -> Floats:
        """Return displacements, (count, 2, rows, columns) float32; the next call overwrites them.

        They are alpha A U B, where A and B smooth the rows and the columns and U is uniform in ±1.
        U is 0 outside the image, so the displacements decrease towards its edges.
        """
        noise, numbers, work = self._noise[:count], self._numbers[:count], self._work[:count]
        rng.random(out=noise, dtype=np.float32)
        # Random float32 numbers are multiples of 2^-24: already on a grid of `NOISE_BITS`.
        np.subtract(noise, 0.5, out=numbers, dtype=np.float64)
        columns = len(self._smooth_columns)
        product(numbers.reshape(-1, columns), self._smooth_columns, work.reshape(-1, columns))
        to_grid(work, 0.5, NOISE_BITS, work)
        product(self._smooth_rows, work, numbers)
        # 2 alpha, because the noise is uniform in ±1/2.
        np.multiply(numbers, 2 * self._settings.alpha, out=noise, casting="same_kind")
        return noise


def _clip(runs: Sequence[slice], start: int, stop: int) -> Iterator[slice]:
    """Yield the parts of `runs` between `start` and `stop`."""
    for run in runs:
        if (first := max(run.start, start)) < (last := min(run.stop, stop)):
            yield slice(first, last)


def affine_maps(settings: AugmentSettings, draws: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the maps from the pixels of distorted images to their sources, (n, 2, 3).

    An image is scaled, sheared, rotated (anticlockwise for a positive angle) and shifted, about its
    centre c. So the source of the pixel p is M (p - c - t) + c, where M is the inverse:

        M = [1/v  0 ] [ 1  0] [ cos  sin]
            [ 0  1/h] [-k  1] [-sin  cos]

    Coordinates are (y, x); v and h are the factors on height and width, k is the shear, t the
    shift.

    Parameters
    ----------
    draws : (n, 6), in [-1, 1)
        For rotation, vertical scale, horizontal scale, shear, shift down, shift across.

    Returns
    -------
    (n, 2, 3)
        M and -M t side by side.
    """
    turn, tall, wide, slant, down, across = draws.T
    sin, cos = sin_cos(settings.rotation * math.pi / 180 * turn)
    v, h = 1 + settings.scale * tall, 1 + settings.scale * wide
    k = settings.shear * slant
    maps = np.empty((len(draws), 2, 3))
    maps[:, 0, 0], maps[:, 0, 1] = cos / v, sin / v
    maps[:, 1, 0], maps[:, 1, 1] = (-sin - k * cos) / h, (cos - k * sin) / h
    y, x = settings.shift * down, settings.shift * across
    maps[:, :, 2] = -(maps[:, :, 0].T * y + maps[:, :, 1].T * x).T
    return maps


def smoothing_matrix(size: int, sigma: float) -> Doubles:
    """Return the symmetric matrix that smooths a vector of `size` numbers, (size, size).

    The weight of a number at distance d is exp(-d² / 2 sigma²), divided by the sum of these weights
    over the distances -(size - 1) to size - 1. Beyond its ends the vector counts as 0. The weights
    are on a grid, so that their products with vectors on a grid of `NOISE_BITS` are exact.
    """
    # Distances are cut at 12 sigma: such weights are 5e-32, negligible beside the weight 1.
    distances = np.minimum(np.arange(size), 12 * sigma) / sigma
    weights = -0.5 * distances**2
    exp(weights, weights)
    weights /= 2 * sum_all(weights) - weights[0]
    to_grid(weights, largest_of_all(weights), product_bits(size, NOISE_BITS), weights)
    index = np.arange(size)
    matrix: Doubles = weights[np.abs(index - index[:, np.newaxis])]
    return matrix


def make_augmenters(
    settings: AugmentSettings,
    grid: ImageGrid | None,
    inputs: int,
    dtype: DTypeLike,
    *,
    stream: SeedSequence,
    workers: int,
) -> list[Augmenter]:
    """Return an augmenter for each worker, at most `MAX_AUGMENTERS`; none if all bounds are 0.

    Raises
    ------
    DataError
        There is no grid, or its images do not have `inputs` values.
    """
    if not settings.active:
        return []
    if grid is None or grid.inputs != inputs:
        shape = grid and (grid.rows, grid.columns, *[grid.channels] * (grid.channels > 1))
        got = format_shape(shape) if shape else shape
        raise DataError(f"grid must have {inputs} values for augment, got {got}")
    count = min(workers, MAX_AUGMENTERS)
    return [Augmenter(settings, grid, stream, dtype) for _ in range(count)]
