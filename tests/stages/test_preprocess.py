"""The preprocess stage: what it writes, from what, and in how little memory."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from idx_files import idx

import stages.preprocessing.images
from nncore.errors import NncoreError
from stages.preprocess import preprocess

ROOT = Path(__file__).parents[2]
PARTS = ("train", "validation", "test")
RNG = np.random.default_rng(7)


class Data:
    """Random images of 3 x 5 pixels in a folder: 40 to train on, 10 to test on, 4 classes."""

    def __init__(self, folder):
        self.folder = folder
        self.train_images = RNG.integers(0, 256, (40, 3, 5), np.uint8)
        self.train_labels = np.tile(np.arange(4, dtype=np.uint8), 10)
        self.test_images = RNG.integers(0, 256, (10, 3, 5), np.uint8)
        self.test_labels = np.arange(10, dtype=np.uint8) % 4
        self.class_names = ["one", "two", "three", "four"]

    def write(self, **settings):
        """Write the files and params.yaml, and return their folder."""
        raw = self.folder / "raw"
        raw.mkdir(exist_ok=True)
        (raw / "train-images-idx3-ubyte").write_bytes(idx(self.train_images))
        (raw / "train-labels-idx1-ubyte").write_bytes(idx(self.train_labels))
        (raw / "t10k-images-idx3-ubyte").write_bytes(idx(self.test_images))
        (raw / "t10k-labels-idx1-ubyte").write_bytes(idx(self.test_labels))
        dataset = {"class_names": self.class_names, "pictures": "as-is"}
        dataset["format"] = "nncore raw images 1"
        (raw / "dataset.json").write_text(json.dumps(dataset))
        params = self.folder / "params.yaml"
        params.write_text(json.dumps({"preprocess": settings}))
        return self.folder

    def preprocess(self, **settings):
        """Write the files, run the stage and return the folder that it wrote."""
        self.write(**settings)
        folders = (self.folder / name for name in ("raw", "processed", "reports"))
        preprocess(self.folder / "params.yaml", *folders)
        return self.folder / "processed"


@pytest.fixture
def data(tmp_path):
    return Data(tmp_path)


def last(size):
    return {"method": "last", "held_out": size, "seed": 1}


def array(folder, name):
    return np.load(folder / f"{name}.npy", allow_pickle=False)


def test_it_writes_eight_files(data):
    names = {path.name for path in data.preprocess().iterdir()}
    arrays = {f"{part}_{kind}.npy" for part in PARTS for kind in ("images", "labels")}
    assert names == arrays | {"files.json", "preprocessing.json"}


def test_every_array_is_little_endian_float32_in_c_order(data):
    folder = data.preprocess()
    for path in folder.glob("*.npy"):
        loaded = np.load(path, mmap_mode="r")
        assert (loaded.dtype.str, loaded.ndim, loaded.flags.c_contiguous) == ("<f4", 2, True)


def test_images_are_rows_of_pixels_divided_by_255(data):
    folder = data.preprocess(validation=last(10))
    rows = data.train_images.reshape(40, 15) / 255
    np.testing.assert_array_equal(array(folder, "train_images"), rows[:30].astype(np.float32))
    np.testing.assert_array_equal(array(folder, "validation_images"), rows[30:].astype(np.float32))
    test_rows = (data.test_images.reshape(10, 15) / 255).astype(np.float32)
    np.testing.assert_array_equal(array(folder, "test_images"), test_rows)


def test_labels_are_one_hot_and_stay_with_their_images(data):
    data.train_images[:, 0, 0] = data.train_labels
    folder = data.preprocess(validation={"method": "stratified", "held_out": 0.25, "seed": 3})
    for part in ("train", "validation"):
        labels = array(folder, f"{part}_labels")
        np.testing.assert_array_equal(labels.sum(axis=1), 1)
        marks = np.rint(array(folder, f"{part}_images")[:, 0] * 255)
        np.testing.assert_array_equal(labels.argmax(axis=1), marks)


def test_rows_keep_the_order_of_the_file(data):
    data.train_images[:, 0, 0] = np.arange(40)
    folder = data.preprocess(
        train_size=20, validation={"method": "stratified", "held_out": 8, "seed": 1}
    )
    for part in ("train", "validation"):
        assert (np.diff(array(folder, f"{part}_images")[:, 0]) > 0).all()


def test_the_batches_do_not_show(data, monkeypatch):
    whole = {path.name: path.read_bytes() for path in data.preprocess(scaling="standard").iterdir()}
    monkeypatch.setattr(stages.preprocessing.images, "CELLS_PER_BATCH", 16)
    small = {path.name: path.read_bytes() for path in data.preprocess(scaling="standard").iterdir()}
    assert small == whole


def test_an_image_larger_than_a_batch_is_a_batch(data, monkeypatch):
    whole = array(data.preprocess(), "train_images")
    monkeypatch.setattr(stages.preprocessing.images, "CELLS_PER_BATCH", 4)
    np.testing.assert_array_equal(array(data.preprocess(), "train_images"), whole)


def test_standard_scaling_gives_the_training_part_mean_0_and_variance_1(data):
    folder = data.preprocess(scaling="standard", train_size=13, validation=last(10))
    images = array(folder, "train_images").astype(np.float64)
    assert images.mean() == pytest.approx(0, abs=1e-6)
    assert images.std() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("scaling", ["unit", "standard"])
def test_validation_and_test_images_influence_no_training_image(data, scaling):
    folder = data.preprocess(scaling=scaling, validation=last(10))
    before = (folder / "train_images.npy").read_bytes()
    described = (folder / "preprocessing.json").read_bytes()
    data.train_images[30:] = 255
    data.test_images[:] = 255
    data.preprocess(scaling=scaling, validation=last(10))
    assert (folder / "train_images.npy").read_bytes() == before
    assert (folder / "preprocessing.json").read_bytes() == described


def test_images_left_out_by_train_size_influence_nothing(data):
    folder = data.preprocess(scaling="standard", train_size=20, validation=last(10))
    train_rows = {row.tobytes() for row in array(folder, "train_images")}
    described = json.loads((folder / "preprocessing.json").read_text())
    table = (np.arange(256) - described["pixel_mean"]) / described["pixel_std"]
    rows = table.astype(np.float32)[data.train_images[:30].reshape(30, 15)]
    for image, row in zip(data.train_images, rows, strict=False):
        if row.tobytes() not in train_rows:
            image[:] = 255
    again = data.preprocess(scaling="standard", train_size=20, validation=last(10))
    assert json.loads((again / "preprocessing.json").read_text()) == described


def test_the_description_says_exactly_what_was_applied(data):
    folder = data.preprocess(scaling="standard")
    described = json.loads((folder / "preprocessing.json").read_text())
    assert described["class_names"] == ["one", "two", "three", "four"]
    assert described["image_shape"] == [3, 5]
    pixels = data.test_images.reshape(10, 15).astype(np.float64)
    scaled = (pixels - described["pixel_mean"]) / described["pixel_std"]
    np.testing.assert_array_equal(array(folder, "test_images"), scaled.astype(np.float32))


def test_unit_scaling_is_described_as_mean_0_and_deviation_255(data):
    described = json.loads((data.preprocess() / "preprocessing.json").read_text())
    assert (described["pixel_mean"], described["pixel_std"]) == (0.0, 255.0)


def test_without_a_validation_part_its_files_have_no_rows(data):
    folder = data.preprocess(validation=last(0))
    assert array(folder, "train_images").shape == (40, 15)
    assert array(folder, "validation_images").shape == (0, 15)
    assert array(folder, "validation_labels").shape == (0, 4)


def test_a_class_without_images_keeps_its_column(data):
    data.class_names.append("five")
    assert array(data.preprocess(), "train_labels").shape[1] == 5


def test_the_parts_are_printed_in_aligned_lines(data, capsys):
    data.preprocess(validation=last(10))
    assert capsys.readouterr().out.splitlines()[:4] == [
        "train               30 images, 7 to 8 in each of 4 classes",
        "validation          10 images, 2 to 3 in each of 4 classes",
        "test                10 images, 2 to 3 in each of 4 classes",
        "pixels           3 x 5, scaled: value / 255",
    ]


def test_a_warning_is_a_line_of_the_output_and_of_the_report(data, capsys):
    data.test_images[:3] = data.train_images[:3]
    folder = data.preprocess(validation=last(10))
    warnings = json.loads((folder.parent / "reports/data.json").read_text())["warnings"]
    assert [f"warning: {line}" for line in warnings] == capsys.readouterr().out.splitlines()[4:]
    assert warnings[0].startswith("3 of 10 test images are training images too")


def test_the_report_on_the_data_is_that_of_the_images_that_are_used(data):
    folder = data.preprocess(validation=last(10), train_size=12)
    report = json.loads((folder.parent / "reports/data.json").read_text())
    assert report["classes"]["two"] == {"train": 3, "validation": 2, "test": 3}
    assert report["images"]["train"]["count"] == 12
    assert report["shape"] == [3, 5]


@pytest.mark.parametrize(
    ("highest", "settings", "warned"),
    [(1, {}, True), (63, {}, True), (64, {}, False), (1, {"scaling": "standard"}, False)],
)
def test_dark_images_have_a_warning_with_the_remedy(data, capsys, highest, settings, warned):
    """Images of 0 and 1, for instance, that were divided by 255 before they were written."""
    data.train_images[:] = RNG.integers(0, highest + 1, data.train_images.shape)
    data.train_images[0, 0, :2] = 0, highest
    data.preprocess(validation=last(10), **settings)
    line = (
        f"            the values are 0 to {highest} of 255, too dark to learn from; "
        "set preprocess.scaling to standard"
    )
    assert (line in capsys.readouterr().out.splitlines()) == warned


@pytest.mark.parametrize("value", [0, 7, 255])
def test_images_of_a_single_colour_are_refused(data, value):
    data.train_images[:] = value
    fault = f"expected images with pixels of several values, got {value} everywhere"
    with pytest.raises(NncoreError, match=fault):
        data.preprocess()


def test_a_test_label_beyond_the_classes_is_refused(data):
    data.test_labels[6] = 4
    fault = "the test labels: expected less than the number of classes, 4, got 4 for image 6"
    with pytest.raises(NncoreError, match=fault):
        data.preprocess()


def test_a_larger_training_set_than_there_is_is_refused(data):
    with pytest.raises(
        NncoreError, match=r"preprocess\.train_size: expected 1 to 30 samples, got 31"
    ):
        data.preprocess(train_size=31, validation=last(10))


def test_what_is_refused_writes_nothing(data):
    data.test_labels[6] = 4
    with pytest.raises(NncoreError):
        data.preprocess()
    assert not (data.folder / "processed").exists()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"class_names": "abc"}',
        '{"class_names": [1, 2], "format": "nncore raw images 1", "pictures": "digit"}',
        '{"class_names": ["a", "b"], "format": "nncore raw images 1"}',
        '{"class_names": ["a", "b"], "format": "nncore raw images 1", "pictures": "none"}',
        '{"class_names": ["a", "b"], "format": "nncore raw images 2", "pictures": "as-is"}',
        # Of an earlier version.
        '{"class_names": ["a", "b"], "pictures": "as-is"}',
        "\udcff",
    ],
)
def test_a_malformed_description_is_refused_with_the_name_of_its_file(data, text):
    data.preprocess()
    path = data.folder / "raw" / "dataset.json"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(NncoreError, match=r"dataset\.json: expected"):
        preprocess(data.folder / "params.yaml", data.folder / "raw", data.folder, data.folder)


# A process of its own between this one and the stage: a child inherits its parent's peak.
MEASURE = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
unit = 1 if sys.platform == "darwin" else 1024
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit)
"""


@pytest.mark.parametrize("train_size", [None, 1000], ids=["all", "a few from everywhere"])
def test_memory_does_not_grow_with_the_data_set(data, train_size):
    """100,000 images, 78 MB as pixels and 314 MB as float32, pass in less than 120 MB."""
    data.train_images = np.zeros((100_000, 28, 28), np.uint8)
    data.train_images[:, 0, 0] = 255
    data.train_labels = np.tile(np.arange(4, dtype=np.uint8), 25_000)
    data.test_images = np.zeros((10, 28, 28), np.uint8)
    folder = data.write(scaling="standard", train_size=train_size)
    stage = [sys.executable, "-m", "stages.preprocess", "--params", folder / "params.yaml"]
    stage += ["--raw", folder / "raw", "--processed", folder / "processed"]
    stage += ["--reports", folder / "reports"]
    peak = subprocess.check_output([sys.executable, "-c", MEASURE, *stage], cwd=ROOT)
    shutil.rmtree(folder / "processed")
    assert int(peak) < 120e6
