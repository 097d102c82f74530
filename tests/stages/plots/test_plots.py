"""The pictures: what they show, that it fits, and that the same input gives the same bytes."""

import contextlib
import locale
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_hex

from stages.plots import confusion, curves, galleries, regression, style, tables

ROOT = Path(__file__).parents[3]
FASHION = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker"]
FASHION += ["Bag", "Ankle boot"]
LONG = [f"{letter * 40} the longest name" for letter in "WMiABCDE"]


def history(epochs, *, validated=True):
    epoch = np.arange(epochs + 1.0)
    columns = {
        "epoch": epoch,
        "lr": 0.05 / (1 + epoch),
        "train_loss": 2.3 * 0.6**epoch,
        "train_accuracy": 1 - 0.9 * 0.5**epoch,
        "validation_loss": 2.3 * 0.8**epoch,
        "validation_accuracy": 1 - 0.9 * 0.7**epoch,
    }
    if not validated:
        columns["validation_loss"] = columns["validation_accuracy"] = np.full(epochs + 1, np.nan)
    return columns


def movement(epochs, layers):
    epoch, layer = np.divmod(np.arange((epochs + 1.0) * layers), layers)
    return {
        "epoch": epoch,
        "layer": layer + 1,
        "from_start": np.sqrt(epoch) / (layer + 2),
        "from_last": np.where(epoch > 0, 0.5 / (layer + 1) / np.maximum(epoch, 1), 0),
    }


def weights(inputs, units):
    return np.random.default_rng(1).normal(size=(inputs, units)).astype(np.float32)


def mistakes(names, wrong, right=10, *, embed_images=True, file=None):
    """Draw `wrong` mistakes of growing confidence, then `right` images that are right."""
    total = wrong + right
    actual = [names[i % len(names)] for i in range(total)]
    predicted = [names[(i + (i < wrong)) % len(names)] for i in range(total)]
    pixels = np.arange(total * 6, dtype=np.float32).reshape(total, 6)
    return galleries.mistakes(
        (lambda numbers: pixels[numbers - 100]) if embed_images else None,
        (2, 3),
        actual,
        predicted,
        confidence=np.linspace(0.5, 0.99, total),
        indices=np.arange(total) + 100,
        files=() if file is None else [file.format(i) for i in range(total)],
    )


