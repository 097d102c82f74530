"""The warning of digits' distortions where the images are others."""

import pytest

from nncore.config.augment import AugmentSettings
from stages.train import distortion_warning


@pytest.mark.parametrize("name", ["rotation", "scale", "shear", "alpha"])
def test_each_is_named_with_its_remedy(name):
    settings = AugmentSettings(**{name: 0.5, "sigma": 4})
    assert distortion_warning(settings, "as-is") == (
        "warning: images that are not digits are distorted as digits are, by "
        f"train.augment.{name}; set this to 0, unless distorted images keep their class"
    )


def test_several_distortions_are_one_line():
    settings = AugmentSettings(rotation=12, shift=1.5, alpha=34, sigma=4)
    line = distortion_warning(settings, "as-is")
    assert "by train.augment.rotation, train.augment.alpha; set these to 0" in line
    assert "\n" not in line


def test_digits_and_shifts_are_no_reason():
    settings = AugmentSettings(rotation=12, scale=0.1, shear=0.1, alpha=34, sigma=4)
    assert not distortion_warning(settings, "digit")
    assert not distortion_warning(AugmentSettings(shift=3, sigma=4), "as-is")
