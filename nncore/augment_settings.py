"""How training images are distorted: frozen values that check themselves. No NumPy here."""

from dataclasses import dataclass

from nncore.checks import STRICT, require, require_at_least, require_share

# Far beyond any image, and little enough for the float32 of a source's coordinates.
MOST = 1_000_000


@dataclass(frozen=True, kw_only=True)
class AugmentSettings:
    """Random distortions of the training images, other ones each epoch; 0 is off.

    Every number is a bound: what is applied is uniform within ± it, for each image anew. See
    `nncore.augment` for the formulas.

    Attributes
    ----------
    rotation : degrees, at most 180
    scale : share of the height and, drawn apart, of the width; 0.1 is from 0.9 to 1.1 times
    shear : columns that a row is moved by for each row that it is off the centre
    shift : pixels down and, drawn apart, across
    alpha : elastic: pixels that the noise is multiplied by, after it is smoothed
    sigma : elastic: pixels, standard deviation of the Gaussian that smooths the noise
    """

    __pydantic_config__ = STRICT

    rotation: float = 0.0
    scale: float = 0.0
    shear: float = 0.0
    shift: float = 0.0
    alpha: float = 0.0
    sigma: float = 0.0

    def __post_init__(self) -> None:
        for key in ("rotation", "shear", "shift", "alpha", "sigma"):
            require_at_least(key, 0, value := getattr(self, key))
            most = 180 if key == "rotation" else MOST
            require(value <= most, key, f"at most {most}", value)
        require_share("scale", self.scale)
        smooth = self.sigma > 0 or not self.alpha
        require(smooth, "sigma", "above 0 where alpha is", self.sigma)

    @property
    def active(self) -> bool:
        """Whether anything is distorted."""
        return any((self.rotation, self.scale, self.shear, self.shift, self.alpha))
