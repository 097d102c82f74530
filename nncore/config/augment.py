"""Settings of the random distortions of training images."""

from dataclasses import dataclass

from nncore.errors import STRICT, require, require_at_least, require_fraction, to_python

# Larger than any image, and small enough for float32 coordinates.
MAX_PIXELS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class AugmentSettings:
    """Bounds of the random distortions, drawn anew for each image and epoch; 0 is off.

    A value is drawn uniformly within ± its bound. `nncore.data.augment` has the formulas.

    Attributes
    ----------
    rotation : degrees, at most 180
    scale : fraction of the height and of the width, drawn separately; 0.1 is 0.9 to 1.1 times
    shear : columns by which a row moves for each row of its distance from the centre
    shift : pixels down and across, drawn separately
    alpha : factor on the smoothed noise of the elastic distortion, in pixels
    sigma : standard deviation of the Gaussian that smooths this noise, in pixels
    """

    __pydantic_config__ = STRICT

    rotation: float = 0.0
    scale: float = 0.0
    shear: float = 0.0
    shift: float = 0.0
    alpha: float = 0.0
    sigma: float = 0.0

    def __post_init__(self) -> None:
        to_python(self)
        for key in ("rotation", "shear", "shift", "alpha", "sigma"):
            require_at_least(key, 0, value := getattr(self, key))
            maximum = 180 if key == "rotation" else MAX_PIXELS
            require(value <= maximum, key, f"at most {maximum}", value)
        require_fraction("scale", self.scale)
        is_smoothed = self.sigma > 0 or not self.alpha
        require(is_smoothed, "sigma", "above 0 where alpha is", self.sigma)

    @property
    def active(self) -> bool:
        """Whether any bound is above 0."""
        return any((self.rotation, self.scale, self.shear, self.shift, self.alpha))
