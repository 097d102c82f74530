"""The page's section on the data: what it shows, and that nothing in it is markup."""

import re

import numpy as np
from page_pictures import pictures_of
from page_results import data_report, small_results

from stages.page.images.data import data
from stages.page.images.document import page
from stages.shared.data_report_inputs import Examples, choose_examples, read_classes

NAMES = ("a", "b", "c")


def rows(text, caption):
    """Return the texts of the cells below a caption, row by row."""
    table = text.split(f"<caption>{caption}</caption>")[1].split("</table>")[0]
    result = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in table.split("<tr>")[1:]]
    return [[re.sub(r"<[^>]+>", "", cell) for cell in row] for row in result]


def test_the_images_of_each_class_are_counted():
    assert rows(data(data_report(NAMES), NAMES), "Images of each class") == [
        ["class", "training", "validation", "test"],
        ["a", "4", "4", "4"],
        ["b", "4", "4", "4"],
        ["c", "4", "4", "4"],
        ["all", "12", "12", "12"],
    ]


def test_the_counts_of_many_classes_are_closed_at_first():
    names = tuple(map(str, range(21)))
    assert "<details><summary>Images of each class" in data(data_report(names, 42), names)
    assert "<details>" not in data(data_report(names[:20], 40), names[:20])


def test_the_pixels_of_each_split_are_described():
    report = data_report(NAMES)
    report["images"]["validation"] |= {"count": 0, "levels": 0}
    report["images"]["validation"] |= dict.fromkeys(("constant_pixels", "highest", "lowest"))
    report["shape"] = [1000, 28, 3]
    text = data(report, NAMES)
    assert rows(text, "Images of 1,000 &times; 28 &times; 3 pixels") == [
        ["images", "values", "levels", "constant pixels", "blank"],
        ["training", "0 to 255", "256", "3", "0"],
        ["validation", "", "0", "", "0"],
        ["test", "0 to 255", "256", "3", "0"],
    ]


def test_equal_images_are_counted():
    report = data_report(NAMES)
    report["duplicates"] |= {"test_in_train": 7, "contradicting_labels": 1234}
    assert [row[1] for row in rows(data(report, NAMES), "Images with equal pixels")] == [
        "number",
        "0",
        "0",
        "7",
        "0",
        "1,234",
    ]


def test_a_warning_is_a_sentence_and_no_markup():
    report = data_report(NAMES) | {"warnings": ["no image is of <b>x</b>; add some"]}
    text = data(report, NAMES)
    assert "<li>No image is of &lt;b&gt;x&lt;/b&gt;; add some.</li>" in text
    assert "No likely mistake was found" in data(data_report(NAMES), NAMES)


def test_the_page_shows_examples_of_the_training_images():
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 12)
    shown = Examples((pixels / np.float32(255)).astype(np.float32), ["a", "<c>"])
    text = page(small_results(("a", "b", "<c>"), training_examples=shown))
    gallery = text.split('id="training-examples"')[1].split("</ol>")[0]
    numbers = list(map(int, re.findall(r'data-picture="(\d+)"', gallery)))
    assert re.findall(r'aria-label="(.*?)"', gallery) == [
        "Training image: a",
        "Training image: &lt;c&gt;",
    ]
    assert np.array_equal(pictures_of(text, 12)[numbers], pixels)


def test_without_examples_the_page_has_no_gallery_of_them():
    text = page(small_results(training_examples=None))
    assert "training-examples" not in text.split("<script>")[0]
    assert "Examples</h3>" not in text


def test_the_classes_of_one_hot_labels_are_read(tmp_path):
    classes = np.random.default_rng(1).integers(3, size=200_000)
    np.save(tmp_path / "labels.npy", np.eye(3, dtype=np.float32)[classes])
    assert np.array_equal(read_classes(tmp_path / "labels.npy", 200_000, NAMES), classes)


def test_examples_are_the_first_five_of_each_class():
    classes = np.random.default_rng(1).integers(3, size=200)
    images = np.arange(400, dtype=np.float32).reshape(200, 2)
    result = choose_examples(images, classes, NAMES)
    assert result.class_names == ["a"] * 5 + ["b"] * 5 + ["c"] * 5
    first = np.concatenate([np.flatnonzero(classes == index)[:5] for index in range(3)])
    assert np.array_equal(result.images, images[first])


def test_a_class_of_fewer_images_has_fewer_examples():
    result = choose_examples(np.zeros((3, 2), np.float32), np.array([2, 0, 0]), NAMES)
    assert result.class_names == ["a", "a", "c"]


def test_of_many_classes_a_hundred_examples_are_shown():
    names = tuple(map(str, range(150)))
    result = choose_examples(np.zeros((300, 2), np.float32), np.arange(300) % 150, names)
    assert result.class_names == list(names[:100])


def test_of_large_images_few_are_shown():
    result = choose_examples(np.zeros((9, 100_000), np.float32), np.arange(9) % 3, NAMES)
    assert result.class_names == ["a", "b", "c"]
