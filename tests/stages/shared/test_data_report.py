"""reports/data.json: what it counts, and a warning with a remedy for each likely mistake."""

import json
from pathlib import Path

import numpy as np
import pytest

from stages.shared.data_report import Split, write_data_report

NAMES = ("ant", "bee", "cat")
RNG = np.random.default_rng(3)


class Set:
    """Random images of 3 x 4 pixels: 60 for training, 30 for validation, 30 for the test."""

    def __init__(self):
        self.names = NAMES
        self.shape = (3, 4)
        self.images = {"raw": self.draw(90), "test": self.draw(30)}
        self.labels = {name: self.label(len(images)) for name, images in self.images.items()}

    def draw(self, count):
        return RNG.integers(0, 256, (count, 12), np.uint8)

    def label(self, count):
        return (np.arange(count) % 3).astype(np.uint8)

    def batches(self, source, rows):
        for start in range(0, len(rows), 7):
            yield self.images[source.name][rows[start : start + 7]]

    def report(self, path):
        rows = np.arange(len(self.labels["raw"]))
        splits = {
            "train": Split(Path("raw"), self.labels["raw"], rows[:-30]),
            "validation": Split(Path("raw"), self.labels["raw"], rows[-30:]),
            "test": Split(Path("test"), self.labels["test"], np.arange(len(self.labels["test"]))),
        }
        lines = write_data_report(path, splits, self.names, self.shape, batches=self.batches)
        report = json.loads(path.read_text(encoding="utf-8"))
        assert report["warnings"] == lines
        return report


@pytest.fixture
def data():
    return Set()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data.json"


def warnings(data, path):
    return data.report(path)["warnings"]


def test_sound_data_have_no_warning(data, path):
    report = data.report(path)
    assert report["warnings"] == []
    assert report["classes"]["bee"] == {"train": 20, "validation": 10, "test": 10}
    assert report["shape"] == [3, 4]
    assert report["images"]["test"] == {
        "blank": 0,
        "constant_pixels": 0,
        "count": 30,
        "highest": int(data.images["test"].max()),
        "levels": len(np.unique(data.images["test"])),
        "lowest": int(data.images["test"].min()),
    }
    assert report["duplicates"] == {
        "contradicting_labels": 0,
        "test_in_train": 0,
        "test_in_validation": 0,
        "validation_in_train": 0,
        "within": {"test": 0, "train": 0, "validation": 0},
    }


def test_test_images_among_the_training_images_are_a_leak(data, path):
    data.images["test"][:6] = data.images["raw"][:6]
    data.images["test"][6] = data.images["raw"][60]
    report = data.report(path)
    counts = report["duplicates"]
    assert (counts["test_in_train"], counts["test_in_validation"]) == (6, 1)
    assert report["warnings"] == [
        (
            "6 of 30 test images are training images too, so the test accuracy is too high; "
            "remove them from one of the two sets"
        ),
        (
            "1 of 30 test images are validation images too, so the test accuracy is too high; "
            "remove them from one of the two sets"
        ),
    ]


def test_validation_images_among_the_training_images_are_a_leak(data, path):
    data.images["raw"][60:63] = data.images["raw"][:3]
    report = data.report(path)
    assert report["duplicates"]["validation_in_train"] == 3
    assert report["warnings"][0].startswith("3 of 30 validation images are training images too")


def test_copies_within_the_training_images_are_named(data, path):
    data.images["raw"][[3, 6, 9]] = data.images["raw"][0]
    report = data.report(path)
    assert report["duplicates"]["within"] == {"train": 3, "validation": 0, "test": 0}
    assert report["warnings"] == [
        (
            "3 of 60 training images are copies of another one, so they count more than once; "
            "remove them, unless that is meant"
        )
    ]


def test_copies_with_other_labels_are_named(data, path):
    data.images["raw"][1] = data.images["raw"][0]
    report = data.report(path)
    assert report["duplicates"]["contradicting_labels"] == 2
    assert report["warnings"][0] == (
        "2 images have a copy with another label, so no network gets all of them right; correct "
        "their labels, or remove them"
    )


