"""The picture of a sweep: a line for each setting, an axis for each parameter, all of it to see."""

from itertools import pairwise

import pytest
from matplotlib.colors import to_hex

from stages.plots.parallel_coordinates import DIVERGED_HEIGHT, parallel
from stages.plots.style import GREY, VERMILION, save

NAMES = ["train.lr", "train.optimizer.name", "model.hidden"]
ROWS = [
    [0.1, "adam", [8, 4]],
    [0.1, "sgd", [8, 4]],
    [0.01, "adam", []],
    [0.01, "sgd", []],
]
MEANS = [0.9, 0.8, 0.7, None]


def drawn(names=NAMES, rows=ROWS, means=MEANS, objective="validation_accuracy"):
    return parallel(names, rows, means, objective)


def lines(figure):
    """Return the settings' lines, the worst first; an axis has one place, and so has no width."""
    all_lines = figure.axes[0].get_lines()
    return [line for line in all_lines if len(set(line.get_xdata())) > 1]


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def test_each_setting_is_a_line_through_every_axis():
    assert [len(line.get_xdata()) for line in lines(drawn())] == [4] * 4


def test_the_best_setting_has_a_colour_of_its_own_and_lies_on_top():
    colours = [to_hex(line.get_color()) for line in lines(drawn())]
    assert colours[-1] == VERMILION.lower()
    assert VERMILION.lower() not in colours[:-1]


def test_a_setting_that_diverged_ends_below_the_axis_in_grey():
    worst = lines(drawn())[0]
    assert (worst.get_ydata()[-1], to_hex(worst.get_color())) == (DIVERGED_HEIGHT, GREY)


def test_where_all_diverged_none_is_called_the_best():
    figure = drawn(["train.lr"], [[1.0], [2.0]], [None, None])
    assert {to_hex(line.get_color()) for line in lines(figure)} == {GREY}
    assert not [text for text in figure.texts if "orange" in text.get_text()]


def test_an_axis_is_named_after_its_parameter():
    labels = [label.get_text() for label in drawn().axes[0].get_xticklabels()]
    assert labels == ["lr", "optimizer\nname", "hidden", "validation accuracy"]


def test_few_values_are_all_written_down():
    assert {"0.1", "0.01", "adam", "sgd", "[8, 4]", "[]"} <= {*texts(drawn())}


def test_no_two_lines_cross_an_axis_of_few_values_at_one_place():
    for axis in range(3):
        places = [line.get_ydata()[axis] for line in lines(drawn())]
        assert len(set(places)) == len(places)


def test_numbers_lie_in_their_order_and_not_in_that_of_their_digits():
    figure = drawn(["train.epochs"], [[9], [10]], [0.9, 0.8])
    ten, nine = (line.get_ydata()[0] for line in lines(figure))
    assert nine < ten


def test_many_numbers_far_apart_lie_on_a_logarithmic_axis():
    rows = [[10.0**-power] for power in range(9)]
    figure = drawn(["train.lr"], rows, [1 - 0.01 * n for n in range(9)])
    places = sorted(line.get_ydata()[0] for line in lines(figure))
    steps = [after - before for before, after in pairwise(places)]
    assert steps == pytest.approx([1 / 8] * 8)


@pytest.mark.parametrize(
    ("names", "rows", "means"),
    [
        ([], [[]], [0.9]),
        (["train.lr"], [[0.1]], [0.9]),
        (["train.lr"], [[0.1], [0.2]], [0.9, 0.9]),
        (["a.b"], [[None], [True]], [0.9, None]),
        (["train.regularization.dropout"], [[0.001 * n] for n in range(64)], [0.5] * 64),
    ],
    ids=["no parameter", "one setting", "one result", "odd values", "many"],
)
def test_any_sweep_can_be_drawn(tmp_path, names, rows, means):
    save(drawn(names, rows, means), tmp_path / "picture.png")
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")


def test_the_same_sweep_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        save(drawn(), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_long_value_is_cut():
    rows = [[[64] * 20], [[8]]]
    assert any(text.endswith("…") for text in texts(drawn(["model.hidden"], rows, [0.9, 0.8])))