def matrix(names):
    actual = [name for name in names for _ in range(12)]
    predicted = [names[(i // 12 + (i % 12 == 0)) % len(names)] for i in range(len(actual))]
    return confusion.confusion_matrix(actual, predicted, names)


def numbers(count, spread=1.0):
    rng = np.random.default_rng(2)
    actual = spread * rng.standard_normal(count) + 1e4
    return actual, actual + 0.3 * spread * rng.standard_normal(count)


def regression_history(epochs):
    no_accuracy = np.full(epochs + 1, np.nan)
    return history(epochs) | {"train_accuracy": no_accuracy, "validation_accuracy": no_accuracy}


CASES = {
    "curves of a regression": lambda: curves.learning_curves(regression_history(20)),
    "predicted numbers": lambda: regression.predicted_against_actual(*numbers(90), "price, $_1"),
    "many numbers": lambda: regression.predicted_against_actual(*numbers(3000, 1e6), "x" * 90),
    "one number": lambda: regression.predicted_against_actual(*numbers(1), "y"),
    "residuals": lambda: regression.residuals(*numbers(90), "price"),
    "residuals of one row": lambda: regression.residuals(*numbers(1), "y" * 70),
    "weights of inputs": lambda: tables.input_weights(
        weights(5, 9), ["age", "city = Bern", "city = " + "W" * 90, "$x_1$", "is missing"]
    ),
    "weights of many inputs": lambda: tables.input_weights(weights(300, 100), ["i"] * 300),
    "mistaken rows": lambda: tables.mistaken_rows(
        ["yes → no, 97.0 %, row 3", "W" * 150], [["age 4"], ["x " * 200]], wrong=9, total=80
    ),
    "mistaken rows without values": lambda: tables.mistaken_rows(
        ["yes → no, 97.0 %, row 3"], None, wrong=1, total=80
    ),
    "no mistaken row": lambda: tables.mistaken_rows([], [], wrong=0, total=80),
    "curves": lambda: curves.learning_curves(history(20)),
    "curves of one epoch": lambda: curves.learning_curves(history(1)),
    "curves before training": lambda: curves.learning_curves(history(0)),
    "curves without validation": lambda: curves.learning_curves(history(3, validated=False)),
    "movement of three layers": lambda: curves.weight_movement(movement(20, 3)),
    "movement in one epoch": lambda: curves.weight_movement(movement(1, 2)),
    "movement before training": lambda: curves.weight_movement(movement(0, 2)),
    "movement of twelve layers": lambda: curves.weight_movement(movement(5, 12)),
    "two classes": lambda: matrix(["even", "odd"]),
    "fashion classes": lambda: matrix(FASHION),
    "long class names": lambda: matrix(LONG),
    "thirty classes": lambda: matrix([f"class number {i}" for i in range(30)]),
    "many units": lambda: galleries.first_layer(weights(784, 100), (28, 28)),
    "one unit": lambda: galleries.first_layer(weights(784, 1), (28, 28)),
    "wide images": lambda: galleries.first_layer(weights(60, 7), (3, 20)),
    "images of one line": lambda: galleries.first_layer(weights(60, 7), (1, 60)),
    "images of one column": lambda: galleries.first_layer(weights(60, 40), (60, 1)),
    "units in colour": lambda: galleries.first_layer(weights(48, 24), (4, 4, 3)),
    "one unit in colour": lambda: galleries.first_layer(weights(48, 1), (4, 4, 3)),
    "mistakes without images": lambda: mistakes(LONG, 30, embed_images=False),
    "mistakes of digits": lambda: mistakes(list("0123456789"), 40),
    "mistakes of fashion": lambda: mistakes(FASHION, 30),
    "mistakes with long class names": lambda: mistakes(LONG, 30),
    "mistakes with files": lambda: mistakes(FASHION, 30, file="test/a folder/IMG {:08}.jpeg"),
    "mistakes with files that can't be drawn": lambda: mistakes(FASHION, 30, file="{}お.png"),
    "no mistakes": lambda: mistakes(FASHION, 0),
}
each_case = pytest.mark.parametrize("draw", CASES.values(), ids=CASES)


def draw_all(folder):
    for name in ("curves", "movement of three layers", "fashion classes", "wide images"):
        style.save(CASES[name](), folder / f"{name}.png")
    style.save(mistakes(FASHION, 5), folder / "mistakes.png")
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def foreign_locale():
    """Return a locale with a decimal comma if this system has one."""
    before = locale.setlocale(locale.LC_NUMERIC)
    for name in ("de_DE.UTF-8", "fr_FR.UTF-8", "C"):
        with contextlib.suppress(locale.Error):
            locale.setlocale(locale.LC_NUMERIC, name)
            break
    locale.setlocale(locale.LC_NUMERIC, before)
    return name


def title(figure):
    return figure.texts[0].get_text()


def labels(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def lines(axes):
    """Return each line's points, a list of (x, y)."""
    return [np.transpose(line.get_data()).tolist() for line in axes.lines]


def captions(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def test_no_setting_of_the_user_changes_a_byte(tmp_path):
    (tmp_path / "matplotlibrc").write_text(
        "figure.dpi: 33\nfont.size: 21\nsavefig.bbox: tight\nsavefig.transparent: True\n"
        "axes.formatter.use_locale: True\nlines.linewidth: 9\nimage.cmap: jet\n"
        "font.family: serif\ntext.antialiased: False\nimage.interpolation: bicubic\n"
        "figure.facecolor: red\nxtick.direction: in\nbackend: svg\n"
    )
    surroundings = {
        "MATPLOTLIBRC": str(tmp_path / "matplotlibrc"),
        "LC_ALL": foreign_locale(),
        "TZ": "Asia/Kathmandu",
        "PYTHONHASHSEED": "7",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests/stages/plots")]),
    }
    program = (
        "import pathlib, sys\n"
        "import matplotlib, test_plots\n"
        "assert matplotlib.rcParams['font.size'] == 21\n"
        "test_plots.draw_all(pathlib.Path(sys.argv[1]))\n"
    )
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    command = [sys.executable, "-W", "error", "-c", program, str(there)]
    subprocess.run(command, check=True, env=os.environ | surroundings)
    assert draw_all(here) == {path.name: path.read_bytes() for path in sorted(there.iterdir())}


def test_drawing_twice_gives_the_same_bytes(tmp_path):
    for name in ("first", "second"):
        style.save(CASES["fashion classes"](), tmp_path / name)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_a_picture_has_no_metadata(tmp_path):
    """No text, no time: a PNG of header, resolution and pixels alone."""
    style.save(CASES["curves"](), tmp_path / "curves.png")
    content = (tmp_path / "curves.png").read_bytes()
    kinds, position = [], 8
    while position < len(content):
        length, kind = struct.unpack_from(">I4s", content, position)
        kinds.append(kind)
        position += 12 + length
    assert kinds[0] == b"IHDR"
    assert kinds[-1] == b"IEND"
    assert set(kinds) == {b"IHDR", b"pHYs", b"IDAT", b"IEND"}


@each_case
def test_nothing_is_cut_off_at_the_edge(draw):
    figure = draw()
    figure.canvas.draw()
    box, page = figure.get_tightbbox(), figure.bbox_inches
    assert box.x0 >= 0
    assert box.y0 >= 0
    assert box.x1 <= page.x1
    assert box.y1 <= page.y1


@pytest.mark.parametrize("names", [list("0123456789"), FASHION])
@pytest.mark.parametrize("file", [None, "{:02}.png", "test/0000_PXL_20260101_{:02}.JPG"])
def test_captions_do_not_run_into_each_other(names, file):
    figure = mistakes(names, 30, file=file)
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


@pytest.mark.parametrize(
    ("file", "shown"),
    [
        ("a/{:02}.png", "a/29.png"),
        ("test/circle/IMG_20260101_{:02}.jpeg", "…MG_20260101_29.jpeg"),
        ("お{:02}.png", "image 129"),
        ("{}\n.png", "29 .png"),
        (None, "image 129"),
    ],
)
@pytest.mark.parametrize("names", [["a", "b"], FASHION])
def test_captions_name_the_file_or_else_the_number(names, file, shown):
    caption = mistakes(names, 30, file=file).axes[0].texts[0].get_text()
    assert caption.replace(", ", "\n").split("\n")[-1] == shown


@pytest.mark.parametrize("case", ["two classes", "fashion classes", "thirty classes"])
def test_the_counts_fit_into_their_cells(case):
    figure = CASES[case]()
    figure.canvas.draw()
    axes = figure.axes[0]
    cell = axes.bbox.width / len(labels(axes.xaxis))
    assert axes.texts
    assert max(text.get_window_extent().width for text in axes.texts) < cell


def test_the_curves_begin_before_training():
    figure = curves.learning_curves(history(2))
    loss, accuracy, rate = figure.axes
    assert [[x for x, _ in line] for line in lines(loss)] == [[0, 1, 2], [0, 1, 2]]
    assert lines(loss)[0] == pytest.approx(np.array([[0, 2.3], [1, 1.38], [2, 0.828]]))
    assert lines(accuracy)[1] == pytest.approx(np.array([[0, 10], [1, 37], [2, 55.9]]))
    assert lines(rate)[0] == pytest.approx(np.array([[1, 0.025], [2, 0.05 / 3]]))
    assert title(figure) == "Learning curves: 55.9 % validation accuracy after 2 epochs"


def test_without_a_validation_set_training_alone_is_drawn():
    figure = curves.learning_curves(history(3, validated=False))
    assert [len(axes.lines) for axes in figure.axes] == [1, 1, 1]
    assert title(figure) == "Learning curves: 88.8 % training accuracy after 3 epochs"


def test_guessing_does_not_press_the_trained_epochs_together():
    """Epoch 0 (10 %) lies below the accuracy's frame; all later epochs lie in it."""
    low, high = curves.learning_curves(history(20)).axes[1].get_ylim()
    assert 10 < low < 37
    assert 100 < high < 110


def test_a_loss_that_falls_by_more_than_a_decade_gets_a_logarithmic_scale():
    assert curves.learning_curves(history(20)).axes[0].get_yscale() == "log"
    assert curves.learning_curves(history(1)).axes[0].get_yscale() == "linear"


def test_each_layer_is_a_line_and_no_epoch_precedes_the_first():
    start, last = curves.weight_movement(movement(4, 3)).axes
    assert len(start.lines) == len(last.lines) == 3
    assert lines(start)[0] == pytest.approx(
        np.array([[0, 0], [1, 50], [2, 50 * 2**0.5], [3, 50 * 3**0.5], [4, 100]])
    )
    assert lines(last)[2] == pytest.approx(
        np.array([[1, 50 / 3], [2, 25 / 3], [3, 50 / 9], [4, 25 / 6]])
    )


def test_the_title_names_the_layer_that_moved_most():
    assert title(curves.weight_movement(movement(4, 3))) == (
        "Weight movement: layer 1 most, by 100 %"
    )
    assert title(curves.weight_movement(movement(0, 3))) == "Weight movement: nothing"


def test_the_matrix_shows_what_is_counted_by_hand():
    figure = confusion.confusion_matrix(list("aaabbc"), list("aabbcc"), list("abcd"))
    axes, *_ = figure.axes
    shown = {text.get_position(): text.get_text() for text in axes.texts}
    # (column, row) of the cells' centres.
    assert shown == {
        (0.5, 0.5): "2",
        (1.5, 0.5): "1",
        (1.5, 1.5): "1",
        (2.5, 1.5): "1",
        (2.5, 2.5): "1",
    }
    assert title(figure) == "Confusion matrix: 4 of 6 right (66.67 %)"


def test_the_margins_show_recall_and_precision():
    axes = confusion.confusion_matrix(list("aaabbc"), list("aabbcc"), list("abcd")).axes[0]
    recall, precision = axes.child_axes
    assert labels(recall.yaxis) == ["66.7 %", "50.0 %", "100.0 %", "-"]
    assert labels(precision.xaxis) == ["100.0 %", "50.0 %", "50.0 %", "-"]
    assert labels(axes.yaxis) == labels(axes.xaxis) == list("abcd")


def test_the_first_actual_class_is_the_top_row():
    axes = confusion.confusion_matrix(["a"], ["a"], ["a", "b"]).axes[0]
    assert axes.get_ylim() == (2, 0)


def test_the_diagonal_takes_no_part_in_the_colours():
    actual = ["a"] * 1000 + ["b"] * 3
    predicted = ["a"] * 998 + ["b"] * 2 + ["a"] * 3
    figure = confusion.confusion_matrix(actual, predicted, ["a", "b"])
    figure.canvas.draw()
    cells = figure.axes[0].collections[0]
    assert cells.get_clim() == (0, 3)
    grey, light, dark, also_grey = map(to_hex, cells.get_facecolors())
    assert grey == also_grey == "#dcdcdc"
    assert len({grey, light, dark}) == 3
    assert figure.texts[1].get_text() == "Most frequent mistake: b taken for a, 3 times."


def test_without_a_mistake_the_matrix_says_so():
    figure = confusion.confusion_matrix(["a", "b"], ["a", "b"], ["a", "b"])
    assert title(figure) == "Confusion matrix: 2 of 2 right (100.00 %)"
    assert figure.texts[1].get_text() == "Every prediction stands on the diagonal."


def test_counts_that_do_not_fit_make_room_for_a_colour_bar():
    names = [str(i) for i in range(120)]
    figure = confusion.confusion_matrix(names * 1000, names * 1000, names)
    axes, bar = figure.axes
    assert not axes.texts
    assert bar.get_ylabel() == "mistakes"


def test_a_class_may_look_like_mathematics():
    figure = confusion.confusion_matrix(["$\\a$"], ["$\\a$"], ["$\\a$", "$5"])
    figure.canvas.draw()
    assert labels(figure.axes[0].xaxis) == ["$\\a$", "$5"]


def test_of_many_units_those_with_the_largest_norm_are_shown():
    matrix = np.ones((6, 70)) * np.arange(70)
    figure = galleries.first_layer(matrix, (2, 3))
    assert title(figure) == "First-layer weights: 64 of 70 units"
    assert captions(figure) == [str(unit) for unit in range(69, 5, -1)]
    assert (figure.axes[0].images[1].get_array() == np.full((2, 3), 68)).all()


def test_all_units_share_one_scale_around_zero():
    figure = galleries.first_layer(weights(784, 9), (28, 28))
    ((low, high),) = {image.get_clim() for image in figure.axes[0].images}
    assert -low == high > 0


def test_a_weight_of_a_colour_is_its_brightness_and_0_is_grey():
    """The limit of the scale is nearly the largest weight."""
    figure = galleries.first_layer(np.array([[0, 1, -1, 1, 0.5, -0.5]]).T, (1, 2, 3))
    (image,) = figure.axes[0].images
    expected = np.array([[[0.5, 1, 0], [1, 0.75, 0.25]]])
    assert np.asarray(image.get_array()) == pytest.approx(expected, abs=0.01)
    low, high = figure.axes[1].get_ylim()
    assert -low == high == pytest.approx(1)


def test_a_mistake_in_colour_is_drawn_with_its_bytes():
    pixels = np.arange(36, dtype=np.uint8).reshape(2, 18)
    figure = galleries.mistakes(
        pixels.__getitem__,
        (2, 3, 3),
        ["a", "b"],
        ["b", "b"],
        confidence=np.array([0.5, 0.75]),
        indices=np.array([1, 0]),
    )
    (image,) = figure.axes[0].images
    assert np.array_equal(image.get_array(), pixels[1].reshape(2, 3, 3))


def test_mistakes_can_be_counted_without_images():
    figure = mistakes(FASHION, 31, embed_images=False)
    assert title(figure) == "Surest mistakes: 31 among 41 test images"
    assert not figure.axes


def test_units_that_are_all_zero_are_drawn():
    figure = galleries.first_layer(np.zeros((4, 1)), (2, 2))
    figure.canvas.draw()
    assert title(figure) == "First-layer weights: 1 of 1 unit"


def test_the_pixels_are_square():
    figure = galleries.first_layer(weights(60, 4), (3, 20))
    left, right, bottom, top = figure.axes[0].images[0].get_extent()
    assert (right - left) / (bottom - top) == pytest.approx(20 / 3)


def test_the_surest_mistake_comes_first():
    pixels = np.arange(24, dtype=np.float32).reshape(4, 6)
    figure = galleries.mistakes(
        lambda numbers: pixels[numbers - 5],
        (2, 3),
        ["4", "4", "7", "1"],
        ["9", "4", "1", "7"],
        confidence=np.array([0.6, 1.0, 0.9984, 0.75]),
        indices=np.array([5, 6, 7, 8]),
    )
    assert captions(figure) == [
        "7 → 1, 99.8 %\nimage 7",
        "1 → 7, 75.0 %\nimage 8",
        "4 → 9, 60.0 %\nimage 5",
    ]
    assert figure.axes[0].images[0].get_array().tolist() == [[12, 13, 14], [15, 16, 17]]
    assert title(figure) == "Surest mistakes: 3 of 3, among 4 test images"


def test_at_most_thirty_mistakes_are_shown():
    figure = mistakes(FASHION, 31)
    assert len(figure.axes[0].images) == 30
    assert title(figure) == "Surest mistakes: 30 of 31, among 41 test images"


def test_equally_sure_mistakes_keep_the_order_of_the_test_set():
    total = 500  # enough for an unstable sort to mix them up
    figure = galleries.mistakes(
        np.zeros((total, 1), np.float32).__getitem__,
        (1, 1),
        ["a"] * total,
        ["b"] * total,
        confidence=np.where(np.arange(total) % 3 == 0, 0.9, 0.5),
        indices=np.arange(total),
    )
    assert captions(figure) == [f"a → b, 90.0 %\nimage {i}" for i in range(0, 90, 3)]


def test_without_a_mistake_the_picture_says_so():
    assert title(mistakes(FASHION, 0)) == "Surest mistakes: none among 10 test images"


def test_long_class_names_are_cut():
    (caption,) = captions(mistakes(["Ankle boot", "a name of\n many words"], 1))
    assert caption == "Ankle boot →\na name of m…\n50.0 %, image 100"
