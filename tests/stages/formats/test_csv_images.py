"""The stage fetch writes the images and labels of tables of pixels to data/raw."""

import json
import tracemalloc

import numpy as np
import pytest

import stages.formats.csv_table
from nncore.data.idx import read_images, read_labels
from nncore.data.splits import stratified_test_split
from nncore.errors import NncoreError
from stages.fetch import fetch

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (12, 3, 3), np.uint8)
LABELS = ["dog", "bee", "cat"] * 4
NAMES = ["bee", "cat", "dog"]
HEADER = "label," + ",".join(f"pixel{number}" for number in range(9))


def table(images, labels, header=HEADER):
    rows = zip(labels, images.reshape(len(images), -1), strict=True)
    lines = [f"{label},{','.join(map(str, pixels))}" for label, pixels in rows]
    return "\n".join([header, *lines]) + "\n"


def run(folder, name="digits.csv", **settings):
    """Run the stage; return images and labels of both splits and the class names."""
    preprocess = settings.pop("preprocess", {})
    values = {"dataset": "csv", "path": str(folder / name)} | settings
    params = folder / "params.yaml"
    params.write_text(json.dumps({"fetch": values, "preprocess": preprocess}))
    fetch(params, folder / "raw")
    raw = folder / "raw"
    return (
        read_images(raw / "train-images-idx3-ubyte"),
        read_labels(raw / "train-labels-idx1-ubyte").tolist(),
        read_images(raw / "t10k-images-idx3-ubyte"),
        read_labels(raw / "t10k-labels-idx1-ubyte").tolist(),
        json.loads((raw / "dataset.json").read_text(encoding="utf-8"))["class_names"],
    )


def refused(folder, name="digits.csv", **settings):
    with pytest.raises((NncoreError, OSError)) as error:
        run(folder, name, **settings)
    assert not list((folder / "raw").iterdir())
    return str(error.value)


def test_a_file_is_split_by_test_size_and_seed(tmp_path, capsys):
    (tmp_path / "digits.csv").write_text(table(IMAGES, LABELS))
    images, labels, test_images, test_labels, names = run(tmp_path, test_size=3, seed=5)
    expected = np.array([NAMES.index(label) for label in LABELS], np.uint8)
    train, test = stratified_test_split(expected, 3, 5)
    np.testing.assert_array_equal(images, IMAGES[train])
    np.testing.assert_array_equal(test_images, IMAGES[test])
    assert (labels, test_labels, names) == (expected[train].tolist(), [*expected[test]], NAMES)
    assert capsys.readouterr().out == (
        f"{tmp_path / 'digits.csv'}: no test images; fetch.test_size of the images become "
        "test images\n9 training and 3 test images in 3 classes, 3 x 3\n"
    )


def test_a_folder_has_both_splits(tmp_path, capsys):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/train.csv").write_text(table(IMAGES, LABELS))
    (tmp_path / "data/test.csv").write_text(table(IMAGES[:2], LABELS[:2]))
    images, labels, test_images, test_labels, names = run(tmp_path, "data")
    np.testing.assert_array_equal(images, IMAGES)
    np.testing.assert_array_equal(test_images, IMAGES[:2])
    assert (labels, test_labels, names) == ([2, 0, 1] * 4, [2, 0], NAMES)
    assert capsys.readouterr().out == "12 training and 2 test images in 3 classes, 3 x 3\n"


def test_preprocess_size_is_that_of_images_that_are_not_square(tmp_path):
    text = table(IMAGES[:, :2], LABELS, HEADER[: HEADER.index(",pixel6")])
    (tmp_path / "digits.csv").write_text(text)
    assert run(tmp_path, preprocess={"size": [2, 3]})[0].shape[1:] == (2, 3)


def test_preprocess_size_resizes_square_images(tmp_path):
    (tmp_path / "digits.csv").write_text(table(IMAGES, LABELS))
    assert run(tmp_path, preprocess={"size": 6})[0].shape[1:] == (6, 6)


def test_a_folder_without_test_images_is_refused(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/train.csv").write_text(table(IMAGES, LABELS))
    assert refused(tmp_path, "data") == (
        f"{tmp_path / 'data'}: expected train.csv and test.csv in this folder, got no test.csv; "
        "fetch.path may also name a file, part of which becomes the test images"
    )


def test_a_folder_with_the_test_set_of_a_competition_is_refused(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/train.csv").write_text(table(IMAGES, LABELS))
    lines = table(IMAGES, LABELS).splitlines()
    unlabelled = "\n".join(line.partition(",")[2] for line in lines)
    (tmp_path / "data/test.csv").write_text(unlabelled)
    fault = refused(tmp_path, "data")
    assert fault.startswith(f"{tmp_path / 'data/test.csv'}: expected a column label")
    assert fault.endswith("classify this one with nncore predict")


@pytest.mark.parametrize(
    ("names", "advice"),
    [
        (
            ["fashion-mnist_train.csv", "fashion-mnist_test.csv"],
            "rename fashion-mnist_train.csv to train.csv and fashion-mnist_test.csv to test.csv",
        ),
        (["Train.CSV", "test.csv"], "rename Train.CSV to train.csv"),
        (
            ["a_train.csv", "b_train.csv"],
            "fetch.path may also name a file, part of which becomes the test images",
        ),
    ],
)
def test_tables_of_other_names_are_named_with_those_to_give_them(tmp_path, names, advice):
    (tmp_path / "data").mkdir()
    for name in names:
        (tmp_path / "data" / name).write_text(table(IMAGES, LABELS))
    assert refused(tmp_path, "data") == (
        f"{tmp_path / 'data'}: expected train.csv and test.csv in this folder, got no train.csv; "
        f"{advice}"
    )


def test_a_table_without_rows_is_refused(tmp_path):
    (tmp_path / "digits.csv").write_text(HEADER)
    assert refused(tmp_path) == (
        f"{tmp_path / 'digits.csv'}: the labels: expected at least one, got none"
    )


def test_a_faulty_last_row_leaves_nothing(tmp_path):
    (tmp_path / "digits.csv").write_text(table(IMAGES, LABELS) + "dog,0,1,2,3,4,5,6,7,-8\n")
    assert refused(tmp_path).endswith("got '-8' in line 14, pixel 8")


def test_memory_does_not_grow_with_the_number_of_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(stages.formats.csv_table, "PIXELS_PER_CHUNK", 1 << 12)

    def peak(rows):
        text = table(np.tile(IMAGES, (rows // 12, 1, 1)), LABELS * (rows // 12))
        (tmp_path / "digits.csv").write_text(text)
        run(tmp_path)
        tracemalloc.start()
        run(tmp_path)
        memory = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return memory

    # 30,000 rows more are 270,000 bytes of pixels, and 8 bytes of an index and a label each.
    assert peak(31_200) - peak(1_200) < 30_000 * 60
