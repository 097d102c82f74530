"""Scaling, one-hot rows, and the division of images into parts."""

import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nncore.data.labels import one_hot
from nncore.data.preprocessing import (
    Normalization,
    apply_lookup,
    check_classes,
    check_dataset,
    pixel_statistics,
)
from nncore.data.splits import stratified_subset, stratified_test_split, train_validation_split
from nncore.errors import PreprocessingError

EXAMPLES = settings(deadline=None, max_examples=100)


def labels_of(*counts):
    """Return labels with so many images of class 0, 1, …, in an order mixed by a fixed seed."""
    labels = np.repeat(np.arange(len(counts), dtype=np.uint8), counts)
    return np.random.default_rng(0).permutation(labels)


def per_class(labels, rows, classes):
    return np.bincount(labels[rows], minlength=classes).tolist()


class TestScaling:
    def test_unit_scaling_maps_black_to_0_and_white_to_1(self):
        table = Normalization(0.0, 255.0).table()
        assert table[[0, 51, 255]].tolist() == [0.0, np.float32(0.2), 1.0]

    def test_the_table_is_float32_with_a_value_for_each_byte(self):
        table = Normalization().table()
        assert (table.dtype, table.shape) == (np.float32, (256,))

    def test_every_value_is_the_float32_nearest_to_the_exact_one(self):
        table = Normalization(33.318421, 78.567490).table()
        neighbours = np.nextafter(table, -np.inf), np.nextafter(table, np.inf)
        exact = [(pixel - 33.318421) / 78.567490 for pixel in range(256)]
        for low, got, high, value in zip(neighbours[0], table, neighbours[1], exact, strict=True):
            assert abs(got - value) <= min(abs(low - value), abs(high - value))

    def test_scale_looks_each_pixel_up(self):
        out = np.empty((2, 3), np.float32)
        apply_lookup(
            np.array([[0, 255, 5], [1, 2, 10]], np.uint8), Normalization(5.0, 5.0).table(), out
        )
        np.testing.assert_array_equal(out, np.array([[-1, 50, 0], [-0.8, -0.6, 1]], np.float32))


class TestPixelStatistics:
    def test_worked_by_hand(self):
        """Of 2, 4, 4, 4, 5, 5, 7, 9 the mean is 5 and the standard deviation 2."""
        assert pixel_statistics([np.array([2, 4, 4, 4, 5, 5, 7, 9], np.uint8)]) == (5.0, 2.0)

    def test_agree_with_the_standard_library(self):
        pixels = np.random.default_rng(1).integers(0, 256, 999, np.uint8)
        values = pixels.tolist()
        expected = statistics.fmean(values), statistics.pstdev(values)
        assert pixel_statistics([pixels]) == tuple(round(value, 6) for value in expected)

    def test_batches_do_not_show(self):
        images = np.random.default_rng(2).integers(0, 256, (31, 5, 4), np.uint8)
        one_by_one = [images[i : i + 1] for i in range(31)]
        assert pixel_statistics(one_by_one) == pixel_statistics([images])

    def test_images_all_alike_have_a_deviation_of_1(self):
        assert pixel_statistics([np.full((3, 2, 2), 9, np.uint8)]) == (9.0, 1.0)


class TestOneHot:
    def test_each_row_has_its_class(self):
        rows = one_hot(np.array([2, 0], np.uint8), 4)
        assert rows.tolist() == [[0, 0, 1, 0], [1, 0, 0, 0]]

    def test_float32(self):
        assert one_hot(np.array([0], np.uint8), 2).dtype == np.float32

    def test_no_labels_give_no_rows(self):
        assert one_hot(np.empty(0, np.uint8), 3).shape == (0, 3)


