"""Damaged images against SciPy's transformations, and the curve of an accuracy."""

import numpy as np
import pytest
from scipy import ndimage

from nncore.analysis import robustness
from nncore.analysis.robustness import (
    DAMAGES,
    Damage,
    Pixels,
    add_noise,
    damage_curve,
    occlude,
    rotate,
    shift,
)
from nncore.config.architecture import Architecture
from nncore.data.dataset import Uint8Images
from nncore.data.resampling import ImageGrid
from nncore.network.network import Network

GRID = ImageGrid(12, 10, 0.25)
PIXELS = Pixels(GRID, 2.0)


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
    for image, got in zip(images, rotate(images.copy(), PIXELS, 30, rng()), strict=True):
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

    moved = centres(shift(images.copy(), PIXELS, 2, rng())) - centres(images)
    np.testing.assert_allclose(np.hypot(*moved), 2, rtol=1e-4)
    assert len(np.unique(np.round(np.arctan2(*moved), 3))) == len(images)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_square_becomes_background(channels):
    pixels = Pixels(ImageGrid(12, 10, -1.0, channels), 1.0)
    images = pictures(80, channels)
    covered = occlude(images.copy(), pixels, 0.4, rng()).reshape(-1, 12, 10, channels)
    places = set()
    for image in covered:
        rows, columns = np.nonzero((image == -1).all(axis=2))
        assert len(rows) == 16
        assert (np.ptp(rows), np.ptp(columns)) == (3, 3)
        places.add((rows.min(), columns.min()))
    assert {place[0] for place in places} == set(range(9))
    assert {place[1] for place in places} == set(range(7))


@pytest.mark.parametrize("shape", [(12, 10), (10, 12), (11, 11)])
def test_a_larger_square_covers_the_smaller_one(shape):
    """Each image suffers the same place at each strength, only more of it."""
    pixels = Pixels(ImageGrid(*shape, -1.0), 1.0)
    images = np.ones((200, shape[0] * shape[1]), np.float32)
    covered = np.zeros(images.shape, bool)
    for strength in DAMAGES["occlusion"].strengths:
        larger = occlude(images.copy(), pixels, strength, rng()) == -1
        assert (larger >= covered).all()
        assert (larger.sum(axis=1) == round(strength * min(shape)) ** 2).all()
        covered = larger


@pytest.mark.parametrize("value", [0.0, 1.5])
def test_noise_has_the_deviation_of_a_part_of_the_range(value):
    """It is that of the range of pixel values, whatever the images of a block are."""
    images = np.full((400, 120), value, np.float32)
    noise = add_noise(images.copy(), PIXELS, 0.3, rng()) - images
    assert noise.std() == pytest.approx(0.6, rel=0.02)
    assert abs(noise.mean()) < 0.01


def halves(count=700):
    """Return images with a bright spot in a half, its number, and a network that finds it."""
    labels = np.random.default_rng(3).integers(2, size=count)
    images = np.zeros((count, 12, 10), np.float32)
    for image, label in zip(images, labels, strict=True):
        image[3:6, 5 * label + 1 : 5 * label + 3] = 0.5
    network = Network(Architecture(hidden=()), inputs=120, outputs=2)
    right = (np.arange(120) % 10 >= 5).astype(np.float32)
    network.weights[0][:] = np.stack([1 - right, right], axis=1)
    return images.reshape(count, -1), labels, network


def curve_of(damage, images, labels, network, rows=None):
    return damage_curve(
        network,
        images,
        labels,
        np.arange(len(images)) if rows is None else rows,
        pixels=Pixels(ImageGrid(12, 10, 0.0), 0.5),
        damage=damage,
        seed=1,
    )


@pytest.mark.parametrize("name", DAMAGES)
def test_a_curve_falls_from_the_accuracy_on_whole_images(name):
    images, labels, network = halves()
    untouched = images.copy()
    curve = curve_of(DAMAGES[name], images, labels, network)
    assert len(curve) == len(DAMAGES[name].strengths)
    assert curve[0] == 1
    assert min(curve) < 0.98
    assert np.array_equal(images, untouched)
    assert curve_of(DAMAGES[name], images, labels, network) == curve


def test_images_upside_down_are_taken_for_the_other_half():
    assert curve_of(Damage("degrees", (0.0, 180.0), rotate), *halves()) == [1, 0]


def test_images_whose_spot_is_covered_are_all_of_the_first_class():
    """A square as wide as the image covers rows 2 to 9 wherever it is; equal logits are class 0."""
    images, labels, network = halves()
    curve = curve_of(Damage("", (0.0, 1.0), occlude), images, labels, network)
    assert curve == [1, np.count_nonzero(labels == 0) / len(labels)]


def test_only_the_images_at_the_rows_count():
    images, labels, network = halves()
    wrong = np.array([3, 500, 650])
    labels = labels.copy()
    labels[wrong] = 1 - labels[wrong]
    curve = curve_of(Damage("", (0.0,), rotate), images, labels, network, np.array([3, 4, 500, 5]))
    assert curve == [0.5]


@pytest.mark.parametrize(("limit", "expected"), [(4_000_000, 500), (120 * 7, 7), (1, 1)])
def test_images_are_read_in_blocks_of_bounded_numbers(monkeypatch, limit, expected):
    monkeypatch.setattr(robustness, "_BLOCK_PIXELS", limit)
    images, labels, network = halves(510)
    read = []

    class Recorded(Uint8Images):
        def take(self, indices, axis, out, mode):
            read.append(len(indices))
            super().take(indices, axis, out, mode)

    stored = Recorded((images * 2).astype(np.uint8), np.arange(256, dtype=np.float32) / 2)
    assert curve_of(Damage("", (0.0,), rotate), stored, labels, network) == [1]
    assert max(read) == expected
    assert sum(read) == 510
