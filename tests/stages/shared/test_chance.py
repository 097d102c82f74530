"""A network that is no better than chance has a warning, and no other one."""

import math
import re

import pytest

from nncore.training.evaluation import chance_accuracy
from stages.shared.chance import chance_warning


@pytest.mark.parametrize(
    ("counts", "accuracy"),
    [
        # sqrt(1/10 · 9/10 / 1000) = 0.0095
        ([100] * 10, 0.1190),
        # sqrt(0.9 · 0.1 / 100) = 0.03
        ([90, 10], 0.96),
        ([5, 0], 1.0),
    ],
)
def test_chance_is_the_most_frequent_class_and_two_standard_errors(counts, accuracy):
    assert chance_accuracy(counts) == pytest.approx(accuracy, abs=5e-5)


def test_guesses_are_seldom_better_than_chance():
    """The binomial distribution's tail: guesses among ten classes of 100 images each."""
    right = range(math.floor(1000 * chance_accuracy([100] * 10)) + 1, 1001)
    assert sum(math.comb(1000, k) * 0.1**k * 0.9 ** (1000 - k) for k in right) < 0.03


def test_the_sentence_names_both_figures_and_causes():
    line = chance_warning("test", 0.1, [100] * 10)
    assert line.startswith(
        "test accuracy 10.00% is no better than chance: the most frequent class is 10.00% of the "
        "images; likely causes: no epoch of training, a learning rate"
    )


def test_rows_of_a_table_are_no_images():
    line = chance_warning("test", 0.5, [50, 50], "rows")
    assert "the most frequent class is 50.00% of the rows; likely causes: " in line
    assert "image" not in line


def test_a_network_that_has_learnt_has_no_warning():
    assert chance_warning("test", 0.13, [100] * 10) == ""


@pytest.mark.parametrize("model", ["weight_scale: 0, bias_init: constant", "activation: sigmoid"])
def test_train_evaluate_and_the_page_warn_of_a_network_that_learns_nothing(stages, model):
    """Weights of 0; and a rate that is too low."""
    text = stages["params.yaml"].read_text(encoding="utf-8")
    broken = text.replace("hidden: [4]", f"hidden: [4, 4]\n  {model.replace(', ', chr(10) + '  ')}")
    stages["params.yaml"].write_text(broken.replace("lr: 0.05", "lr: 1.0e-9"), encoding="utf-8")
    warning = " accuracy .* is no better than chance: the most frequent class is 3[35]"
    assert re.search(f"^validation{warning}", stages.complete("train").output, re.MULTILINE)
    assert re.search(f"^test{warning}", stages.complete("evaluate").output, re.MULTILINE)
    stages.complete("report")
    page = stages["reports/report.html"].read_text(encoding="utf-8")
    assert re.search(f'<p class="note">Test{warning}', page)


def test_the_page_of_a_network_that_has_learnt_has_no_such_line(finished):
    page = finished["reports/report.html"].read_text(encoding="utf-8")
    assert "no better than chance" not in page