class TestHoldOut:
    def test_last_takes_the_last_images_as_the_classic_mnist_split_does(self):
        train, held = train_validation_split(np.zeros(60_000, np.uint8), 10_000, "last", 1)
        np.testing.assert_array_equal(train, np.arange(50_000))
        np.testing.assert_array_equal(held, np.arange(50_000, 60_000))

    def test_stratified_takes_the_same_share_of_each_class(self):
        labels = labels_of(100, 50, 30)
        _, held = train_validation_split(labels, 18, "stratified", 1)
        assert per_class(labels, held, 3) == [10, 5, 3]

    def test_what_is_left_over_goes_to_the_largest_remainders(self):
        """10 of 47, 16, 27 and 10: quotas 4.7, 1.6, 2.7 and 1.0, hence 5, 1, 3 and 1."""
        labels = labels_of(47, 16, 27, 10)
        _, held = train_validation_split(labels, 10, "stratified", 3)
        assert per_class(labels, held, 4) == [5, 1, 3, 1]

    def test_equal_remainders_go_to_the_lower_classes(self):
        labels = labels_of(10, 10, 10, 10)
        _, held = train_validation_split(labels, 2, "stratified", 3)
        assert per_class(labels, held, 4) == [1, 1, 0, 0]

    def test_a_class_is_never_held_out_whole(self):
        labels = labels_of(2, 98)
        train, _ = train_validation_split(labels, 97, "stratified", 1)
        assert per_class(labels, train, 2) == [1, 2]

    @pytest.mark.parametrize(
        ("share", "count"), [(0.1, 1), (0.14, 1), (0.15, 2), (0.25, 3), (0.0, 0)]
    )
    def test_a_share_is_rounded_with_half_an_image_up(self, share, count):
        _, held = train_validation_split(np.zeros(10, np.uint8), share, "last", 1)
        assert len(held) == count

    def test_a_share_of_less_than_half_an_image_is_refused(self):
        expected = (
            "expected 0, or a fraction of at least half of one of 10 training samples, got 0.04"
        )
        with pytest.raises(PreprocessingError, match=f"^validation.held_out: {expected}$"):
            train_validation_split(np.zeros(10, np.uint8), 0.04, "last", 1)

    @pytest.mark.parametrize("method", ["last", "stratified"])
    def test_nothing_held_out_leaves_all_to_train_on(self, method):
        train, held = train_validation_split(labels_of(3, 4), 0, method, 1)
        assert (train.tolist(), held.tolist()) == ([0, 1, 2, 3, 4, 5, 6], [])

    def test_the_same_seed_draws_the_same_images(self):
        labels = labels_of(50, 50)
        first, again = (train_validation_split(labels, 20, "stratified", 4)[1] for _ in range(2))
        np.testing.assert_array_equal(first, again)

    def test_another_seed_draws_other_images(self):
        labels = labels_of(50, 50)
        first, other = (
            train_validation_split(labels, 20, "stratified", seed)[1] for seed in (4, 5)
        )
        assert first.tolist() != other.tolist()

    def test_the_global_random_state_is_left_alone(self):
        before = np.random.get_state()[1].copy()  # noqa: NPY002  that it is not used is the fact
        train_validation_split(labels_of(50, 50), 20, "stratified", 4)
        np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002

    @pytest.mark.parametrize(
        ("size", "method", "fault"),
        [
            (10, "last", r"expected 0 to 9 of 10 training samples \(last\), got 10"),
            (11, "last", r"expected 0 to 9 of 10 training samples \(last\), got 11"),
            (0.99, "last", r"expected 0 to 9 of 10 training samples \(last\), got 10"),
            (9, "stratified", r"expected 0 to 8 of 10 training samples \(stratified\), got 9"),
        ],
    )
    def test_more_than_can_be_spared_is_refused(self, size, method, fault):
        with pytest.raises(PreprocessingError, match=fault):
            train_validation_split(labels_of(5, 5), size, method, 1)

    @EXAMPLES
    @given(data=st.data())
    def test_any_division_is_whole_sorted_exact_and_keeps_every_class(self, data):
        counts = data.draw(st.lists(st.integers(1, 30), min_size=1, max_size=8))
        labels = labels_of(*counts)
        size = data.draw(st.integers(0, len(labels) - len(counts)))
        train, held = train_validation_split(
            labels, size, "stratified", data.draw(st.integers(0, 99))
        )
        assert len(held) == size
        assert sorted([*train, *held]) == list(range(len(labels)))
        assert (np.diff(train) > 0).all()
        assert (np.diff(held) > 0).all()
        assert (train.dtype, held.dtype) == (np.int64, np.int64)
        assert min(per_class(labels, train, len(counts))) >= 1


