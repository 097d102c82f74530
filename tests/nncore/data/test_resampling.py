"""Resampling: whole moves are exact, and everything else is what a sum over all pixels gives."""

from itertools import product

import numpy as np
import pytest

from nncore.data.resampling import ImageGrid, Resampler

STAY = [[1, 0, 0], [0, 1, 0]]
SHAPES = [(28, 28), (5, 8), (8, 5), (1, 7), (6, 1), (1, 1)]
EACH_DTYPE = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def resampled(images, maps, fields=None, *, background=0.0, count=None):
    """Return `images`, (n, rows, columns), resampled; one map may serve for all."""
    n, rows, columns = images.shape
    maps = np.broadcast_to(np.array(maps, np.float64), (n, 2, 3))
    made = images.reshape(n, -1).copy()
    resampler = Resampler(ImageGrid(rows, columns, background), count or n, images.dtype)
    resampler.resample(made, maps, fields)
    return made.reshape(images.shape)


def row(*values):
    return np.array([[values]], np.float32)


def noise(shape, dtype=np.float32, seed=1):
    return np.random.default_rng(seed).random(shape, dtype)


def moved(image, down, across, background):
    """Return an image moved by whole pixels."""
    rows, columns = image.shape
    most = abs(down) + abs(across)
    wide = np.pad(image, most, constant_values=background)
    return wide[most - down : most - down + rows, most - across : most - across + columns]


@EACH_DTYPE
@pytest.mark.parametrize("shape", SHAPES)
def test_the_map_that_changes_nothing_gives_every_bit_back(shape, dtype):
    images = noise((3, *shape), dtype)
    assert resampled(images, STAY, background=0.3).tobytes() == images.tobytes()


@pytest.mark.parametrize("background", [0.0, -0.5])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("down", "across"), [(1, 0), (0, -1), (2, -3), (-4, 1), (40, 0)])
def test_whole_pixels_are_moved_exactly(shape, down, across, background):
    images = noise((2, *shape))
    expected = [moved(image, down, across, background) for image in images]
    maps = [[1, 0, -down], [0, 1, -across]]
    assert np.array_equal(resampled(images, maps, background=background), expected)
    fields = np.zeros((2, 2, *shape), np.float32)
    fields[:, 0], fields[:, 1] = -down, -across
    assert np.array_equal(resampled(images, STAY, fields, background=background), expected)


def test_quarter_turns_are_exact():
    images = noise((2, 9, 9))
    turned = resampled(images, [[0, 1, 0], [-1, 0, 0]])
    assert np.array_equal(turned, np.rot90(images, axes=(1, 2)))
    turned = resampled(images, [[0, -1, 0], [1, 0, 0]])
    assert np.array_equal(turned, np.rot90(images, -1, axes=(1, 2)))


@pytest.mark.parametrize("shape", SHAPES)
def test_half_turns_and_mirrors_are_exact(shape):
    images = noise((2, *shape))
    assert np.array_equal(resampled(images, [[-1, 0, 0], [0, -1, 0]]), images[:, ::-1, ::-1])
    assert np.array_equal(resampled(images, [[1, 0, 0], [0, -1, 0]]), images[:, :, ::-1])


@pytest.mark.parametrize(
    ("across", "expected"),
    [
        (0.5, [6, 5, 1]),
        (0.25, [5, 6.5, 1.5]),
        (-0.5, [2, 6, 5]),
        (1.75, [3.5, 0.5, 0]),
        (-3.5, [0, 0, 0]),
    ],
)
def test_between_pixels_values_lie_on_straight_lines(across, expected):
    """Of 4, 8, 2 and 0 beside them, worked by hand."""
    got = resampled(row(4, 8, 2), [[1, 0, 0], [0, 1, across]])
    assert np.array_equal(got, row(*expected))


def test_between_four_pixels_the_middle_is_their_mean():
    images = np.array([[[0, 4], [8, 20]]], np.float32)
    got = resampled(images, [[1, 0, 0.5], [0, 1, 0.5]])
    assert np.array_equal(got, [[[8, 6], [7, 5]]])


def test_the_example_of_simard_steinkraus_and_platt():
    """Their figure 1: 3, 7 and below them 5, 9; 1.75 across and half a pixel down there is 7."""
    images = np.array([[[0, 3, 7], [0, 5, 9]]], np.float32)
    fields = np.zeros((1, 2, 2, 3), np.float32)
    fields[0, :, 0, 0] = 0.5, 1.75
    assert resampled(images, STAY, fields)[0, 0, 0] == 7


def test_enlarging_is_about_the_centre():
    """To twice the size: sources -1/2, 0, 1/2 off the middle pixel; -3/4, -1/4, 1/4, 3/4 off it."""
    twice = [[1, 0, 0], [0, 0.5, 0]]
    assert np.array_equal(resampled(row(4, 8, 2), twice), row(6, 8, 5))
    assert np.array_equal(resampled(row(0, 4, 8, 4), twice), row(3, 5, 7, 7))


