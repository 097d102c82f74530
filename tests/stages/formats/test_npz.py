"""The stage fetch writes the images and labels of an .npz file to data/raw."""

import json
import os
import tracemalloc

import numpy as np
import pytest

from nncore.data.idx import read_images, read_labels
from nncore.data.splits import stratified_test_split
from nncore.errors import NncoreError
from stages.fetch import fetch

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (12, 4, 3), np.uint8)
LABELS = np.array([3, 1, 2] * 4)
TEST = {"x_test": IMAGES[:3], "y_test": LABELS[:3]}


def run(folder, **settings):
    """Run the stage on data.npz; return images and labels of both splits and the class names."""
    preprocess = settings.pop("preprocess", {})
    values = {"dataset": "npz", "path": str(folder / "data.npz")} | settings
    params = folder / "params.yaml"
    params.write_text(json.dumps({"fetch": values, "preprocess": preprocess}))
    fetch(params, folder / "raw")
    files = [
        (read_images, "train-images-idx3-ubyte"),
        (read_labels, "train-labels-idx1-ubyte"),
        (read_images, "t10k-images-idx3-ubyte"),
        (read_labels, "t10k-labels-idx1-ubyte"),
    ]
    dataset = json.loads((folder / "raw" / "dataset.json").read_text(encoding="utf-8"))
    assert dataset["pictures"] == "as-is"
    return *(read(folder / "raw" / name) for read, name in files), dataset["class_names"]


def saved(folder, save=np.savez, **arrays):
    save(folder / "data.npz", **arrays)
    return folder


def refused(folder, **settings):
    with pytest.raises((NncoreError, OSError)) as error:
        run(folder, **settings)
    assert not list((folder / "raw").iterdir())
    return str(error.value)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_both_splits_are_written_as_they_are(tmp_path, save, capsys):
    saved(tmp_path, save, x_train=IMAGES, y_train=LABELS, **TEST)
    images, labels, test_images, test_labels, names = run(tmp_path)
    np.testing.assert_array_equal(images, IMAGES)
    np.testing.assert_array_equal(test_images, IMAGES[:3])
    assert labels.tolist() == [2, 0, 1] * 4
    assert test_labels.tolist() == [2, 0, 1]
    assert names == ["1", "2", "3"]
    assert capsys.readouterr().out == "12 training and 3 test images in 3 classes, 4 x 3\n"


def test_colour_is_kept_where_the_settings_ask_for_it(tmp_path, capsys):
    images = RNG.integers(0, 256, (6, 4, 3, 3), np.uint8)
    labels = np.array(["b", "a"] * 3)
    saved(tmp_path, x_train=images, y_train=labels, x_test=images, y_test=labels)
    written, _, _, _, names = run(tmp_path, preprocess={"colour": "rgb"})
    np.testing.assert_array_equal(written, images)
    assert names == ["a", "b"]
    capsys.readouterr()
    assert run(tmp_path)[0].shape == (6, 4, 3)
    assert capsys.readouterr().out.splitlines()[-1] == (
        "images of 4 x 3 x 3 become 4 x 3, as preprocess.size and preprocess.colour say"
    )


def test_floats_become_bytes_by_the_scale_of_the_training_images(tmp_path, capsys):
    images = (IMAGES / 255).astype(np.float32)
    dark = np.zeros((2, 4, 3), np.float32)
    saved(tmp_path, x_train=images, y_train=LABELS, x_test=dark, y_test=LABELS[:2])
    np.testing.assert_array_equal(run(tmp_path)[0], IMAGES)
    assert capsys.readouterr().out.startswith(
        f"{tmp_path / 'data.npz'}: x_train has floats from 0 to 1; a pixel is 255 times the float, "
        "rounded to an integer, halves to even\n"
    )


def test_without_test_images_some_training_images_of_each_class_become_these(tmp_path, capsys):
    saved(tmp_path, x_train=IMAGES, y_train=LABELS)
    images, labels, test_images, test_labels, _ = run(tmp_path, test_size=0.25, seed=7)
    train, test = stratified_test_split(np.array([2, 0, 1] * 4, np.uint8), 0.25, 7)
    np.testing.assert_array_equal(images, IMAGES[train])
    np.testing.assert_array_equal(test_images, IMAGES[test])
    assert np.bincount(labels).tolist() == [3, 3, 3]
    assert np.bincount(test_labels).tolist() == [1, 1, 1]
    assert capsys.readouterr().out == (
        f"{tmp_path / 'data.npz'}: no test images; fetch.test_size of the images become "
        "test images\n"
        "9 training and 3 test images in 3 classes, 4 x 3\n"
    )


