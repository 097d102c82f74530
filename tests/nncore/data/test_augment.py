"""Distortions: affine maps and elastic fields as their sources have them, drawn as is promised."""

import math
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from thread_pools import KERNELS_OF_LIBRARIES

from nncore.config.augment import AugmentSettings
from nncore.data import augment
from nncore.data.augment import Augmenter, affine_maps, smoothing_matrix
from nncore.data.resampling import ImageGrid, Resampler
from stages.shared.fingerprint import ROOT

PATHS = os.pathsep.join(str(ROOT / path) for path in (".", "tests/nncore/data", "tests/support"))
QEMU = shutil.which("qemu-x86_64")
# A digest of 50 distorted images.
DISTORT = """\
import hashlib
from test_augment import AugmentSettings, distorted
from test_augment import displacements
settings = AugmentSettings(rotation=180, scale=0.3, shear=0.3, shift=2, alpha=34, sigma=4)
print(hashlib.sha256(distorted(settings)).hexdigest())
# Sums that are not exact show themselves in a few of many fields alone.
print(hashlib.sha256(displacements(60)).hexdigest())
"""
KERNELS = pytest.mark.parametrize("kernels", KERNELS_OF_LIBRARIES, ids=str)
ALL = AugmentSettings(rotation=20, scale=0.2, shear=0.3, shift=2, alpha=34, sigma=4)
AFFINE = AugmentSettings(rotation=20, scale=0.2, shear=0.3, shift=2)
ELASTIC = AugmentSettings(alpha=34, sigma=4)
SQUARE = ImageGrid(28, 28, 0.0)


def distorter(settings=ALL, grid=SQUARE, seed=1, dtype=np.float32):
    return Augmenter(settings, grid, np.random.SeedSequence(seed), dtype)


def pixels(count=50, inputs=784, dtype=np.float32):
    return np.random.default_rng(2).random((count, inputs), np.float32).astype(dtype)


def distorted(settings=ALL, images=None, *, epoch=1, gather=0, **made):
    """Return distorted copies of images."""
    images = (pixels() if images is None else images).copy()
    distorter(settings, **made).distort(images, epoch=epoch, gather=gather)
    return images


def displacements(gathers):
    """Return the elastic fields of as many gathers as asked for."""
    made = distorter(ELASTIC)
    rngs = map(np.random.default_rng, range(gathers))
    return np.concatenate([made.displacements(41, rng).copy() for rng in rngs])


# The affine maps.


@pytest.mark.parametrize(
    ("setting", "draw", "expected"),
    [
        # A quarter turn anticlockwise: what is at the right end of the top comes from the bottom
        ({"rotation": 90}, 0, [[0, 1, 0], [-1, 0, 0]]),
        # 30 degrees of 60
        ({"rotation": 60}, 0, [[math.sqrt(3) / 2, 1 / 2, 0], [-1 / 2, math.sqrt(3) / 2, 0]]),
        # Half as high again, half as wide again
        ({"scale": 0.5}, 1, [[2 / 3, 0, 0], [0, 1, 0]]),
        ({"scale": 0.5}, 2, [[1, 0, 0], [0, 2 / 3, 0]]),
        # The row below the centre has moved half a pixel to the right
        ({"shear": 0.5}, 3, [[1, 0, 0], [-1 / 2, 1, 0]]),
        # What was above comes down, what was at the left comes to the right
        ({"shift": 3}, 4, [[1, 0, -3], [0, 1, 0]]),
        ({"shift": 3}, 5, [[1, 0, 0], [0, 1, -3]]),
    ],
)
def test_setting_is_the_end_of_the_range_and_its_draw_moves_the_image(setting, draw, expected):
    draws = np.zeros((1, 6))
    draws[0, draw] = 0.5 if setting == {"rotation": 60} else 1
    assert affine_maps(AugmentSettings(**setting), draws)[0] == pytest.approx(
        np.array(expected), abs=1e-7
    )
    draws[0, draw] = 0
    assert np.array_equal(affine_maps(AugmentSettings(**setting), draws)[0], np.eye(2, 3))


