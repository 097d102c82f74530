"""The stage fetch writes data sets whose IDX files differ from MNIST's to data/raw."""

import gzip
import hashlib
import json
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nncore.data.idx import read_images, read_labels
from nncore.errors import NncoreError
from stages.fetch import fetch
from stages.formats.catalogue import DATASETS
from stages.shared.datasets import FILES

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (6, 4, 3), np.uint8)
LABELS = np.array([1, 2, 3, 1, 2, 3], np.uint8)
KEYS = tuple(FILES)


def idx(array):
    kind = 12 if array.dtype == np.dtype(">i4") else 8
    return struct.pack(f">HBB{array.ndim}I", 0, kind, array.ndim, *array.shape) + array.tobytes()


def run(folder, **custom):
    """Run the stage on the four files in `folder`; return what it wrote, and the class names."""
    paths = {key: str(folder / key) for key in KEYS}
    settings = {"dataset": "custom", "custom": paths | custom}
    return fetched(folder, {"fetch": settings})


def fetched(folder, params):
    (folder / "params.yaml").write_text(json.dumps(params))
    fetch(folder / "params.yaml", folder / "raw")
    files = [
        (read_labels if "labels" in key else read_images)(folder / "raw" / name)
        for key, name in FILES.items()
    ]
    return files, json.loads((folder / "raw/dataset.json").read_text())["class_names"]


def written(folder, *arrays):
    for key, array in zip(KEYS, arrays, strict=True):
        (folder / key).write_bytes(idx(array))


def refused(folder, **custom):
    with pytest.raises(NncoreError) as error:
        run(folder, **custom)
    assert not list((folder / "raw").iterdir())
    return str(error.value)


@pytest.mark.parametrize("channels", [(), (3,)], ids=["grey", "colour"])
def test_rows_and_columns_are_exchanged_where_the_settings_say_so(tmp_path, channels):
    images = RNG.integers(0, 256, (6, 4, 3, *channels), np.uint8)
    written(tmp_path, images, LABELS - 1, images[:2], LABELS[:2] - 1)
    paths = {key: str(tmp_path / key) for key in KEYS} | {"transpose": True}
    preprocess = {"colour": "rgb" if channels else "grey"}
    params = {"fetch": {"dataset": "custom", "custom": paths}, "preprocess": preprocess}
    (train, _, test, _), _ = fetched(tmp_path, params)
    assert train.shape == (6, 3, 4, *channels)
    for row in range(4):
        np.testing.assert_array_equal(train[:, :, row], images[:, row])
    np.testing.assert_array_equal(test, train[:2])


def test_labels_may_start_at_1(tmp_path):
    written(tmp_path, IMAGES, LABELS, IMAGES[:2], LABELS[:2])
    (_, train, _, test), names = run(tmp_path, first_label=1)
    assert train.tolist() == [0, 1, 2, 0, 1, 2]
    assert test.tolist() == [0, 1]
    assert names == ["0", "1", "2"]
    assert run(tmp_path, first_label=1, class_names=["a", "b", "c"])[1] == ["a", "b", "c"]


def test_labels_that_start_at_1_where_nothing_says_so_are_named(tmp_path, capsys):
    written(tmp_path, IMAGES, LABELS, IMAGES[:2], LABELS[:2])
    (_, train, _, _), names = run(tmp_path)
    assert train.tolist() == LABELS.tolist()
    assert names == ["0", "1", "2", "3"]
    assert capsys.readouterr().out.splitlines()[-1] == (
        "the training labels start at 1: if the classes do too, set fetch.custom.first_label to 1"
    )


def test_a_label_below_the_first_is_refused(tmp_path):
    written(tmp_path, IMAGES, LABELS, IMAGES[:2], LABELS[:2] - 1)
    assert refused(tmp_path, first_label=1) == (
        "the test labels: expected at least 1, the first_label, got 0 for image 0"
    )


def test_names_that_end_before_the_labels_have_the_remedy(tmp_path):
    written(tmp_path, IMAGES, LABELS, IMAGES[:2], LABELS[:2])
    assert refused(tmp_path, class_names=["a", "b", "c"]) == (
        "the training labels: expected less than the number of classes, 3, got 3 for image 2; "
        "labels count from 0: set fetch.custom.first_label to 1"
    )


def test_qmnists_tables_of_labels_hold_the_class_first(tmp_path):
    table = np.array([[label - 1, 4, 2154, 59, 35, 229421, 0, 0] for label in LABELS], ">i4")
    written(tmp_path, IMAGES, table, IMAGES[:2], table[:2])
    (_, train, _, test), _ = run(tmp_path)
    assert train.tolist() == [0, 1, 2, 0, 1, 2]
    assert test.tolist() == [0, 1]


