"""Bilinear resampling of images at displaced pixels, with background outside."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

from nncore.arrays import Floats
from nncore.errors import require_count, require_finite, to_python


@dataclass(frozen=True)
class ImageGrid:
    """The rows, columns and channels of an image, and the value of the background outside it.

    Raises
    ------
    SettingsError
        A size is no integer of at least 1, or the background is not finite.
    """

    rows: int
    columns: int
    background: float = 0.0
    channels: int = 1

    def __post_init__(self) -> None:
        to_python(self)
        require_count("rows", 1, self.rows)
        require_count("columns", 1, self.columns)
        require_finite("background", self.background)
        require_count("channels", 1, self.channels)

    @property
    def inputs(self) -> int:
        """The number of values in an image."""
        return self.rows * self.columns * self.channels


class Resampler:
    """Buffers for at most `count` images at a time, of one grid and dtype.

    Coordinates are computed in float32 whatever the dtype of the images, so that float32 and
    float64 networks get the same images.
    """

    def __init__(self, grid: ImageGrid, count: int, dtype: DTypeLike) -> None:
        rows, columns, background = grid.rows, grid.columns, grid.background
        # A margin of background, one pixel before an image and two after it: a source that is
        # clipped to the margin has four neighbours, so no test or mask is needed.
        height, width = rows + 3, columns + 3
        self._padded = np.full((count, height, width), background, dtype)
        self._image = self._padded[:, 1:-2, 1:-2]
        flat = self._padded.reshape(-1)
        self._corners = [flat[offset:] for offset in (0, 1, width, width + 1)]
        self._values = np.empty((4, count, rows, columns), dtype)
        self._width, self._channels = width, grid.channels
        self._image_offsets = height * width * np.arange(count).reshape(-1, 1, 1)
        self._index, self._column = np.empty((2, count, rows, columns), np.intp)
        self._source, self._floor = np.empty((2, count, 2, rows, columns), np.float32)
        self._max_source = np.array([rows + 1, columns + 1], np.float32).reshape(2, 1, 1)
        # Coordinates relative to the centre, which is in the middle of a pixel or between two.
        self._y, self._x = (np.arange(n, dtype=np.float32) - (n - 1) / 2 for n in (rows, columns))
        self._centre = 1 + np.array([[rows - 1], [columns - 1]], np.float32) / 2

    def resample(self, images: Floats, maps: Floats, fields: Floats | None = None) -> None:
        """Replace each image in place: a pixel gets the value at its source.

        The source of the pixel p = (y, x) is M (p - c) + o + c + f(p), where c is the centre. The
        value is interpolated linearly, first across, then down. All channels of a pixel have one
        source.

        Parameters
        ----------
        images : (n, rows * columns * channels), contiguous
        maps : (n, 2, 3)
            For each image, M (2, 2) and o (2,) side by side, in coordinates (y, x).
        fields : (n, 2, rows, columns) float32, or None
            For each image, f: the y of all pixels, then the x of all pixels.
        """
        n = len(images)
        maps = maps.astype(np.float32)
        down = maps[:, :, :1] * self._y + (maps[:, :, 2:] + self._centre)
        across = maps[:, :, 1:2] * self._x
        source, floor = self._source[:n], self._floor[:n]
        np.add(down[..., np.newaxis], across[:, :, np.newaxis], out=source)
        if fields is not None:
            np.add(source, fields, out=source)
        np.maximum(source, 0, out=source)
        np.minimum(source, self._max_source, out=source)
        np.floor(source, out=floor)
        np.subtract(source, floor, out=source)
        index, column = self._index[:n], self._column[:n]
        np.copyto(index, floor[:, 0], casting="unsafe")
        np.multiply(index, self._width, out=index)
        np.add(index, self._image_offsets[:n], out=index)
        np.copyto(column, floor[:, 1], casting="unsafe")
        np.add(index, column, out=index)
        y, x = source[:, 0], source[:, 1]
        above, above_right, below, below_right = values = self._values[:, :n]
        pixels = images.reshape(n, len(self._y), len(self._x), self._channels)
        for plane in np.moveaxis(pixels, -1, 0):
            np.copyto(self._image[:n], plane)
            for corner, value in zip(self._corners, values, strict=True):
                # mode="clip" saves NumPy a second buffer; all indices are in range.
                corner.take(index, out=value, mode="clip")
            _lerp(above_right, above, x, out=above)
            _lerp(below_right, below, x, out=below)
            _lerp(below, above, y, out=plane)


def _lerp(end: Floats, start: Floats, fraction: Floats, out: Floats) -> None:
    """Write start + fraction (end - start) to `out`, which may be `start`; `end` is scratch."""
    np.subtract(end, start, out=end)
    np.multiply(end, fraction, out=end)
    np.add(start, end, out=out)
