"""Weights of samples and classes, by hand and by scikit-learn's rule."""

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_sample_weight

from nncore.data.sample_weights import normalized_weights
from nncore.errors import DataError

ONE_HOT = np.eye(3, dtype=np.float32)
# One, three and two samples.
CLASSES = np.array([1, 0, 2, 1, 2, 1])


def weights(classes=CLASSES, class_weight=None, sample_weight=None, labels=("a", "b", "c"), **kw):
    made = normalized_weights(
        ONE_HOT[classes],
        labels,
        class_weight=class_weight,
        sample_weight=sample_weight,
        dtype=kw.get("dtype", np.float64),
    )
    return None if made is None else made[:, 0]


def test_balanced_classes_have_equal_totals():
    """6 / (3 · 1), 6 / (3 · 3) and 6 / (3 · 2)."""
    assert weights(class_weight="balanced") == pytest.approx([2 / 3, 2, 1, 2 / 3, 1, 2 / 3])


@pytest.mark.parametrize("seed", range(5))
def test_balanced_weights_are_scikit_learns(seed):
    """Whose classes are those that occur; ours may be more."""
    classes = np.random.default_rng(seed).integers(2, size=50)
    expected = compute_sample_weight("balanced", classes)
    assert weights(classes, "balanced") == pytest.approx(expected, rel=1e-14)


def test_balanced_classes_count_the_weights_of_their_samples():
    """As if the sample of weight 3 were there three times: 8 / (3 · 1), 8 / (3 · 5), 8 / (3 · 2).

    The mean over six samples is 1 in place of 8 / 6.
    """
    made = weights(class_weight="balanced", sample_weight=[3, 1, 1, 1, 1, 1])
    assert made * 8 / 6 == pytest.approx([8 / 5, 8 / 3, 4 / 3, 8 / 15, 4 / 3, 8 / 15])


@pytest.mark.parametrize("tiny", [1e-20, 1e-200, 5e-324])
@pytest.mark.parametrize("large", [1, 1e300])
def test_balanced_classes_have_equal_totals_whatever_the_weights_of_their_samples(tiny, large):
    given = np.where(CLASSES == 1, tiny, large)
    assert weights(class_weight="balanced", sample_weight=given) == pytest.approx(
        weights(class_weight="balanced"), rel=1e-14
    )


def test_a_balanced_class_whose_samples_have_no_weight_has_none():
    made = weights(class_weight="balanced", sample_weight=(CLASSES != 1).astype(float))
    assert made == pytest.approx([0, 3, 1.5, 0, 1.5, 0])


def test_a_class_that_a_mapping_does_not_name_has_1():
    assert weights(class_weight={"a": 5}) == pytest.approx(np.array([1, 5, 1, 1, 1, 1]) * 6 / 10)


@pytest.mark.parametrize(
    ("labels", "class_weight"),
    [
        (("a", "b", "c"), {"b": 4.0}),
        ((5, 7, 9), {7: 4.0}),
        # As in a file.
        ((5, 7, 9), {"7": 4.0}),
        ((0.0, 1.0, 2.0), {1: 4.0}),
    ],
)
def test_a_mapping_names_labels_or_their_text(labels, class_weight):
    made = weights(class_weight=class_weight, labels=labels)
    assert made == pytest.approx(np.array([4, 1, 1, 4, 1, 4]) * 6 / 15)


@pytest.mark.parametrize("factor", [1e-20, 1e-300, 1e-310, 1e300])
def test_balanced_classes_count_alike_however_small_their_weights_are(factor):
    given = np.array([1, 3, 2, 2]) * np.array([1e-300 if factor > 1 else 1, 1, factor, factor])
    made = weights(np.array([0, 0, 1, 1]), "balanced", given)
    assert made[:2].sum() == pytest.approx(2)
    assert made[2:].tolist() == pytest.approx([1, 1])


def test_a_balanced_class_of_zeros_alone_stays_without_weight():
    made = weights(np.array([0, 0, 1, 1]), "balanced", [0, 0, 1, 3])
    assert made.tolist() == pytest.approx([0, 0, 1, 3])


def test_weights_of_classes_and_samples_are_multiplied():
    made = weights(class_weight={"c": 2}, sample_weight=[1, 2, 3, 4, 5, 6])
    assert made == pytest.approx(np.array([1, 2, 6, 4, 10, 6]) * 6 / 29)


def test_a_single_column_of_targets_is_the_second_of_two_classes():
    made = normalized_weights(
        np.array([[0.0], [1.0], [0.4], [0.0]], np.float32),
        ("no", "yes"),
        class_weight="balanced",
        sample_weight=None,
        dtype=np.float32,
    )
    assert made.dtype == np.float32
    assert made[:, 0] == pytest.approx([2 / 3, 2, 2 / 3, 2 / 3])


def test_many_rows_are_read_in_blocks():
    classes = np.zeros(200_000, np.int64)
    classes[150_000:] = 1
    made = weights(classes, "balanced")
    assert made[[0, 149_999, 150_000, -1]] == pytest.approx([2 / 3, 2 / 3, 2, 2])


@pytest.mark.parametrize("sample_weight", [np.full(6, 1 / 3), [7] * 6, np.ones(6, bool)])
def test_equal_weights_are_none(sample_weight):
    assert weights(sample_weight=sample_weight) is None


def test_balanced_classes_of_equal_size_have_no_weights():
    assert weights(np.arange(6) % 3, "balanced") is None


@pytest.mark.parametrize("factor", [1e300, 1e-300, 0.1])
def test_only_proportions_count(factor):
    given = np.arange(6.0)
    expected = weights(sample_weight=given)
    assert weights(sample_weight=given * factor) == pytest.approx(expected, rel=1e-14)
    assert expected.mean() == pytest.approx(1)


def test_the_order_of_the_samples_changes_no_bit():
    rng = np.random.default_rng(1)
    classes, given = rng.integers(3, size=1000), rng.random(1000) ** 9
    order = rng.permutation(1000)
    made = weights(classes, "balanced", given)
    assert np.array_equal(weights(classes[order], "balanced", given[order]), made[order])


def test_the_given_weights_stay_as_they_are():
    given = np.arange(6.0)
    weights(class_weight="balanced", sample_weight=given)
    assert given.tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("sample_weight", "line"),
    [
        ([1, 2], "6 numbers, one for each training sample, got int64 of shape (2,)"),
        (np.ones((6, 1)), "6 numbers, one for each training sample, got float64 of shape (6, 1)"),
        (["1"] * 6, "6 numbers, one for each training sample, got <U1 of shape (6,)"),
        ([1, 1, -0.5, 1, 1, 1], "finite and at least 0, got -0.5 for sample 2"),
        ([1, 1, 1, 1, np.nan, 1], "finite and at least 0, got nan for sample 4"),
        ([np.inf, 1, 1, 1, 1, 1], "finite and at least 0, got inf for sample 0"),
    ],
    ids=str,
)
def test_other_weights_are_refused(sample_weight, line):
    with pytest.raises(DataError) as refused:
        weights(sample_weight=sample_weight)
    assert str(refused.value) == f"sample_weight must be {line}"


def test_zeros_alone_are_refused():
    with pytest.raises(DataError, match=r"^sample_weight must not be zero for all samples"):
        weights(sample_weight=np.zeros(6))


def test_an_unknown_class_is_refused():
    with pytest.raises(DataError) as refused:
        weights(class_weight={"a": 1, "d": 2})
    expected = "class_weight must hold weights of the classes 'a', 'b', 'c', got 'd'"
    assert str(refused.value) == expected
