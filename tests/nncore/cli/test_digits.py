"""A picture of any size, on any ground, becomes the image that MNIST's makers would have made."""

import re
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from nncore.cli.digits import (
    _area_means,
    _square_means,
    _threshold,
    _without_frame,
    normalize_digit,
    to_uint8,
)
from nncore.cli.pictures import luminance
from nncore.data.idx import read_images
from nncore.errors import BlankError

SAMPLES = Path(__file__).parents[3] / "data" / "samples" / "mnist-5k"
MNIST = (28, 28)


@pytest.fixture(scope="module")
def mnist():
    """Return the 1,000 test images of mnist-5k, (1000, 28, 28) in [0, 1]."""
    return read_images(SAMPLES / "t10k-images-idx3-ubyte.gz") / 255


def drawing(seed=1, shape=(30, 50)):
    """Return a thick, lopsided stroke on an empty ground, 0 and 1."""
    rng = np.random.default_rng(seed)
    picture = np.zeros(shape)
    for row in range(5, shape[0] - 5):
        start = 8 + row // 2 + rng.integers(4)
        picture[row, start : start + 4 + row // 6] = 1
    return picture


def block(shape, rows, columns, value=1.0):
    picture = np.zeros(shape)
    picture[slice(*rows), slice(*columns)] = value
    return picture


def rgba(*pixels):
    return np.array([pixels], np.uint8)


def test_digits_of_mnist_come_back_byte_for_byte(mnist):
    """But for a few with faint pixels apart from the stroke."""
    back = np.array([to_uint8(normalize_digit(image, MNIST)) for image in mnist])
    same = (back == to_uint8(mnist)).all(axis=(1, 2))
    assert same.mean() > 0.85


def test_the_centre_of_mass_is_in_the_middle_pixel():
    image = normalize_digit(drawing(), MNIST)
    for axis in (0, 1):
        mass = image.sum(axis=axis)
        assert int((np.arange(28) + 0.5) @ mass / mass.sum()) == 14


def test_the_digit_touches_all_sides_of_its_twenty_pixels():
    image = normalize_digit(drawing(), MNIST)
    rows, columns = (np.flatnonzero(image.any(axis=axis)) for axis in (1, 0))
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20


@pytest.mark.parametrize(("left", "top"), [(0, 0), (3, 1), (40, 21), (7, 90)])
def test_where_the_digit_lies_does_not_matter(left, top):
    picture = np.pad(drawing(), 5)
    moved = np.pad(picture, ((top, 13), (left, 6)))
    assert np.array_equal(normalize_digit(moved, MNIST), normalize_digit(picture, MNIST))


@pytest.mark.parametrize("times", [2, 3, 7])
def test_an_enlarged_drawing_gives_the_same(times):
    large = np.kron(drawing(), np.ones((times, times)))
    assert normalize_digit(large, MNIST) == pytest.approx(
        normalize_digit(drawing(), MNIST), abs=1e-12
    )


@pytest.mark.parametrize(("dark", "light"), [(0.0, 1.0), (0.2, 0.5), (0.4, 0.55)])
def test_ink_may_be_darker_or_lighter_than_the_ground_and_pale(dark, light):
    expected = normalize_digit(drawing(), MNIST)
    for picture in (dark + (light - dark) * drawing(), light - (light - dark) * drawing()):
        assert normalize_digit(picture, MNIST) == pytest.approx(expected, abs=1e-12)


def test_noise_and_an_uneven_light_leave_the_digit_where_and_as_it_is(mnist):
    """A light that falls by 30 % across the picture, and noise of 2 % of white."""
    rng = np.random.default_rng(1)
    for image in mnist[:20]:
        large = np.pad(np.kron(image, np.ones((4, 4))), ((20, 40), (30, 10)))
        light = np.linspace(1, 0.7, large.shape[1])
        photograph = (0.85 - 0.65 * large) * light + rng.normal(0, 0.02, large.shape)
        got = normalize_digit(np.clip(photograph, 0, 1), MNIST)
        assert np.corrcoef(got.ravel(), image.ravel())[0, 1] > 0.8


@pytest.mark.parametrize(
    ("picture", "rows", "columns"),
    [
        # 10 x 5: twice as high as wide, 20 x 10 around 14
        (block((40, 30), (3, 13), (9, 14)), (4, 24), (9, 19)),
        # 4 x 16: 5 x 20; its centre is 2.5, in pixel 2, which becomes pixel 14
        (block((9, 40), (3, 7), (2, 18)), (12, 17), (4, 24)),
        # 1 x 40: half a pixel high, rounded up
        (block((9, 60), (4, 5), (9, 49)), (14, 15), (4, 24)),
        # 1 x 100: a fifth of a pixel, but at least one
        (block((9, 120), (4, 5), (9, 109)), (14, 15), (4, 24)),
    ],
)
def test_a_block_is_fitted_and_centred_as_worked_by_hand(picture, rows, columns):
    got = normalize_digit(picture, MNIST)
    assert got == pytest.approx(block(MNIST, rows, columns), abs=1e-12)


def test_a_faint_pixel_is_kept_beside_ink_and_dropped_apart_from_it():
    picture = block((12, 12), (3, 8), (3, 8))
    picture[8, 8] = picture[3, 9] = 0.25
    image = normalize_digit(picture, (8, 8))
    # The crop is 6 x 6, fitted into 20/28 of 8: 6 pixels. Its centre 2.53 is in pixel 2, which
    # becomes pixel 4.
    expected = block((8, 8), (2, 7), (2, 7))
    expected[7, 7] = 0.25
    assert np.array_equal(image, expected)


def test_a_new_pixel_is_the_mean_of_what_it_covers():
    """3 old rows in 2 new ones: each covers one and a half, and all is divided by the maximum."""
    picture = np.zeros((5, 8))
    picture[1:4, 1:7] = np.array([1, 0.75, 1])[:, np.newaxis]
    # (1 + 0.75 / 2) / 1.5 for both rows, so that both are 1 in the end; 20/28 of 6 is 4.
    assert np.array_equal(normalize_digit(picture, (6, 6)), block((6, 6), (2, 4), (1, 5)))


@pytest.mark.parametrize(("old", "new"), [*product([1, 2, 7, 30], [1, 3, 7, 20])])
def test_means_are_those_of_many_equal_parts(old, new):
    """Each old pixel in `new` parts, then `old` parts to each new one."""
    values = np.random.default_rng(2).random(old)
    expected = values.repeat(new).reshape(new, old).mean(axis=1)
    means = _area_means(values[:, np.newaxis], new)
    assert means[:, 0] == pytest.approx(expected, rel=1e-12)


def test_the_digit_stays_inside_where_its_centre_would_push_it_out():
    """Nearly all its mass is at the left end of a long thin line, in an image without room."""
    picture = block((30, 60), (5, 25), (5, 10)) + block((30, 60), (14, 15), (10, 55))
    image = normalize_digit(picture, MNIST)
    assert np.flatnonzero(image.any(axis=0)).tolist() == list(range(8, 28))


@pytest.mark.parametrize(
    ("shape", "fitted"),
    [((14, 14), (10, 10)), ((20, 30), (14, 14)), ((56, 28), (20, 20)), ((1, 1), (1, 1))],
)
def test_other_shapes_are_fitted_in_proportion(shape, fitted):
    image = normalize_digit(block((9, 9), (2, 7), (2, 7)), shape)
    assert image.shape == shape
    assert (image.any(axis=1).sum(), image.any(axis=0).sum()) == fitted


def test_the_threshold_divides_into_the_parts_with_the_greatest_variance_between_them(mnist):
    for image in mnist[:10]:
        ink = np.clip(0.2 + 0.6 * image, 0, 1)
        ink[0, 0], ink[0, 1] = 0, 1
        levels = np.minimum(np.floor(ink * 256), 255)

        def between(k, levels=levels):
            low, high = levels[levels < k], levels[levels >= k]
            weights = len(low) * len(high) / levels.size**2
            return weights * (low.mean() - high.mean()) ** 2

        best = max(range(1, 256), key=between)
        assert between(round(256 * _threshold(ink))) == pytest.approx(between(best), rel=1e-12)


@pytest.mark.parametrize("value", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (30, 20)])
def test_a_blank_picture_is_refused(value, shape):
    message = "expected a digit darker or lighter than its background, got a contrast of 0%"
    with pytest.raises(BlankError, match=f"^{message}$"):
        normalize_digit(np.full(shape, value), MNIST)


