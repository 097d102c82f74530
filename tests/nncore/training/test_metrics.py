"""Confusion matrix, precision, recall, F1 and calibration error of tables worked by hand."""

import math

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, f1_score

from nncore.training.evaluation import (
    confusion_matrix,
    expected_calibration_error,
    mean_over_classes,
    precision_recall_f1,
)

# Rows are actual classes, columns predicted ones. The last class is in none of them.
CONFUSION = np.array([[3, 1, 0, 0], [2, 4, 0, 0], [0, 5, 0, 0], [0, 0, 0, 0]])


def test_confusion_matrix_counts_actual_in_rows_and_predicted_in_columns():
    actual, predicted = np.array([0, 0, 1, 2, 2, 2]), np.array([0, 1, 1, 0, 0, 2])
    counted = confusion_matrix(actual, predicted, 4)
    assert counted.tolist() == [[1, 1, 0, 0], [0, 1, 0, 0], [2, 0, 1, 0], [0, 0, 0, 0]]


def test_confusion_matrix_of_nothing_is_zero():
    nothing = np.array([], np.int64)
    assert confusion_matrix(nothing, nothing, 2).tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int64])
def test_confusion_matrix_takes_labels_of_any_integer_type(dtype):
    """The labels of IDX files are uint8; 19 · 20 + 19 = 399 exceeds that."""
    counted = confusion_matrix(np.array([19], dtype), np.array([19], dtype), 20)
    assert np.argwhere(counted).tolist() == [[19, 19]]


def test_precision_is_the_fraction_of_predictions_that_are_right():
    precision, _, _ = precision_recall_f1(CONFUSION)
    assert precision == pytest.approx([3 / 5, 4 / 10, 0, math.nan], nan_ok=True)


def test_recall_is_the_fraction_of_the_class_that_is_predicted():
    _, recall, _ = precision_recall_f1(CONFUSION)
    assert recall == pytest.approx([3 / 4, 4 / 6, 0, math.nan], nan_ok=True)


def test_the_recall_of_a_class_without_an_image_is_unknown_though_its_precision_is_0():
    precision, recall, f1 = precision_recall_f1(np.array([[3, 1], [0, 0]]))
    assert precision.tolist() == [1, 0]
    assert recall == pytest.approx([3 / 4, math.nan], nan_ok=True)
    assert f1 == pytest.approx([6 / 7, 0])


@pytest.mark.parametrize("confusion", [CONFUSION, [[3, 1], [0, 0]], [[1, 2], [0, 5]]])
@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
def test_the_mean_recall_is_scikit_learns_balanced_accuracy(confusion):
    """Of the classes that occur."""
    confusion = np.asarray(confusion)
    _, recall, _ = precision_recall_f1(confusion)
    places = np.indices(confusion.shape).reshape(2, -1)
    actual, predicted = (np.repeat(index, confusion.ravel()) for index in places)
    expected = balanced_accuracy_score(actual, predicted)
    assert mean_over_classes(recall) == pytest.approx(expected)


def test_f1_is_the_harmonic_mean_and_zero_where_it_is_undefined():
    """2 / (5/3 + 4/3) = 2/3 and 2 / (10/4 + 6/4) = 1/2."""
    _, _, f1 = precision_recall_f1(CONFUSION)
    assert f1 == pytest.approx([2 / 3, 1 / 2, 0, math.nan], nan_ok=True)


def test_the_mean_f1_is_scikit_learns():
    """Of the classes that occur or are predicted."""
    actual, predicted = (
        np.repeat(index, CONFUSION.ravel()) for index in np.indices((4, 4)).reshape(2, -1)
    )
    _, _, f1 = precision_recall_f1(CONFUSION)
    assert np.nanmean(f1) == pytest.approx(f1_score(actual, predicted, average="macro"))


def test_calibration_error_weighs_each_bin_by_its_images():
    """In two bins.

    (0, 1/2]: confidences 0.2 and 0.4, one right: |0.3 - 0.5| for 2 of 5 images.
    (1/2, 1]: confidences 0.6, 0.8 and 1, two right: |0.8 - 2/3| for 3 of 5 images.
    """
    confidence = np.array([0.2, 0.6, 0.8, 0.4, 1.0])
    correct = np.array([True, False, True, False, True])
    error = expected_calibration_error(confidence, correct, bins=2)
    assert error == pytest.approx(0.2 * 2 / 5 + (0.8 - 2 / 3) * 3 / 5)


def test_calibration_errors_of_opposite_sign_cancel_within_a_bin_only():
    """A right 0.4 and a wrong 0.6 are together as right as they claim."""
    confidence, correct = np.array([0.4, 0.6]), np.array([True, False])
    assert expected_calibration_error(confidence, correct, bins=1) == pytest.approx(0)
    assert expected_calibration_error(confidence, correct, bins=2) == pytest.approx(0.6)


def test_bins_include_their_upper_end():
    """1/2 is in (0, 1/2], with 0.25: |0.375 - 0.5| for both."""
    confidence, correct = np.array([0.25, 0.5]), np.array([True, False])
    assert expected_calibration_error(confidence, correct, bins=2) == pytest.approx(0.125)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_certain_and_right_is_perfectly_calibrated(dtype):
    confidence = np.array([0, 1, 1], dtype)
    assert expected_calibration_error(confidence, np.array([False, True, True])) == 0


def test_certain_and_wrong_is_an_error_of_one():
    assert expected_calibration_error(np.ones(7), np.zeros(7, bool)) == pytest.approx(1)


def test_there_are_15_bins_unless_asked():
    """0.05 and 0.1 stand in the first two bins of 15, but together in the first of 10."""
    confidence, correct = np.array([0.05, 0.1]), np.array([True, False])
    fifteen = expected_calibration_error(confidence, correct)
    assert fifteen == pytest.approx((0.95 + 0.1) / 2)
    assert fifteen == expected_calibration_error(confidence, correct, bins=15)
