"""The accuracies on damaged test images: which images, and whether they belong together."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from page_results import mnist_sample, random_model, results, small_results

from nncore.analysis.robustness import DAMAGES
from nncore.config.architecture import Architecture
from nncore.data.dataset import Uint8Images
from nncore.data.preprocessing import Normalization
from stages.reporting import images as reporting
from stages.reporting.images import choose_damaged, damage_curves
from stages.shared.fingerprint import ROOT
from stages.shared.report_inputs import Predictions


def curves_of(page_results, rows, predictions=None, images=None):
    predictions = predictions or page_results.predictions
    images = page_results.images if images is None else images
    with ThreadPoolExecutor(2) as pool:
        return damage_curves(page_results.model, images, predictions, rows, pool)


@pytest.fixture(scope="module")
def digits():
    images, labels = mnist_sample(ROOT)
    return results(random_model(Architecture(hidden=(20,))), images[:200], labels[:200])


def accuracy(predictions, numbers):
    """Return the accuracy of predictions.csv on the images of some numbers."""
    rows = np.flatnonzero(np.isin(predictions.numbers, numbers))
    right = [predictions.actual[row] == predictions.predicted[row] for row in rows]
    return sum(right) / len(numbers)


def test_without_damage_the_accuracy_is_that_of_the_predictions(digits):
    rows = np.arange(0, 200, 3)
    expected = accuracy(digits.predictions, rows)
    assert 0 < expected < 1
    curves = curves_of(digits, rows)
    assert {name: curve[0] for name, curve in curves.items()} == dict.fromkeys(DAMAGES, expected)


def test_predictions_in_another_order_belong_to_their_images(digits):
    order = np.random.default_rng(2).permutation(200)
    actual, predicted, confidence, numbers, _ = digits.predictions
    shuffled = Predictions(
        [actual[row] for row in order],
        [predicted[row] for row in order],
        confidence[order],
        numbers[order],
    )
    rows = np.arange(0, 200, 7)
    assert curves_of(digits, rows, shuffled) == curves_of(digits, rows)


def test_images_that_are_stored_as_bytes_have_the_same_curves(digits):
    table = digits.model.normalization.table()
    stored = Uint8Images(np.rint(255 * digits.images).astype(np.uint8), table)
    rows = np.arange(50)
    assert curves_of(digits, rows, images=stored) == curves_of(digits, rows)


@pytest.mark.parametrize("normalization", [Normalization(), Normalization(33.3, 78.6)])
def test_background_is_the_value_of_black_and_the_range_that_of_black_to_white(
    monkeypatch, normalization
):
    seen = []

    def record(*_, pixels, **__):
        seen.append(pixels)
        return [1.0]

    monkeypatch.setattr(reporting, "damage_curve", record)
    model = random_model(Architecture(hidden=()), (4, 3, 3), "ab", normalization)
    pixels = np.zeros((6, 4, 3, 3), np.uint8)
    curves_of(results(model, pixels, np.arange(6) % 2), np.arange(6))
    assert len(seen) == len(DAMAGES)
    for grid, value_range in seen:
        assert (grid.rows, grid.columns, grid.channels) == (4, 3, 3)
        assert grid.background == pytest.approx(-normalization.mean / normalization.std, abs=1e-6)
        assert value_range == pytest.approx(255 / normalization.std, rel=1e-6)


def test_images_from_begin_to_end_are_damaged_as_far_as_the_work_allows(monkeypatch):
    model = small_results().model
    monkeypatch.setattr(reporting, "DAMAGED_IMAGES", (4, 10))
    assert choose_damaged(model, 3).tolist() == [0, 1, 2]
    assert choose_damaged(model, 20).tolist() == list(range(0, 20, 2))
    strengths = sum(len(damage.strengths) for damage in DAMAGES.values())
    monkeypatch.setattr(
        reporting, "MAX_PRODUCTS", 5 * strengths * model.network.parameters.size + 1
    )
    assert choose_damaged(model, 20).tolist() == [0, 4, 8, 12, 16]
    monkeypatch.setattr(reporting, "MAX_PRODUCTS", 1)
    assert choose_damaged(model, 20).tolist() == [0, 5, 10, 15]