def test_the_noise_of_a_blank_sheet_is_refused():
    noise = np.random.default_rng(3).normal(0.8, 0.02, (40, 60))
    with pytest.raises(BlankError, match=re.escape("got a contrast of ")):
        normalize_digit(np.clip(noise, 0, 1), MNIST)


def on_paper(digit, times=5):
    """Return a digit of MNIST, dark on a white sheet of five times its size."""
    return 1 - np.kron(digit, np.ones((times, times)))


FRAMES = {
    "frame": ((1, 1), (1, 1)),
    "thick frame": ((4, 4), (4, 4)),
    "corner": ((1, 0), (1, 0)),
    "underline": ((0, 2), (0, 0)),
    "right": ((0, 0), (0, 3)),
}


@pytest.mark.parametrize("grey", [0.0, 0.6])
@pytest.mark.parametrize("widths", FRAMES.values(), ids=FRAMES)
def test_lines_along_the_edges_are_not_the_digit(mnist, widths, grey):
    for image in mnist[:50]:
        sheet = on_paper(image)
        framed = np.pad(sheet, widths, constant_values=grey)
        assert np.array_equal(normalize_digit(framed, MNIST), normalize_digit(sheet, MNIST))


def test_a_blurred_frame_is_cut_off_too(mnist):
    for image in mnist[:20]:
        sheet = on_paper(image)
        blurred = np.pad(np.pad(sheet, 1, constant_values=0.7), 2, constant_values=0)
        assert np.array_equal(normalize_digit(blurred, MNIST), normalize_digit(sheet, MNIST))