def test_the_split_is_the_same_whatever_the_chunks(tmp_path, monkeypatch):
    saved(tmp_path, x_train=IMAGES, y_train=LABELS)
    whole = run(tmp_path)
    monkeypatch.setattr("stages.formats.npz_arrays.CHUNK_BYTES", 30)
    for expected, got in zip(whole, run(tmp_path), strict=True):
        np.testing.assert_array_equal(got, expected)


def test_other_arrays_are_named(tmp_path, capsys):
    saved(tmp_path, x_train=IMAGES, y_train=LABELS, **TEST, extra=1, x_valid=np.array([{}]))
    run(tmp_path)
    assert capsys.readouterr().out.startswith(f"{tmp_path / 'data.npz'}: extra, x_valid not used\n")


def test_memory_does_not_grow_with_the_number_of_images(tmp_path):
    """32 MiB of images need a few chunks of 1 MiB."""
    images = np.zeros((1 << 15, 32, 32), np.uint8)
    images[0] = 255
    saved(tmp_path, np.savez_compressed, x_train=images, y_train=np.arange(len(images)) % 2)
    run(tmp_path)
    tracemalloc.start()
    run(tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 << 20


class TestRefused:
    @pytest.mark.parametrize("name", ["x_train", "y_train", "x_test", "y_test"])
    def test_a_missing_array(self, tmp_path, name):
        arrays = {"x_train": IMAGES, "y_train": LABELS, **TEST}
        arrays[name.upper()] = arrays.pop(name)
        saved(tmp_path, **arrays)
        assert refused(tmp_path) == (
            f"{tmp_path / 'data.npz'}: expected the arrays x_train and y_train, with or without "
            f"x_test and y_test, got {', '.join(arrays)}; save them by these names"
        )

    def test_an_empty_file(self, tmp_path):
        assert refused(saved(tmp_path)).endswith("got none; save them by these names")

    def test_another_number_of_labels(self, tmp_path):
        saved(tmp_path, x_train=IMAGES, y_train=LABELS[1:])
        assert refused(tmp_path) == (
            f"{tmp_path / 'data.npz'}: y_train: expected 12 labels, one for each image, got 11"
        )

    def test_a_test_label_that_no_training_image_has(self, tmp_path):
        saved(tmp_path, x_train=IMAGES, y_train=LABELS, x_test=IMAGES[:1], y_test=np.array([9]))
        assert refused(tmp_path) == (
            f"{tmp_path / 'data.npz'}: y_test: expected the labels of the training images, "
            "got '9' for image 0; remove it, or train with it too"
        )

    def test_test_images_of_another_size(self, tmp_path):
        saved(tmp_path, x_train=IMAGES, y_train=LABELS, x_test=IMAGES[:3, 1:], y_test=LABELS[:3])
        assert refused(tmp_path).endswith("expected (4, 3) as in training, got (3, 3)")

    def test_a_single_class(self, tmp_path):
        saved(tmp_path, x_train=IMAGES, y_train=np.zeros(12, int), **TEST | {"y_test": [0, 0, 0]})
        assert "expected at least 2 classes" in refused(tmp_path)

    def test_a_test_size_that_leaves_a_class_without_training_images(self, tmp_path):
        saved(tmp_path, x_train=IMAGES, y_train=LABELS)
        assert refused(tmp_path, test_size=10) == (
            "fetch.test_size: expected 1 to 9 of 12 samples as test samples, got 10"
        )

    def test_a_pixel_out_of_range_in_the_last_image(self, tmp_path):
        """Nothing is left of what was written before."""
        images = IMAGES.astype(int)
        images[-1, -1, -1] = 256
        saved(tmp_path, x_train=images, y_train=LABELS, **TEST)
        assert refused(tmp_path).endswith("expected values from 0 to 255, got 256 in image 11")

    def test_a_url(self, tmp_path):
        assert refused(tmp_path, path="https://example.org/data.npz") == (
            "fetch.path: expected a file or folder, got a URL; "
            "dvc import-url https://example.org/data.npz data/ downloads the file once and "
            "tracks it"
        )

    def test_a_missing_file(self, tmp_path):
        assert "No such file or directory" in refused(tmp_path)

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with a name")
    def test_a_pipe_with_a_name(self, tmp_path):
        os.mkfifo(tmp_path / "data.npz")
        assert "expected a file, got a device or a pipe" in refused(tmp_path)