def test_all_together_scale_then_shear_then_turn_then_shift():
    """Forward in the complex plane, x to the right and i up, and back by the map."""
    rng = np.random.default_rng(1)
    settings = AugmentSettings(rotation=70, scale=0.3, shear=0.5, shift=4)
    draws = rng.uniform(-1, 1, (100, 6))
    y, x = rng.uniform(-9, 9, (2, 100))
    turn, tall, wide, slant, down, across = draws.T
    up, right = -y * (1 + 0.3 * tall), x * (1 + 0.3 * wide)
    right = right - 0.5 * slant * up
    there = (right + 1j * up) * np.exp(1j * np.deg2rad(70 * turn)) + 4 * (across - 1j * down)
    maps = affine_maps(settings, draws)
    after = np.array([-there.imag, there.real, np.ones(100)])
    source = np.einsum("nij,jn->in", maps, after)
    assert source == pytest.approx(np.array([y, x]), abs=1e-5)


def test_quarter_turn_of_an_image_is_numpys():
    draws = np.array([[1.0, 0, 0, 0, 0, 0]])
    image, expected = pixels(1), np.rot90(pixels(1).reshape(28, 28))
    maps = affine_maps(AugmentSettings(rotation=90), draws)
    Resampler(SQUARE, 1, np.float32).resample(image, maps)
    assert image.reshape(28, 28) == pytest.approx(expected, abs=1e-5)


# The elastic fields.


def test_weights_are_the_normal_distributions():
    """e^-1/2 and e^-2 of the middle, divided by 1 + 2 (e^-1/2 + e^-2) = 2.483732."""
    a, b, c = 0.4026199, 0.2442012, 0.0544894
    expected = np.array([[a, b, c], [b, a, b], [c, b, a]])
    assert smoothing_matrix(3, 1.0) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("sigma", [1.0, 4.0, 7.5])
def test_sigma_is_the_standard_deviation(sigma):
    weights, distances = smoothing_matrix(121, sigma)[60], np.arange(-60, 61)
    assert weights.sum() == pytest.approx(1, abs=1e-6)
    assert weights @ distances**2 == pytest.approx(sigma**2, rel=1e-3)


@pytest.mark.parametrize("sigma", [5e-324, 1e-300, 0.01, 0.07])
def test_least_sigma_smoothes_nothing(sigma):
    assert smoothing_matrix(9, sigma) == pytest.approx(np.eye(9), abs=1e-30)


@pytest.mark.parametrize("sigma", [1e6, 1e308])
def test_largest_sigma_makes_all_weights_alike(sigma):
    assert smoothing_matrix(9, sigma) == pytest.approx(np.full((9, 9), 1 / 17), rel=1e-6)


