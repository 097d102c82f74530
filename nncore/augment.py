"""Random distortions of training images: an affine map and an elastic field for each, anew.

Everything is drawn uniformly. The elastic fields are those of Simard, Steinkraus, Platt, ICDAR
2003, section 2; the kinds of affine maps are those of Cireşan, Meier, Gambardella, Schmidhuber,
Neural Computation 22 (2010).

What is not a sum, product or quotient goes through float32, as in `nncore.schedules`: the cosine
and sine of the angles and the Gaussian's exponential leave no trace of a platform's last bits.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence
from numpy.typing import DTypeLike, NDArray

from nncore.arrays import Floats
from nncore.augment_settings import AugmentSettings
from nncore.data import DataError
from nncore.network import Network
from nncore.resampling import Canvas, Resampler

# Distorted at once: two megabytes of buffers, which stay in a processor's cache.
PIXELS = 1 << 15
# With three threads ahead, distortion keeps up with the smallest networks.
MOST_DISTORTERS = 4


class Distorter:
    """Distorts images in buffers of its own, for one thread."""

    def __init__(
        self,
        settings: AugmentSettings,
        canvas: Canvas,
        stream: SeedSequence,
        dtype: DTypeLike = np.float32,
    ) -> None:
        """Make a distorter of images of one canvas and dtype; `stream` is left as it is."""
        shape = canvas.rows, canvas.columns
        self._settings = settings
        self._stream = stream
        self._count = max(PIXELS // math.prod(shape), 1)
        self._resampler = Resampler(canvas, self._count, dtype)
        if settings.alpha:
            self._noise, self._work = np.empty((2, self._count, 2, *shape), np.float32)
            self._across = gaussian(canvas.columns, settings.sigma)
            # Uniform in ±alpha is 2 alpha times uniform in ±1/2.
            self._down = np.float32(2 * settings.alpha) * gaussian(canvas.rows, settings.sigma)

    def distort(self, images: Floats, *, epoch: int, part: int, mine: Sequence[slice] = ()) -> None:
        """Distort `images`, (n, inputs), in place, or only the rows that are `mine`.

        What is drawn for an image is a function of the stream, the epoch, the part of it that
        `images` are and its row, whichever rows are distorted.
        """
        key = (*self._stream.spawn_key, epoch, part)
        bits = PCG64(SeedSequence(self._stream.entropy, spawn_key=key))
        rng = Generator(bits)
        maps = affine_maps(self._settings, rng.uniform(-1, 1, (len(images), 6)))
        for start in range(0, len(images), self._count):
            stop = min(start + self._count, len(images))
            runs = list(_within(mine or [slice(start, stop)], start, stop))
            fields = None
            if self._settings.alpha and runs:
                fields = self.displacements(stop - start, rng)
            elif self._settings.alpha:
                # Two numbers of 32 bits for each pixel are one of 64, a step of the generator.
                bits.advance((stop - start) * images.shape[1])
            for run in runs:
                some = None if fields is None else fields[run.start - start : run.stop - start]
                self._resampler.resample(images[run], maps[run], some)

    def displacements(self, count: int, rng: Generator) -> Floats:
        """Return displacements, (count, 2, rows, columns) float32; the next call overwrites them.

        alpha A U B, with A and B the Gaussians of rows and columns and U uniform in ±1. Outside the
        image U counts as 0, so that the displacements grow smaller towards its edges.
        """
        noise, work = self._noise[:count], self._work[:count]
        rng.random(out=noise, dtype=np.float32)
        np.subtract(noise, np.float32(0.5), out=noise)
        columns = len(self._across)
        np.dot(noise.reshape(-1, columns), self._across, out=work.reshape(-1, columns))
        fields: Floats = np.matmul(self._down, work, out=noise)
        return fields


def _within(runs: Sequence[slice], start: int, stop: int) -> Iterator[slice]:
    """Yield what of each run is between `start` and `stop`."""
    for run in runs:
        if (first := max(run.start, start)) < (last := min(run.stop, stop)):
            yield slice(first, last)


def affine_maps(settings: AugmentSettings, draws: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the maps from the pixels of distorted images to their sources, (n, 2, 3).

    An image is scaled, sheared, turned (a positive angle anticlockwise) and shifted, all about its
    centre. So the source of p is M (p - c - t) + c, where M undoes it in the reverse order:

        M = [1/v  0 ] [ 1  0] [ cos  sin]
            [ 0  1/h] [-k  1] [-sin  cos]

    with y before x, v and h the factors on height and width, k the shear and t the shift.

    Parameters
    ----------
    draws : (n, 6), in [-1, 1)
        Of rotation, vertical and horizontal scale, shear, shift down and across.

    Returns
    -------
    (n, 2, 3)
        M and -M t side by side.
    """
    turn, tall, wide, slant, down, across = draws.T
    angle = (settings.rotation * math.pi / 180 * turn).astype(np.float32)
    cos, sin = np.cos(angle).astype(np.float64), np.sin(angle).astype(np.float64)
    v, h = 1 + settings.scale * tall, 1 + settings.scale * wide
    k = settings.shear * slant
    maps = np.empty((len(draws), 2, 3))
    maps[:, 0, 0], maps[:, 0, 1] = cos / v, sin / v
    maps[:, 1, 0], maps[:, 1, 1] = (-sin - k * cos) / h, (cos - k * sin) / h
    y, x = settings.shift * down, settings.shift * across
    maps[:, :, 2] = -(maps[:, :, 0].T * y + maps[:, :, 1].T * x).T
    return maps


def gaussian(size: int, sigma: float) -> NDArray[np.float32]:
    """Return the matrix that smooths a column of `size` numbers, (size, size), symmetric.

    Its element is the weight of one number in another: exp(-d² / 2 sigma²), with d the distance,
    divided by the sum over all distances that occur, on both sides. There is nothing beyond the
    ends: the rows there sum to less than 1.
    """
    # Beyond twelve standard deviations all weights are alike, and nothing beside the others.
    distances = np.minimum(np.arange(size), 12 * sigma) / sigma
    weights = np.exp((-0.5 * distances**2).astype(np.float32)).astype(np.float64)
    weights /= 2 * weights.sum() - weights[0]
    places = np.arange(size)
    matrix: NDArray[np.float32] = weights.astype(np.float32)[np.abs(places - places[:, np.newaxis])]
    return matrix


def make_distorters(
    settings: AugmentSettings,
    canvas: Canvas | None,
    network: Network,
    stream: SeedSequence,
    workers: int,
) -> list[Distorter]:
    """Return a distorter for each worker, or none where nothing is to be distorted.

    Raises
    ------
    DataError
        No canvas, or one that has not a pixel for each of the network's inputs.
    """
    if not settings.active:
        return []
    if canvas is None or canvas.rows * canvas.columns != network.inputs:
        got = f"{canvas.rows} x {canvas.columns}" if canvas else canvas
        raise DataError(f"augment needs a canvas of {network.inputs} pixels, got {got}")
    count, dtype = min(workers, MOST_DISTORTERS), network.parameters.dtype
    return [Distorter(settings, canvas, stream, dtype) for _ in range(count)]