class TestCatalogue:
    """Four data sets in a folder that NNCORE_MIRROR names, and of few images."""

    @pytest.fixture(autouse=True)
    def _mirror(self, tmp_path, monkeypatch):
        monkeypatch.setenv("NNCORE_MIRROR", str(tmp_path))
        # So that no mirror is asked that may be there.
        for name in ("kmnist", "qmnist"):
            monkeypatch.setitem(DATASETS, name, replace(DATASETS[name], mirrors=()))

    def fill(self, folder, dataset, labels, pack=gzip.compress):
        files = DATASETS[dataset].files
        (folder / dataset).mkdir()
        suffix = "" if pack is bytes else ".gz"
        arrays = dict(zip(KEYS, (IMAGES, labels, IMAGES[:3], labels[:3]), strict=True))
        for key, array in arrays.items():
            (folder / dataset / f"{files[key]}{suffix}").write_bytes(pack(idx(array)))

    def run(self, folder, dataset):
        return fetched(folder, {"fetch": {"dataset": dataset, "path": str(folder / "samples")}})

    @pytest.mark.parametrize(
        ("dataset", "first", "names"),
        [("emnist-letters", 1, ["A", "Z"]), ("emnist-balanced", 0, ["0", "t"])],
    )
    def test_emnist_is_turned_upright(self, tmp_path, dataset, first, names):
        self.fill(tmp_path, dataset, LABELS - 1 + first)
        (train, labels, test, _), class_names = self.run(tmp_path, dataset)
        np.testing.assert_array_equal(train, IMAGES.transpose(0, 2, 1))
        np.testing.assert_array_equal(test, train[:3])
        assert labels.tolist() == [0, 1, 2, 0, 1, 2]
        assert [class_names[0], class_names[-1]] == names
        assert len(class_names) == {"emnist-letters": 26, "emnist-balanced": 47}[dataset]

    def test_emnist_is_read_from_the_folder_of_samples_too(self, tmp_path, monkeypatch):
        monkeypatch.delenv("NNCORE_MIRROR")
        (tmp_path / "samples").mkdir()
        self.fill(tmp_path / "samples", "emnist-letters", LABELS)
        assert self.run(tmp_path, "emnist-letters")[0][0].shape == (6, 3, 4)

    def test_a_committed_set_beside_data_of_another_path_names_the_setting(self, tmp_path):
        with pytest.raises(NncoreError) as refused:
            self.run(tmp_path, "mnist-5k")
        assert str(refused.value) == (
            "train-images-idx3-ubyte: expected a source that serves it, got none; "
            "set fetch.path to data/samples, which has it in mnist-5k/"
        )

    def test_the_way_to_emnist_is_in_the_message(self, tmp_path):
        with pytest.raises(NncoreError) as refused:
            self.run(tmp_path, "emnist-letters")
        assert str(refused.value) == (
            "train-images-idx3-ubyte: expected a source that serves it, got none; put the files of "
            "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip into "
            f"{tmp_path}/samples/emnist-letters/"
        )

    @pytest.mark.parametrize("dataset", ["kmnist", "qmnist"])
    def test_a_gzipped_file_of_another_digest_is_refused(self, tmp_path, dataset, capsys):
        self.fill(tmp_path, dataset, LABELS - 1)
        with pytest.raises(NncoreError, match="expected a source that serves it, got none"):
            self.run(tmp_path, dataset)
        expected = DATASETS[dataset].gzip_sha256["train_images"]
        got = hashlib.sha256(gzip.compress(idx(IMAGES))).hexdigest()
        assert f"expected a gzipped file of SHA-256 {expected}, got " in capsys.readouterr().err
        assert expected != got

    @pytest.mark.parametrize("dataset", ["kmnist", "qmnist"])
    def test_a_gzipped_file_of_the_digest_is_read(self, tmp_path, dataset, monkeypatch, capsys):
        labels = LABELS - 1
        if dataset == "qmnist":
            labels = np.stack([labels] * 8, axis=1).astype(">i4")
        self.fill(tmp_path, dataset, labels)
        known = DATASETS[dataset]
        digests = {
            key: hashlib.sha256((tmp_path / dataset / f"{name}.gz").read_bytes()).hexdigest()
            for key, name in known.files.items()
        }
        monkeypatch.setitem(DATASETS, dataset, replace(known, gzip_sha256=digests))
        (train, written_labels, _, _), names = self.run(tmp_path, dataset)
        np.testing.assert_array_equal(train, IMAGES)
        assert written_labels.tolist() == [0, 1, 2, 0, 1, 2]
        assert len(names) == 10
        assert "not checked" not in capsys.readouterr().out

    def test_a_file_that_is_not_gzipped_is_named_as_not_checked(self, tmp_path, capsys):
        self.fill(tmp_path, "kmnist", LABELS - 1, pack=bytes)
        self.run(tmp_path, "kmnist")
        assert capsys.readouterr().out.splitlines()[0] == (
            "train-images-idx3-ubyte: not checked, because only the digest of the gzipped file is "
            "known"
        )


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_catalogue_has_everything_of_each_file(dataset):
    entry = DATASETS[dataset]
    assert set(entry.files) == set(entry.sizes) == set(KEYS)
    assert set(entry.sha256) | set(entry.gzip_sha256) in (set(), set(KEYS))
    assert bool(entry.zip_file) == (not entry.sha256 and not entry.gzip_sha256)
    assert len(set(entry.class_names)) == len(entry.class_names)


def test_the_sizes_of_qmnists_labels_are_those_of_the_published_files():
    """1,920,012 bytes are counted in the files of the publisher's repository."""
    assert DATASETS["qmnist"].sizes["train_labels"] == 1_920_012


def test_the_class_of_a_published_row_is_its_first_number(tmp_path):
    """These are the first two rows of qmnist-train-labels-idx2-int, which MNIST labels 5 and 0."""
    rows = "00000005000000040000086a0000003b000000230003802d0000000000000000"
    rows += "000000000000000000000000000000000000001e000000000000000000000000"
    content = bytes.fromhex("00000c02 00000002 00000008") + bytes.fromhex(rows)
    Path(tmp_path, "labels").write_bytes(content)
    assert read_labels(tmp_path / "labels").tolist() == [5, 0]