def test_y_is_down_and_x_is_across():
    """Sources one further down, two further to the right."""
    image = np.arange(20, dtype=np.float32).reshape(1, 4, 5)
    got = resampled(image, [[1, 0, 1], [0, 1, 2]])
    assert got[0, 0, 0] == image[0, 1, 2]


def tents(image, sources, background):
    """Return an image at `sources`, (2, rows, columns), pixel by pixel.

    Each pixel is a tent of height 1 and half-width 1 above the plane; what the tents of the image
    leave of 1 is background.
    """
    rows, columns = image.shape
    result = np.empty(image.shape)
    for y, x in product(range(rows), range(columns)):
        value, left = 0.0, 1.0
        for v, u in product(range(rows), range(columns)):
            high = max(0.0, 1 - abs(sources[0, y, x] - v)) * max(0.0, 1 - abs(sources[1, y, x] - u))
            value, left = value + high * image[v, u], left - high
        result[y, x] = value + left * background
    return result


@EACH_DTYPE
@pytest.mark.parametrize("shape", [(7, 5), (4, 6), (1, 6)])
@pytest.mark.parametrize("background", [0.0, -0.7])
def test_any_maps_and_fields_give_what_a_sum_over_all_pixels_gives(shape, background, dtype):
    rng = np.random.default_rng(3)
    images = noise((6, *shape), dtype)
    maps = np.array(STAY) + rng.uniform(-0.6, 0.6, (6, 2, 3))
    fields = rng.uniform(-1.5, 1.5, (6, 2, *shape)).astype(np.float32)
    centre = (np.array(shape) - 1) / 2
    expected = []
    for image, each, field in zip(images, maps, fields, strict=True):
        places = np.moveaxis(np.indices(shape), 0, -1)
        sources = (places - centre) @ each[:, :2].T + each[:, 2] + centre
        expected.append(tents(image, np.moveaxis(sources, -1, 0) + field, background))
    got = resampled(images, maps, fields, background=background)
    assert got.dtype == dtype
    assert got == pytest.approx(np.array(expected), abs=1e-5)


@pytest.mark.parametrize("far", [1e3, -1e3, 1e9, -1e29])
def test_far_outside_all_is_background(far):
    for maps in ([[1, 0, far], [0, 1, 0]], [[1, 0, 0], [far, 1, far]], [[1, far, far], [0, 1, 0]]):
        got = resampled(noise((2, 4, 6)), maps, background=0.25)
        assert np.all(got == 0.25)


def test_what_is_all_background_stays_so():
    """To the last bit, wherever its pixels come from."""
    rng = np.random.default_rng(4)
    images = np.full((5, 6, 7), np.float32(-0.424213))
    maps = rng.uniform(-2, 2, (5, 2, 3))
    assert np.array_equal(resampled(images, maps, background=images[0, 0, 0]), images)


def test_fewer_images_than_there_is_room_for_give_the_same():
    images, maps = noise((3, 6, 7)), np.random.default_rng(5).uniform(-1, 1, (3, 2, 3))
    assert np.array_equal(resampled(images, maps, count=50), resampled(images, maps))


def test_each_channel_is_resampled_as_a_grey_image_of_its_own():
    images = noise((3, 5, 7, 3))
    maps = np.random.default_rng(5).uniform(-1, 1, (3, 2, 3))
    fields = np.random.default_rng(6).uniform(-2, 2, (3, 2, 5, 7)).astype(np.float32)
    colour = images.reshape(3, -1).copy()
    Resampler(ImageGrid(5, 7, 0.25, 3), 3, np.float32).resample(colour, maps, fields)
    planes = [resampled(images[..., c], maps, fields, background=0.25) for c in range(3)]
    assert np.array_equal(colour.reshape(images.shape), np.stack(planes, axis=-1))


def test_nothing_is_left_of_earlier_images():
    resampler = Resampler(ImageGrid(4, 6, 0.5), 3, np.float32)
    maps = np.random.default_rng(6).uniform(-1, 1, (3, 2, 3))
    first, second = noise((3, 24)), noise((3, 24))
    resampler.resample(noise((3, 24), seed=7), maps[::-1])
    resampler.resample(first, maps)
    Resampler(ImageGrid(4, 6, 0.5), 3, np.float32).resample(second, maps)
    assert np.array_equal(first, second)


def test_images_change_in_place_and_their_neighbours_do_not():
    images = noise((5, 24))
    before = images.copy()
    Resampler(ImageGrid(4, 6, 0.0), 3, np.float32).resample(images[1:4], np.ones((3, 2, 3)))
    assert np.array_equal(images[[0, 4]], before[[0, 4]])
    assert not np.any(np.all(images[1:4] == before[1:4], axis=1))
