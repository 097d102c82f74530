"""Labels of any kind become classes: their names in order, and an index for each image."""

import numpy as np
import pytest

from nncore.errors import DataError
from stages.formats.class_labels import collect_labels


def collected(*chunks, **options):
    names, labels = collect_labels(map(np.array, chunks), "y", **options)
    assert labels.dtype == np.uint8
    return names, labels.tolist()


def test_integers_are_in_numerical_order():
    assert collected([10, 9], [-1, 10]) == (("-1", "9", "10"), [2, 1, 0, 2])


def test_integers_as_text_are_in_numerical_order():
    assert collected(["10", "9", "0"]) == (("0", "9", "10"), [2, 1, 0])


def test_text_is_in_the_order_of_its_code_points():
    assert collected(["b", "ä", "B", "10"]) == (("10", "B", "b", "ä"), [2, 3, 1, 0])


def test_numbers_that_are_not_written_in_the_usual_way_are_text():
    assert collected(["9", "10", "01"]) == (("01", "10", "9"), [2, 1, 0])


def test_256_classes_are_as_many_as_there_can_be():
    assert collected(range(256))[1] == list(range(256))
    with pytest.raises(DataError, match="y: expected at most 256 different labels, got more"):
        collected(range(256), [256])


def test_a_test_set_has_the_classes_of_the_training_set():
    assert collected(["b", "a"], class_names=("a", "b", "c")) == (("a", "b", "c"), [1, 0])


def test_a_test_label_without_training_images_is_refused_with_its_image():
    with pytest.raises(DataError) as refused:
        collected([0, 1], [1, 7, 7], class_names=("0", "1"))
    assert str(refused.value) == (
        "y: expected the labels of the training images, got '7' for image 3; "
        "remove it, or train with it too"
    )


@pytest.mark.parametrize(
    "name", ["", "  ", "a\nb", "\x1b[2J", "\ud800", "x" * 201, "a\u202eb", "\u200d"]
)
def test_a_name_that_cannot_be_written_is_refused(name):
    with pytest.raises(DataError, match=r"^y: expected labels of 1 to 200 .* for image 1$"):
        collected(["a", name])


@pytest.mark.parametrize("name", ["お", "क्‍ष", "<script>", "../x", "T-shirt/top"])
def test_a_name_in_any_script_is_a_name(name):
    assert name in collected(["a", name])[0]


@pytest.mark.parametrize("names", [("Cat", "cat"), ("é", "e\u0301"), ("Straße", "STRASSE")])
def test_names_that_differ_only_by_case_or_unicode_form_are_refused(names):
    with pytest.raises(DataError) as refused:
        collected([names[0]], ["dog", names[1]])
    assert str(refused.value) == (
        "y: expected labels that differ by more than case and Unicode form, "
        f"got {names[0]!r} and, for image 2, {names[1]!r}; write both alike"
    )


def test_small_and_capital_letters_are_classes_of_their_own():
    assert collected(["a", "A"]) == (("A", "a"), [1, 0])
