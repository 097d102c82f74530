"""Damaged images against SciPy's transformations, and the curve of an accuracy."""

import numpy as np
import pytest
from scipy import ndimage

from nncore.analysis.robustness import (
    DAMAGES,
    add_noise,
    damage_curve,
    occlude,
    rotate,
    shift,
)
from nncore.config.architecture import Architecture
from nncore.data.resampling import ImageGrid
from nncore.network.network import Network

GRID = ImageGrid(12, 10, 0.25)


def pictures(count=6, channels=1):
    rng = np.random.default_rng(7)
    images = np.full((count, 12, 10, channels), 0.25, np.float32)
    images[:, 3:9, 3:7] = rng.random((count, 6, 4, channels))
    return images.reshape(count, -1)


def rng():
    return np.random.default_rng(5)


def turned(image, degrees):
    radians = np.deg2rad(degrees)
    matrix = np.array([[np.cos(radians), -np.sin(radians)], [np.sin(radians), np.cos(radians)]])
    centre = np.array([5.5, 4.5])
    offset = centre - matrix @ centre
    return ndimage.affine_transform(
        image.reshape(12, 10), matrix, offset, order=1, mode="constant", cval=0.25
    ).ravel()


def test_an_image_turns_to_one_of_two_sides():
    images = pictures()
    sides = set()
    for image, got in zip(images, rotate(images.copy(), GRID, 30, rng()), strict=True):
        errors = [np.abs(got - turned(image, angle)).max() for angle in (30, -30)]
        assert min(errors) < 1e-5
        sides.add(int(np.argmin(errors)))
    assert sides == {0, 1}


def test_an_image_moves_by_so_many_pixels():
    """Its centre of mass moves so far, in whatever direction."""
    images = pictures()

    def centres(of):
        mass = of.reshape(-1, 12, 10).astype(np.float64) - 0.25
        total = mass.sum(axis=(1, 2))
        y, x = np.arange(12)[:, np.newaxis], np.arange(10)
        return np.array([(mass * y).sum(axis=(1, 2)), (mass * x).sum(axis=(1, 2))]) / total

    moved = centres(shift(images.copy(), GRID, 2, rng())) - centres(images)
    np.testing.assert_allclose(np.hypot(*moved), 2, rtol=1e-4)
    assert len(np.unique(np.round(np.arctan2(*moved), 3))) == len(images)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_square_becomes_background(channels):
    grid = ImageGrid(12, 10, -1.0, channels)
    images = pictures(50, channels)
    covered = occlude(images.copy(), grid, 0.4, rng()).reshape(-1, 12, 10, channels)
    places = set()
    for image in covered:
        rows, columns = np.nonzero((image == -1).all(axis=2))
        assert len(rows) == 16
        assert (np.ptp(rows), np.ptp(columns)) == (3, 3)
        places.add((rows.min(), columns.min()))
    assert {place[0] for place in places} == set(range(9))
    assert {place[1] for place in places} == set(range(7))


def test_noise_has_the_deviation_of_a_part_of_the_range():
    images = np.zeros((400, 120), np.float32)
    images[0, 0] = 2
    noise = add_noise(images.copy(), GRID, 0.3, rng()) - images
    assert noise.std() == pytest.approx(0.6, rel=0.02)
    assert abs(noise.mean()) < 0.01


@pytest.mark.parametrize("name", DAMAGES)
def test_a_curve_falls_from_the_accuracy_on_whole_images(name):
    """A network that compares the halves of an image is right about whole ones."""
    generator = np.random.default_rng(3)
    images = np.zeros((700, 12, 10), np.float32)
    labels = generator.integers(2, size=len(images))
    for image, label in zip(images, labels, strict=True):
        image[3:6, 5 * label + 1 : 5 * label + 3] = 0.5
        image[0, 0] = 1
    network = Network(Architecture(hidden=()), inputs=120, outputs=2)
    right = (np.arange(120) % 10 >= 5).astype(np.float32)
    right[0] = 0.5
    network.weights[0][:] = np.stack([1 - right, right], axis=1)
    flat = images.reshape(len(images), -1)
    untouched = flat.copy()
    grid = ImageGrid(12, 10, 0.0)
    curve = damage_curve(network, flat, labels, grid=grid, damage=DAMAGES[name], seed=1)
    assert len(curve) == len(DAMAGES[name].strengths)
    assert curve[0] == 1
    assert min(curve) < 0.98
    assert np.array_equal(flat, untouched)
    again = damage_curve(network, flat, labels, grid=grid, damage=DAMAGES[name], seed=1)
    assert again == curve
