"""What a person is told of distortions that suit digits, where the images are others."""

from nncore.config.augment import AugmentSettings
from nncore.config.pictures import Pictures

# A picture of anything can move by a few pixels.
_OF_DIGITS = ("rotation", "scale", "shear", "alpha")


def distortion_warning(settings: AugmentSettings, pictures: Pictures) -> str:
    """Return a sentence if images that are not digits are distorted, else an empty string.

    Parameters
    ----------
    pictures : how a picture becomes one of the images
    """
    names = [name for name in _OF_DIGITS if getattr(settings, name)]
    if pictures == "digit" or not names:
        return ""
    keys = ", ".join(f"train.augment.{name}" for name in names)
    return (
        f"warning: images that are not digits are distorted as digits are, by {keys}; "
        "set this to 0, unless distorted images keep their class"
    )