def fields(settings=ELASTIC, grid=SQUARE, count=4000):
    """Return many fields, (count, 2, rows, columns)."""
    made, rng = distorter(settings, grid), np.random.default_rng(3)
    return np.concatenate([made.displacements(20, rng).copy() for _ in range(count // 20)])


def test_fields_have_mean_0_and_simards_size():
    """Variance 1/3 of the noise, times Σw² = 1 / (2 sigma √π) along each axis, times alpha²."""
    middle = fields()[:, :, 12:16, 12:16]
    spread = 34 / math.sqrt(3) / (2 * 4 * math.sqrt(math.pi))
    assert spread == pytest.approx(1.384, abs=1e-3)
    assert middle.mean() == pytest.approx(0, abs=0.1)
    assert middle.std() == pytest.approx(spread, rel=0.03)


@pytest.mark.parametrize("distance", [1, 4, 8])
@pytest.mark.parametrize("axis", [2, 3])
def test_fields_are_as_smooth_as_sigma_says(distance, axis):
    """The correlation at a distance d is e^(-d²/4 sigma²)."""
    one, other = (np.take(fields(), place, axis=axis)[..., 8:20] for place in (10, 10 + distance))
    expected = math.exp(-(distance**2) / 64)
    assert np.corrcoef(one.ravel(), other.ravel())[0, 1] == pytest.approx(expected, abs=0.03)


def test_fields_of_images_and_axes_are_independent():
    made = fields()
    one, other = made[:, 0, 14, 14], made[:, 1, 14, 14]
    assert np.corrcoef(one, other)[0, 1] == pytest.approx(0, abs=0.06)
    assert np.corrcoef(one[1:], one[:-1])[0, 1] == pytest.approx(0, abs=0.06)


def test_fields_are_calmer_towards_the_edges():
    """In a corner, along each axis, the variance is (1 + 1 / sigma √π) / 2 of the middle's."""
    spread = fields().std(axis=(0, 1))
    assert spread[0, 0] / spread[14, 14] == pytest.approx(0.57, abs=0.03)
    assert np.all(spread[[0, 0, -1, -1], [0, -1, 0, -1]] < spread[:, 14].min())


def test_without_smoothing_fields_are_uniform_within_alpha():
    made = fields(AugmentSettings(alpha=3, sigma=0.01), count=1000)
    counts, _ = np.histogram(made, bins=6, range=(-3, 3))
    assert counts / made.size == pytest.approx(np.full(6, 1 / 6), abs=0.002)
    assert np.abs(made).max() <= 3


def test_alpha_is_a_factor():
    once, twice = (fields(AugmentSettings(alpha=a, sigma=2), count=20) for a in (5, 10))
    assert np.array_equal(2 * once, twice)


@pytest.mark.parametrize(("rows", "columns"), [(5, 9), (9, 5), (1, 7), (7, 1)])
def test_fields_are_noise_smoothed_down_and_across(rows, columns):
    """By the sum over all pixels of each field."""
    settings = AugmentSettings(alpha=3, sigma=1.5)
    drawn = np.random.default_rng(3).random((2, 2, rows, columns), np.float32)
    got = distorter(settings, ImageGrid(rows, columns, 0.0)).displacements(
        2, np.random.default_rng(3)
    )
    expected = np.einsum(
        "yv,nivu,xu->niyx",
        smoothing_matrix(rows, 1.5),
        3 * (2 * drawn - 1),
        smoothing_matrix(columns, 1.5),
    )
    assert got == pytest.approx(expected, abs=1e-5)


# What is distorted, and as what.


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_settings_of_0_give_every_bit_back(dtype):
    images = pixels(dtype=dtype)
    assert distorted(AugmentSettings(), images, dtype=dtype).tobytes() == images.tobytes()


@pytest.mark.parametrize("settings", [ALL, AFFINE, ELASTIC])
def test_every_image_is_distorted_and_none_like_another(settings):
    images = np.repeat(pixels(1), 100, axis=0)
    made = distorted(settings, images)
    assert len(np.unique(made, axis=0)) == 100
    assert not np.any(np.all(made == images, axis=1))


def test_draw_is_a_function_of_seed_epoch_and_gather():
    first = distorted(seed=5, epoch=3, gather=2)
    again = distorter(seed=5)
    for epoch, gather in ((1, 0), (3, 1)):
        again.distort(pixels(7), epoch=epoch, gather=gather)
    images = pixels()
    again.distort(images, epoch=3, gather=2)
    assert images.tobytes() == first.tobytes()
    for other in ({"seed": 6}, {"epoch": 2}, {"gather": 3}, {"epoch": 2, "gather": 3}):
        assert not np.any(
            np.all(distorted(**{"seed": 5, "epoch": 3, "gather": 2} | other) == first)
        )


def test_the_channels_of_a_colour_image_are_distorted_as_one_grey_image_is(monkeypatch):
    """Also if ranks distort parts of a gather: the numbers drawn for an image are as many."""
    monkeypatch.setattr(augment, "PIXELS_PER_BLOCK", 7 * 784)
    grey, grid = distorted(ALL), ImageGrid(28, 28, 0.0, 3)
    colour = np.repeat(pixels()[..., np.newaxis], 3, axis=-1).reshape(50, -1)
    expected = np.repeat(grey[..., np.newaxis], 3, axis=-1).reshape(50, -1)
    assert np.array_equal(distorted(ALL, colour, grid=grid), expected)
    part = colour.copy()
    distorter(ALL, grid).distort(part, epoch=1, gather=0, rows=[slice(30, 40)])
    assert np.array_equal(part[30:40], expected[30:40])
    assert np.array_equal(part[:30], colour[:30])


def test_the_number_of_images_distorted_at_once_changes_no_bit(monkeypatch):
    affine, everything = distorted(AFFINE), distorted(ALL)
    monkeypatch.setattr(augment, "PIXELS_PER_BLOCK", 7 * 784)
    assert distorted(AFFINE).tobytes() == affine.tobytes()
    assert distorted(ALL).tobytes() == everything.tobytes()


def test_images_larger_than_what_is_distorted_at_once():
    grid = ImageGrid(200, 210, 0.0)
    images = np.ones((2, 200 * 210), np.float32)
    assert np.all(distorted(ALL, images, grid=grid).mean(axis=1) > 0.5)


@pytest.mark.parametrize("settings", [AFFINE, ELASTIC])
def test_float64_images_are_distorted_alike(settings):
    single = distorted(settings)
    double = distorted(settings, pixels(dtype=np.float64), dtype=np.float64)
    assert double.dtype == np.float64
    assert double == pytest.approx(single, abs=1e-6)


@pytest.mark.parametrize("background", [0.0, -0.4242])
def test_what_comes_in_from_outside_is_background(background):
    """The scaled value of pixel 0, which `scaling: standard` puts below 0."""
    background = float(np.float32(background))
    grid = replace(SQUARE, background=background)
    blank = np.full((50, 784), background, np.float32)
    assert np.array_equal(distorted(ALL, blank, grid=grid), blank)
    bright = distorted(AugmentSettings(shift=1000), np.ones_like(blank), grid=grid)
    assert np.sum(np.all(bright == background, axis=1)) > 40


@pytest.mark.parametrize(
    "settings",
    [
        {"rotation": 180, "scale": 1 - 2**-53, "shear": 1e6, "shift": 1e6},
        {"alpha": 1e6, "sigma": 5e-324},
        {"alpha": 1e6, "sigma": 1e6, "shear": 1e6, "scale": 1 - 2**-53},
    ],
)
def test_largest_settings_give_finite_images(settings):
    assert np.isfinite(distorted(AugmentSettings(**settings))).all()


def test_sigma_alone_distorts_nothing():
    assert not AugmentSettings(sigma=4).active


@cache
def computed(*prefix, **environment):
    """Return what `DISTORT` prints in a new process."""
    done = subprocess.run(
        [*prefix, sys.executable, "-c", DISTORT],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": PATHS} | environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


@KERNELS
def test_bytes_do_not_depend_on_the_functions_of_any_library(kernels):
    assert computed(**kernels) == computed()


@pytest.mark.skipif(QEMU is None, reason="needs qemu-x86_64")
def test_bytes_are_those_of_an_emulated_haswell():
    assert computed(QEMU, "-cpu", "Haswell") == computed()


def test_picture_in_the_documents_is_what_is_computed(tmp_path):
    path = tmp_path / "distortions.png"
    command = [sys.executable, "-m", "docs.distortions", str(path)]
    subprocess.run(command, cwd=ROOT, check=True)
    assert path.read_bytes() == (ROOT / "docs/pictures/distortions.png").read_bytes()