class TestSubset:
    def test_takes_the_same_share_of_each_class(self):
        labels = labels_of(60, 40)
        assert per_class(labels, stratified_subset(labels, np.arange(100), 10, 1), 2) == [6, 4]

    def test_takes_only_from_what_it_is_given_in_order(self):
        labels = labels_of(60, 40)
        given_rows = np.arange(1, 100, 3)
        drawn = stratified_subset(labels, given_rows, 12, 1)
        assert set(drawn) <= set(given_rows)
        assert (np.diff(drawn) > 0).all()

    def test_all_of_it_is_all_of_it(self):
        labels = labels_of(3, 1)
        assert stratified_subset(labels, np.array([0, 2, 3]), 3, 1).tolist() == [0, 2, 3]

    def test_its_draw_is_independent_of_the_one_that_holds_out(self):
        labels = np.zeros(100, np.uint8)
        _, held = train_validation_split(labels, 20, "stratified", 1)
        assert stratified_subset(labels, np.arange(100), 20, 1).tolist() != held.tolist()

    @pytest.mark.parametrize("size", [0, 5])
    def test_more_or_less_than_there_is_is_refused(self, size):
        fault = f"train_size: expected 1 to 4 samples, got {size}"
        with pytest.raises(PreprocessingError, match=fault):
            stratified_subset(labels_of(5, 5), np.arange(4), size, 1)


class TestTestSplit:
    def test_takes_the_same_share_of_each_class_and_leaves_the_rest(self):
        labels = labels_of(60, 40)
        train, test = stratified_test_split(labels, 0.1, 1)
        assert per_class(labels, test, 2) == [6, 4]
        assert sorted([*train, *test]) == list(range(100))
        assert (np.diff(test) > 0).all()

    def test_a_class_of_one_image_keeps_it_for_training(self):
        labels = labels_of(1, 9)
        train, _ = stratified_test_split(labels, 8, 1)
        assert per_class(labels, train, 2) == [1, 1]

    def test_its_draw_is_independent_of_the_others(self):
        labels = np.zeros(100, np.uint8)
        _, test = stratified_test_split(labels, 20, 1)
        _, held = train_validation_split(labels, 20, "stratified", 1)
        subset = stratified_subset(labels, np.arange(100), 20, 1)
        assert test.tolist() not in (held.tolist(), subset.tolist())

    @pytest.mark.parametrize("size", [0.01, 9])
    def test_no_test_image_or_too_few_others_is_refused(self, size):
        fault = f"test_size: expected 1 to 8 of 10 samples as test samples, got {size}"
        with pytest.raises(PreprocessingError, match=fault):
            stratified_test_split(labels_of(5, 5), size, 1)

    def test_classes_of_one_image_have_none_to_give(self):
        fault = "expected a class of 2 samples or more, got 2 samples of 2 classes"
        with pytest.raises(PreprocessingError, match=fault):
            stratified_test_split(labels_of(1, 1), 0.2, 1)


class TestAgreement:
    images = np.zeros((4, 2, 3), np.uint8)
    labels = np.array([0, 1, 2, 1], np.uint8)

    def test_files_that_fit_each_other_pass(self):
        check_dataset((self.images, self.labels), (self.images[:1], self.labels[:1]), 3)

    def test_a_label_for_each_image(self):
        with pytest.raises(
            PreprocessingError, match="test labels: expected 4, one for each image, got 3"
        ):
            check_dataset((self.images, self.labels), (self.images, self.labels[:3]), 3)

    def test_no_label_beyond_the_classes(self):
        fault = "less than the number of classes, 2, got 2 for image 2$"
        with pytest.raises(PreprocessingError, match=fault):
            check_dataset((self.images, self.labels), (self.images, self.labels), 2)

    def test_labels_that_count_from_one_are_refused_with_the_remedy(self):
        fault = (
            "less than the number of classes, 3, got 3 for image 2; labels count from 0: set "
            "fetch.custom.first_label to 1$"
        )
        with pytest.raises(PreprocessingError, match=fault):
            check_dataset((self.images, self.labels + np.uint8(1)), (self.images, self.labels), 3)

    def test_a_class_that_nobody_named_is_refused_with_the_remedy(self):
        fault = (
            "the test labels: expected at most 2, the highest training label, got 3 for image 2; "
            "name all classes in fetch.custom.class_names$"
        )
        with pytest.raises(PreprocessingError, match=fault):
            check_dataset(
                (self.images, self.labels), (self.images, self.labels + np.uint8(1)), 3, named=False
            )

    def test_a_single_class_is_refused(self):
        fault = "the training labels: expected at least 2 classes, got 0 everywhere$"
        with pytest.raises(PreprocessingError, match=fault):
            check_classes(0 * self.labels)

    def test_two_classes_pass(self):
        check_classes(self.labels)

    def test_one_size_of_images(self):
        fault = r"the test images: expected \(2, 3\) as in training, got \(3, 2\)"
        with pytest.raises(PreprocessingError, match=fault):
            check_dataset(
                (self.images, self.labels), (self.images.reshape(4, 3, 2), self.labels), 3
            )