def test_a_bar_that_fills_the_edge_of_a_tight_crop_is_kept():
    """The bar of a printed 7 is as wide as the picture, and thicker than a line of a frame."""
    seven = np.zeros((280, 140))
    seven[:30] = 1
    seven[30:, 90:120] = 1
    padded = np.pad(seven, 40)
    assert np.array_equal(normalize_digit(seven, MNIST), normalize_digit(padded, MNIST))


def uneven(fall, shape=(200, 200)):
    """Return an empty sheet whose light falls by a part of itself."""
    y, x = (np.arange(side) / (side - 1) for side in shape)
    y = y[:, np.newaxis]
    falls = {
        "side": x + 0 * y,
        "corner": (x**2 + y**2) / 2,
        "vignette": 2 * ((x - 0.5) ** 2 + (y - 0.5) ** 2),
    }
    return [0.9 * (1 - fall * share) for share in falls.values()]


@pytest.mark.parametrize("fall", [0.15, 0.22, 0.3, 0.6])
@pytest.mark.parametrize("shape", [(200, 200), (60, 90), (1000, 700)])
def test_an_empty_sheet_in_an_uneven_light_is_refused(fall, shape):
    for sheet in uneven(fall, shape):
        with pytest.raises(BlankError, match=r"^expected a digit "):
            normalize_digit(sheet, MNIST)


@pytest.mark.parametrize("shape", [(300, 300), (1000, 700)])
def test_the_noise_of_a_camera_does_not_make_a_digit_of_it(shape):
    """Noise of 2 % of white."""
    rng = np.random.default_rng(4)
    for sheet in uneven(0.3, shape):
        with pytest.raises(BlankError):
            normalize_digit(np.clip(sheet + rng.normal(0, 0.02, shape), 0, 1), MNIST)


@pytest.mark.parametrize("side", [1, 2, 7])
def test_means_of_squares_are_those_of_their_values(side):
    values = np.random.default_rng(7).random((9, 12))
    expected = sliding_window_view(values, (side, side)).mean(axis=(2, 3))
    assert _square_means(values, side) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("times", [2, 5])
def test_nothing_is_cut_off_a_digit_that_touches_the_edges(mnist, times):
    for image in mnist[:100]:
        rows, columns = (np.flatnonzero(image.any(axis=axis)) for axis in (1, 0))
        tight = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        sheet = on_paper(tight, times)
        assert np.array_equal(_without_frame(sheet), sheet)


def test_a_digit_in_such_a_light_is_not_refused(mnist):
    """Its centre of mass, which the light moves, may be a pixel off."""
    for image in mnist[:20]:
        for light in uneven(0.3, (140, 140)):
            sheet = np.clip(light - 0.5 * (1 - on_paper(image)), 0, 1)
            got = normalize_digit(sheet, MNIST)
            assert np.corrcoef(got.ravel(), image.ravel())[0, 1] > 0.4


def test_the_smallest_pictures_are_fitted_too():
    got = normalize_digit(np.array([[0.0, 0, 0, 1]]), MNIST)
    assert got == pytest.approx(block(MNIST, (4, 24), (4, 24)), abs=1e-12)


def test_the_picture_is_left_alone():
    picture = 0.9 - 0.5 * drawing()
    before = picture.copy()
    normalize_digit(picture, MNIST)
    assert np.array_equal(picture, before)


def test_a_grey_pixel_is_its_value_divided_by_255_to_the_last_bit():
    values = np.arange(256, dtype=np.uint8)
    opaque = np.full(256, 255, np.uint8)
    got = luminance(np.stack([values, values, values, opaque], axis=-1)[np.newaxis])
    assert got.tobytes() == (np.arange(256) / 255).tobytes()


def test_colours_weigh_as_they_seem():
    got = luminance(
        rgba((255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255), (255, 255, 255, 255))
    )
    assert got[0] == pytest.approx([0.299, 0.587, 0.114, 1], rel=1e-15)


def test_black_on_transparent_lies_on_white():
    assert luminance(rgba((0, 0, 0, 255), (0, 0, 0, 0), (0, 0, 0, 51)))[0].tolist() == [0, 1, 0.8]


def test_white_on_transparent_lies_on_black():
    got = luminance(rgba((255, 255, 255, 255), (0, 0, 0, 0), (255, 255, 255, 51)))
    assert got[0].tolist() == [1, 0, 0.2]


def test_what_is_transparent_everywhere_is_white():
    assert luminance(rgba((9, 9, 9, 0), (200, 0, 0, 0)))[0].tolist() == [1, 1]


def test_bytes_are_rounded_half_up():
    assert to_uint8(np.array([0, 0.1, 0.5, 1])).tolist() == [0, 26, 128, 255]