def test_classes_of_few_images_are_named(data, path):
    data.labels["raw"][:60] = 2
    data.labels["raw"][:9] = 0
    data.labels["raw"][9:19] = 1
    assert warnings(data, path) == [
        (
            "fewer than 10 training images are of the class ant; add images, or leave these "
            "classes out"
        ),
        (
            "the largest class has 41 training images and the smallest 9, so the large ones count "
            "for more, unless train.class_weight is balanced"
        ),
    ]


@pytest.mark.parametrize(("sizes", "count"), [((40, 10, 10), 1), ((39, 10, 11), 0)])
def test_classes_are_unequal_from_a_ratio_of_four(data, path, sizes, count):
    data.labels["raw"][:60] = np.repeat([0, 1, 2], sizes)
    assert len(warnings(data, path)) == count


def test_labels_that_count_from_1_are_named(data, path):
    data.names = ("0", "1", "2", "3")
    for labels in data.labels.values():
        np.add(labels, 1, out=labels)
    assert warnings(data, path) == [
        (
            "no training image has the first label, of the class 0; if the labels count from 1, "
            "subtract 1 from them"
        ),
        (
            "no test image is of the class 0, so nothing measures how well these are recognized; "
            "move some of their training images to the test set, or raise fetch.test_size if fetch "
            "draws it"
        ),
    ]


def test_a_class_without_training_images_is_named(data, path):
    data.names = (*NAMES, "dog\n\x1b[31m")
    assert warnings(data, path)[0] == (
        "no training image is of the class dog \\x1b[31m; add some, or leave these classes out"
    )


def test_many_classes_are_listed_by_the_first_ones(data, path):
    data.names = (*NAMES, *(f"class {number}" for number in range(9)))
    assert warnings(data, path)[0] == (
        "no training image is of 9 classes: class 0, class 1, class 2, class 3, class 4, …; add "
        "some, or leave these classes out"
    )


def test_images_of_two_levels_are_named(data, path):
    for images in data.images.values():
        images[:] = images > 127
    result = warnings(data, path)
    assert result[-1] == (
        "the training images use 2 of 256 levels, 0 and 1; if they should be grey, write them "
        "with values from 0 to 255"
    )


def test_test_images_in_another_range_are_named(data, path):
    data.images["test"] //= 128
    assert any("test images up to 1; write both" in line for line in warnings(data, path))


def test_constant_pixels_are_named_where_they_are_most(data, path):
    data.images["raw"][:, :6] = 0
    assert warnings(data, path) == []
    data.images["raw"][:, 6] = 9
    assert warnings(data, path) == [
        "7 of 12 pixels are the same in all training images; crop the images to the other pixels"
    ]


def test_a_pixel_of_three_channels_is_constant_if_all_are(data, path):
    data.shape = (2, 2, 3)
    data.images["raw"][:, :5] = 0
    report = data.report(path)
    assert report["shape"] == [2, 2, 3]
    assert report["images"]["train"]["constant_pixels"] == 1


def test_blank_images_are_named(data, path):
    data.images["raw"][[0, 70]] = 7
    assert warnings(data, path) == [
        (
            "1 of 30 validation images are training images too, so the validation accuracy is too "
            "high; remove them from one of the two sets"
        ),
        (
            "2 images have a copy with another label, so no network gets all of them right; "
            "correct their labels, or remove them"
        ),
        "1 of 60 training images are of one value alone; remove them",
        "1 of 30 validation images are of one value alone; remove them",
    ]


def test_without_a_validation_set_its_values_are_unknown(data, path):
    rows = np.arange(90)
    splits = {
        "train": Split(Path("raw"), data.labels["raw"], rows),
        "validation": Split(Path("raw"), data.labels["raw"], rows[:0]),
        "test": Split(Path("test"), data.labels["test"], rows[:30]),
    }
    assert write_data_report(path, splits, NAMES, data.shape, batches=data.batches) == []
    report = json.loads(path.read_text(encoding="utf-8"))
    assert report["images"]["validation"] == {
        "blank": 0,
        "constant_pixels": None,
        "count": 0,
        "highest": None,
        "levels": 0,
        "lowest": None,
    }
