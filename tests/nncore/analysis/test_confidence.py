"""Calibration and coverage against plain counting."""

import numpy as np
import pytest

from nncore.analysis.confidence import calibration, coverage
from nncore.training.evaluation import expected_calibration_error


def answers(n=500):
    rng = np.random.default_rng(1)
    confidence = rng.random(n).astype(np.float32)
    confidence[:4] = (0.0, 1.0, 0.1, 0.2)
    return confidence, rng.random(n) < confidence


def test_bins_give_the_expected_calibration_error():
    confidence, correct = answers()
    bins = calibration(confidence, correct, 10)
    error = sum(b.samples * abs(b.confidence - b.accuracy) for b in bins) / len(confidence)
    expected = expected_calibration_error(confidence, correct, 10)
    assert error == pytest.approx(expected, abs=1e-12)
    assert sum(b.samples for b in bins) == len(confidence)


def test_bins_without_samples_are_left_out():
    bins = calibration(np.array([0.95, 0.99], np.float32), np.array([True, False]))
    assert [(b.low, b.high, b.samples, b.accuracy) for b in bins] == [(14 / 15, 1.0, 2, 0.5)]


def test_coverage_counts_what_is_answered():
    confidence, correct = answers(80)
    curve = coverage(confidence, correct)
    assert curve.thresholds[0] == 0
    assert (curve.coverage[0], curve.error[0]) == (1, np.mean(~correct))
    columns = (curve.thresholds, curve.coverage, curve.error)
    for k, (threshold, covered, error) in enumerate(zip(*columns, strict=True)):
        answered = confidence >= threshold
        assert curve.answers[k] == answered.sum()
        assert curve.mistakes[k] == (~correct[answered]).sum()
        assert covered == np.mean(answered)
        assert error == pytest.approx(np.mean(~correct[answered]), abs=1e-15)


def test_equal_confidences_have_one_threshold():
    curve = coverage(np.array([0.5, 0.5, 0.5]), np.array([True, False, True]))
    assert curve.thresholds.tolist() == [0, 0.5]
    assert curve.error.tolist() == [pytest.approx(1 / 3)] * 2
