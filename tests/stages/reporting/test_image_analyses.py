"""The accuracies on damaged test images and the map of layers: which images, in which threads."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np
import pytest
from page_results import digit_results, random_model, results, small_results
from threadpoolctl import threadpool_info

from nncore.analysis.robustness import DAMAGES
from nncore.config.architecture import Architecture
from nncore.data.dataset import Uint8Images
from nncore.data.preprocessing import Normalization
from stages.reporting import image_analyses as reporting
from stages.reporting.image_analyses import analyse_images, choose_damaged, thread_count
from stages.shared.report_inputs import Predictions


def curves_of(page_results, rows, predictions=None, images=None):
    predictions = predictions or page_results.predictions
    images = page_results.images if images is None else images
    return analyse_images(page_results.model, images, predictions, rows, threads=2).damage


@pytest.fixture(scope="module")
def digits():
    return digit_results((20,), 200)


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


def analyses(page_results, threads, rows=range(50)):
    return analyse_images(
        *(page_results.model, page_results.images, page_results.predictions, np.array(rows)),
        threads=threads,
    )


@pytest.mark.parametrize("threads", [2, 5])
def test_one_thread_and_many_give_the_same_curves_and_the_same_map(digits, threads):
    alone, together = analyses(digits, 1), analyses(digits, threads)
    assert together.damage == alone.damage
    # Or the equality would hold for any images.
    assert len(set(map(tuple, alone.damage.values()))) == len(DAMAGES)
    assert np.array_equal(together.activation_map.rows, alone.activation_map.rows)
    layers = zip(together.activation_map.layers, alone.activation_map.layers, strict=True)
    for one, other in layers:
        assert one.coordinates.tobytes() == other.coordinates.tobytes()
        assert np.array_equal(one.fractions, other.fractions)


@pytest.mark.parametrize(
    ("cores", "max_weights", "threads"), [(1, 10**9, 1), (2, 10**9, 2), (64, 10**9, 2), (64, 1, 1)]
)
def test_few_threads_have_a_copy_of_the_weights(monkeypatch, cores, max_weights, threads):
    monkeypatch.setattr(reporting, "available_cores", lambda: cores)
    monkeypatch.setattr(reporting, "MAX_WEIGHTS_OF_THREADS", max_weights)
    assert thread_count(small_results().model) == threads


def test_an_error_of_the_map_cancels_the_damages_that_have_not_begun(monkeypatch):
    begun, cancelled = [], Event()
    original = ThreadPoolExecutor.shutdown

    def shutdown(pool, wait=True, *, cancel_futures=False):
        original(pool, wait=False, cancel_futures=cancel_futures)
        cancelled.set()
        original(pool, wait=wait)

    def fail(*_):
        raise ValueError("no map")

    def begin(*_, **__):
        begun.append(1)
        cancelled.wait(60)
        return [1.0]

    monkeypatch.setattr(ThreadPoolExecutor, "shutdown", shutdown)
    monkeypatch.setattr(reporting, "activation_map", fail)
    monkeypatch.setattr(reporting, "damage_curve", begin)
    with pytest.raises(ValueError, match="no map"):
        analyses(small_results(), 1, [0])
    assert len(begun) <= 1


def blas_threads():
    """Return the numbers of threads of the BLAS libraries of this process."""
    return {info["num_threads"] for info in threadpool_info() if info["user_api"] == "blas"}


@pytest.mark.parametrize("fails", [False, True])
def test_a_blas_has_one_thread_during_the_analyses_and_as_many_as_before_after_them(
    monkeypatch, fails
):
    if (before := blas_threads()) == {1}:
        pytest.skip("needs a BLAS with more than one thread")
    seen = []

    def watched(*_, **__):
        seen.append(blas_threads())
        if fails:
            raise ValueError("no curve")
        return [1.0]

    monkeypatch.setattr(reporting, "damage_curve", watched)
    if fails:
        with pytest.raises(ValueError, match="no curve"):
            analyses(small_results(), 2, [0])
    else:
        analyses(small_results(), 2, [0])
    assert set(map(tuple, seen)) == {(1,)}
    assert blas_threads() == before
