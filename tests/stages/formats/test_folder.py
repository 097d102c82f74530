"""Folders of pictures: classes, order, splits, sizes, and what is left out or refused."""

import json
import os
import socket
import struct
import unicodedata
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nncore.data.idx import read_images, read_labels
from nncore.errors import NncoreError
from stages.fetch import fetch
from stages.formats.dataset import FetchError
from stages.preprocess import preprocess
from stages.shared.datasets import FILES

posix = pytest.mark.skipif(os.name != "posix", reason="a file system of POSIX")


@pytest.fixture
def root(tmp_path):
    (tmp_path / "pictures").mkdir()
    return tmp_path / "pictures"


def put(root, path, value=0, shape=(3, 2)):
    """Save a grey picture of one value."""
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full(shape, value, np.uint8)).save(root / path)


def put_classes(root, classes=("a", "b"), count=5, **options):
    for label, name in enumerate(classes):
        for number in range(count):
            put(root, f"{name}/{number}.png", (10 * label + number) % 256, **options)


def read(root, fetch_settings=None, **preprocess_settings):
    """Run the stage; return training images, labels, test images, labels and class names."""
    params, raw = root.parent / "params.yaml", root.parent / "raw"
    settings = {"dataset": "folder", "path": str(root)} | (fetch_settings or {})
    params.write_text(json.dumps({"fetch": settings, "preprocess": preprocess_settings}))
    fetch(params, raw)
    paths = {key: raw / name for key, name in FILES.items()}
    names = json.loads((raw / "dataset.json").read_bytes())["class_names"]
    return (
        read_images(paths["train_images"]),
        read_labels(paths["train_labels"]),
        read_images(paths["test_images"]),
        read_labels(paths["test_labels"]),
        names,
    )


def refusal(root, **settings):
    with pytest.raises(NncoreError) as error:
        read(root, **settings)
    assert not [path.name for path in (root.parent / "raw").iterdir()]
    assert "\n" not in str(error.value)
    return str(error.value)


class TestClasses:
    def test_are_named_by_their_folders_in_code_point_order(self, root):
        put_classes(root, ("b", "a", "Z", "ä", "10", "9"))
        assert read(root)[4] == ["10", "9", "Z", "a", "b", "ä"]

    def test_have_names_in_nfc_whatever_the_file_system_made_of_them(self, root):
        put_classes(root, (unicodedata.normalize("NFD", "é"), "z"))
        assert read(root)[4] == ["z", unicodedata.normalize("NFC", "é")]

    @posix
    def test_may_have_the_name_of_a_tag_or_of_a_path(self, root):
        names = ["<script>", "a b", "a\\..\\x"]
        put_classes(root, names)
        assert read(root)[4] == names

    def test_hold_the_pictures_of_deeper_folders_too(self, root):
        put_classes(root)
        put(root, "a/deeper/still/x.png", 99)
        train, labels, test, test_labels, _ = read(root)
        images, all_labels = np.concatenate([train, test]), np.concatenate([labels, test_labels])
        assert all_labels[images[:, 0, 0] == 99].tolist() == [0]

    def test_are_at_most_256(self, root):
        put_classes(root, [f"{n:03}" for n in range(256)], 2)
        assert len(read(root, {"test_size": 256})[4]) == 256

    def test_of_which_there_are_257_are_refused(self, root):
        put_classes(root, [f"{n:03}" for n in range(257)], 1)
        expected = "expected 2 to 256 folders with the names of the classes, got 257"
        assert refusal(root) == f"{root}: {expected}"

    def test_of_which_there_is_one_are_refused_with_advice(self, root):
        put_classes(root, ["pets/a", "pets/b"])
        assert "got 1: pets; fetch.path is the folder that holds" in refusal(root)

    @pytest.mark.parametrize("name", ["val", "valid", "Validation"])
    @pytest.mark.parametrize("unlabelled", [False, True])
    def test_of_val_take_the_place_of_test(self, root, name, unlabelled, capsys):
        put_classes(root, ["train/a", "train/b"], 5)
        put_classes(root, [f"{name}/a", f"{name}/b"], 3)
        if unlabelled:
            put(root, "test/1.png")
        train, _, test, labels, names = read(root)
        assert (len(train), len(test), labels.tolist()) == (10, 6, [0, 0, 0, 1, 1, 1])
        assert names == ["a", "b"]
        out, err = capsys.readouterr()
        assert out.splitlines()[0] == (
            f"{root}: no folders of classes in a folder test, so the pictures in "
            f"{name.casefold()} are the test pictures"
        )
        neither = f"test/1.png: in neither of train and {name.casefold()}"
        assert (neither in err) is unlabelled

    def test_of_val_beside_those_of_test_are_left_out(self, root, capsys):
        put_classes(root, ["train/a", "train/b", "test/a", "test/b", "val/a", "val/b"], 2)
        train, _, test, _, _ = read(root)
        assert (len(train), len(test)) == (4, 4)
        out, err = capsys.readouterr()
        assert "4 files are left out" in err
        assert "in neither of train and test" in err
        assert "are the test pictures" not in out

    def test_that_val_lacks_are_named_with_a_remedy(self, root, capsys):
        put_classes(root, ["train/a", "train/b", "val/a"], 2)
        (root / "val/b").mkdir()
        read(root)
        assert f"move some of the pictures to folders such as {root / 'val/b'}" in (
            capsys.readouterr().err
        )

    def test_may_not_be_two_splits_of_other_names(self, root):
        put_classes(
            root, [f"{name}/{label}" for name in ("train", "val", "valid") for label in "ab"]
        )
        assert refusal(root) == (
            f"{root}: expected folders of classes, or train and test with these in each, got "
            "folders in train and val and valid; rename them to train and test, or set fetch.path "
            "to one of them"
        )

    def test_may_not_be_a_split_alone(self, root):
        put_classes(root, ["train/a", "train/b"])
        assert refusal(root).endswith(f"got folders in train; set fetch.path to {root / 'train'}")

    def test_of_the_name_of_a_split_that_hold_no_folders_of_pictures_are_classes(self, root):
        put_classes(root, ["train", "bus"])
        (root / "train/notes").mkdir()
        assert read(root)[4] == ["bus", "train"]

    def test_may_have_the_name_of_a_split_within_train_and_test(self, root):
        put_classes(root, ["train/val", "train/b", "test/val", "test/b"])
        assert read(root)[4] == ["b", "val"]

    @posix
    @pytest.mark.parametrize(
        "name", [" ", "a\nb", "\x1b[31m", "\u2028", "a\u202eb", "x" * 201, os.fsdecode(b"\xff")]
    )
    def test_that_no_line_can_show_are_refused_on_a_printable_line(self, root, name):
        put_classes(root, ("a", name))
        message = refusal(root)
        assert "expected names of the class folders of 1 to 200 visible characters" in message
        assert message.isprintable()

    def test_without_a_picture_are_refused(self, root):
        put_classes(root)
        (root / "empty").mkdir()
        assert "training picture of each class, got none of empty; add" in refusal(root)


class TestOrder:
    def test_is_that_of_the_paths_not_of_the_file_system(self, root):
        names = ["b/10.png", "b/9.png", "a/z.png", "a/B.png", "a-b/x.png"]
        for value, name in enumerate(names):
            put(root, f"train/{name}", value)
            put(root, f"test/{name}", value)
        train, labels, *_ = read(root)
        ordered = sorted(f"train/{name}" for name in names)
        assert train[:, 0, 0].tolist() == [names.index(n.removeprefix("train/")) for n in ordered]
        assert labels.tolist() == [1, 0, 0, 2, 2]

    @posix
    def test_is_that_of_the_nfc_form(self, root):
        decomposed = unicodedata.normalize("NFD", "é.png")
        for part in ("train", "test"):
            for value, name in enumerate([decomposed, "f.png"]):
                put(root, f"{part}/a/{name}", value)
                put(root, f"{part}/b/{name}", value)
        # e with an accent is after f if it is one character, before it if it is two.
        assert read(root)[0][:, 0, 0].tolist() == [1, 0, 1, 0]

    @posix
    @pytest.mark.parametrize(
        ("first", "second"),
        [("x.png", "X.png"), ("é.png", unicodedata.normalize("NFD", "É.png")), ("ß.png", "SS.png")],
    )
    def test_two_names_that_another_system_takes_for_one_are_refused(self, root, first, second):
        put_classes(root)
        put(root, f"a/{first}")
        put(root, f"a/{second}")
        message = refusal(root)
        assert f"a/{first}" in message
        assert f"a/{second}" in message

    @posix
    def test_two_classes_that_another_system_takes_for_one_are_refused(self, root):
        put_classes(root, ("Cat", "cat"))
        assert "expected names that differ by more than case" in refusal(root)

    def test_a_class_of_another_case_in_test_is_refused(self, root):
        put_classes(root, ("train/Cat", "train/dog", "test/cat", "test/dog"))
        assert "differ by more than case, got 'Cat' and 'cat'; rename" in refusal(root)


class TestSplit:
    def test_is_that_of_the_folders_train_and_test(self, root):
        put_classes(root, ("train/a", "train/b"), 3)
        put_classes(root, ("test/a", "test/b"), 2)
        train, labels, test, test_labels, names = read(root)
        assert (len(train), labels.tolist(), len(test)) == (6, [0, 0, 0, 1, 1, 1], 4)
        assert (test_labels.tolist(), names) == ([0, 0, 1, 1], ["a", "b"])

    def test_is_drawn_in_proportion_to_the_classes(self, root):
        put_classes(root, ("a", "b"), 10)
        put_classes(root, ("c",), 5)
        _, labels, _, test_labels, _ = read(root)
        assert np.bincount(labels).tolist() == [8, 8, 4]
        assert np.bincount(test_labels).tolist() == [2, 2, 1]

    def test_covers_every_picture_once_and_follows_the_seed(self, root):
        put_classes(root, ("a", "b"), 10)
        train, _, test, *_ = read(root, {"seed": 1})
        values = sorted([*train[:, 0, 0].tolist(), *test[:, 0, 0].tolist()])
        assert values == list(range(20))
        assert read(root, {"seed": 1})[2].tolist() == test.tolist()
        assert read(root, {"seed": 2})[2].tolist() != test.tolist()

    def test_may_be_a_number_of_pictures(self, root):
        put_classes(root, ("a", "b"), 10)
        assert len(read(root, {"test_size": 6})[2]) == 6

    @pytest.mark.parametrize("size", [0.01, 19])
    def test_of_no_test_picture_or_too_many_is_refused(self, root, size):
        put_classes(root, ("a", "b"), 10)
        message = refusal(root, fetch_settings={"test_size": size})
        assert message == (
            f"fetch.test_size: expected 1 to 18 of 20 samples as test samples, got {size}"
        )

    def test_a_class_without_test_pictures_is_named(self, root, capsys):
        put_classes(root, ("train/a", "train/b", "train/c", "test/a"))
        assert read(root)[4] == ["a", "b", "c"]
        assert capsys.readouterr().err == (
            f"fetch: {root}: no test picture of b, c; move some of the pictures to folders such as "
            f"{root / 'test' / 'b'}\n"
        )

    def test_of_a_drawn_test_set_too_the_class_without_one_is_named(self, root, capsys):
        put_classes(root, ("a",), 10)
        put_classes(root, ("b",), 1)
        assert sorted(set(read(root)[3].tolist())) == [0]
        assert capsys.readouterr().err == (
            f"fetch: {root}: no test picture of b; raise fetch.test_size, or add pictures\n"
        )

    def test_a_class_without_training_pictures_is_refused(self, root):
        put_classes(root, ("train/a", "train/b", "test/a", "test/c"))
        assert "readable training picture of each class, got none of c" in refusal(root)

    def test_without_test_pictures_is_refused(self, root):
        put_classes(root, ("train/a", "train/b"))
        (root / "test").mkdir()
        assert refusal(root) == "the test images: expected at least one, got none"


class TestSizes:
    def test_are_kept_if_all_agree(self, root):
        put_classes(root, shape=(7, 4))
        assert read(root)[0].shape == (8, 7, 4)

    def test_in_colour_have_three_channels_to_the_end_of_preprocess(self, root, tmp_path):
        put_classes(root, shape=(7, 4))
        Image.fromarray(np.full((7, 4, 3), (1, 2, 3), np.uint8)).save(root / "a/0.png")
        train, _, test, *_ = read(root, colour="rgb")
        assert train.shape == (8, 7, 4, 3)
        assert [1, 2, 3] in [*train[:, 0, 0].tolist(), *test[:, 0, 0].tolist()]
        preprocess(tmp_path / "params.yaml", tmp_path / "raw", tmp_path / "processed", tmp_path)
        description = json.loads((tmp_path / "processed/preprocessing.json").read_bytes())
        assert description["image_shape"] == [7, 4, 3]
        test_rows = np.load(tmp_path / "processed/test_images.npy")
        expected = (test.reshape(2, 84) / 255).astype(np.float32)
        np.testing.assert_array_equal(test_rows, expected)

    def test_that_differ_are_refused_with_a_value_that_works(self, root):
        put_classes(root, shape=(7, 4))
        put(root, "b/x.png", shape=(30, 40))
        put(root, "b/y.png", shape=(30, 40))
        put(root, "b/z.png", shape=(2, 2))
        assert refusal(root) == (
            "preprocess.size: expected rows and columns, because the pictures have 3 sizes: "
            "7 x 4 (10), 30 x 40 (2), 2 x 2 (1); set it, for instance to 4"
        )
        assert read(root, size=4)[0].shape[1:] == (4, 4)
        assert read(root, size=[6, 5])[0].shape[1:] == (6, 5)

    def test_that_are_large_are_named(self, root, capsys):
        put_classes(root, shape=(200, 300))
        read(root)
        assert "the pictures have 200 x 300 pixels" in capsys.readouterr().err

    @posix
    def test_of_a_png_that_turns_after_its_pixels_are_compared_too(self, root, capsys):
        put_classes(root, shape=(7, 4))
        content = (root / "a/0.png").read_bytes()
        (root / "a/0.png").unlink()
        # A TIFF header, and one entry: the tag 0x0112, a short, one of them, 6.
        turned = b"II*\0\x08\0\0\0" + struct.pack("<HHHIHHI", 1, 0x0112, 3, 1, 6, 0, 0)
        body = b"eXIf" + turned
        chunk = struct.pack(">I", len(turned)) + body + struct.pack(">I", zlib.crc32(body))
        (root / "a/0\nfetch: forged.png").write_bytes(content[:-12] + chunk + content[-12:])
        train, _, test, *_ = read(root)
        assert len(train) + len(test) == 9
        assert capsys.readouterr().err.splitlines() == [
            f"fetch: {root}: 1 file is left out",
            "fetch: - a/0 fetch: forged.png: expected 7 x 4, got 4 x 7; set preprocess.size",
        ]
        assert read(root, size=[7, 4])[0].shape == (8, 7, 4)


class TestLeftOut:
    """What is no picture is named and counted, and the rest is read."""

    def lines(self, root, capsys, count=8):
        train, *_ = read(root)
        assert len(train) == count
        return capsys.readouterr().err.splitlines()

    def test_foreign_hidden_and_damaged_files(self, root, capsys):
        put_classes(root)
        (root / "README").write_text("about")
        (root / "a/.DS_Store").write_text("x")
        (root / "b/Thumbs.db").write_text("x")
        (root / "b/text.png").write_text("no picture")
        noise = np.random.default_rng(0).integers(0, 256, (30, 30), np.uint8)
        Image.fromarray(noise[:3, :2]).save(root / "b/x.png")
        whole = (root / "b/x.png").read_bytes()
        (root / "b/x.png").write_bytes(whole[:-25])
        put(root, "x.png")
        lines = self.lines(root, capsys)
        assert lines[0] == f"fetch: {root}: 6 files are left out"
        assert [line.partition(": ")[2].partition(":")[0] for line in lines[1:]] == [
            *("- README", "- b/text.png", "- b/x.png", "- x.png", "- a/.DS_Store, b/Thumbs.db"),
        ]
        assert "expected a whole picture, got" in lines[3]

    @pytest.mark.parametrize("suffix", [".heic", ".HEIF"])
    def test_of_a_phones_picture_the_converter_is_named(self, root, capsys, suffix):
        put_classes(root)
        (root / f"a/IMG_1{suffix}").write_bytes(b"ftypheic")
        (line,) = self.lines(root, capsys)[1:]
        assert line.startswith(f"fetch: - a/IMG_1{suffix}: expected a suffix of .png, ")
        assert line.endswith(
            f", got {suffix}; heif-convert of the package libheif-examples makes it a .jpg"
        )

    def test_of_many_with_one_reason_the_first_three_are_named(self, root, capsys):
        """Behind a picture that is damaged."""
        put_classes(root)
        for number in range(1, 1013):
            (root / f"a/{number:04}.txt").touch()
        (root / "b/text.png").write_text("no picture")
        lines = self.lines(root, capsys)
        assert lines[0].endswith("1,013 files are left out")
        assert lines[1].startswith("fetch: - b/text.png: expected a picture")
        assert lines[2].startswith("fetch: - a/0001.txt, a/0002.txt, a/0003.txt and 1,009 more: ")
        assert lines[2].endswith(", got .txt")

    def test_of_many_reasons_ten_are_named(self, root, capsys):
        put_classes(root)
        for number in range(1, 15):
            (root / f"a/{number:02}.x{number:02}").touch()
        lines = self.lines(root, capsys)
        assert [line.split()[2] for line in lines[1:-1]] == [
            f"a/{number:02}.x{number:02}:" for number in range(1, 11)
        ]
        assert lines[-1] == "fetch: and 4 more"

    @posix
    def test_pipes_and_sockets_are_not_opened(self, root, capsys, monkeypatch):
        put_classes(root)
        os.mkfifo(root / "a/x.png")
        monkeypatch.chdir(root)
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("b/x.png")
            lines = self.lines(root, capsys)
        reason = "a device, a pipe or a socket"
        assert lines[1:] == [f"fetch: - a/x.png, b/x.png: {reason}"]

    @posix
    def test_links_that_leave_the_folder(self, root, capsys):
        put_classes(root)
        put(root.parent, "elsewhere/x.png", 99)
        (root / "a/x.png").symlink_to(root.parent / "elsewhere/x.png")
        (root / "elsewhere").symlink_to(root.parent / "elsewhere")
        (root / "a/circle").symlink_to(root)
        (root / "a/nowhere.png").symlink_to(root / "nowhere")
        assert self.lines(root, capsys)[1:] == [
            "fetch: - a/circle: a link to a folder",
            "fetch: - a/nowhere.png: expected a readable file, got “No such file or directory”",
            "fetch: - a/x.png, elsewhere: a link that leaves the folder",
        ]

    @posix
    def test_a_link_within_the_folder_is_read(self, root, capsys):
        put_classes(root)
        (root / "a/x.png").symlink_to(root / "b/0.png")
        assert self.lines(root, capsys, count=9) == []

    def test_names_are_escaped(self, root, capsys):
        put_classes(root)
        (root / "a/\x1b[31m.txt").touch()
        assert all(line.isprintable() for line in self.lines(root, capsys))

    def test_they_are_named_before_a_refusal(self, root, capsys):
        for name in ("a", "b"):
            (root / name).mkdir()
            (root / name / "x.png").write_text("no picture")
        assert refusal(root) == f"{root}: expected pictures in the class folders, got none"
        assert "2 files are left out" in capsys.readouterr().err

    def test_a_class_whose_pictures_can_not_be_decoded_is_refused(self, root):
        put_classes(root)
        for path in (root / "b").iterdir():
            path.write_bytes(path.read_bytes()[:-25])
        assert "training picture of each class, got none of b" in refusal(root)


class TestPath:
    def test_that_does_not_exist_is_refused(self, root):
        message = refusal(root, fetch_settings={"path": str(root / "x")})
        assert message == f"fetch.path: expected a folder, got nothing there: {root / 'x'}"

    def test_of_a_file_is_refused(self, root):
        (root / "x").touch()
        message = refusal(root, fetch_settings={"path": str(root / "x")})
        assert message == f"fetch.path: expected a folder, got a file: {root / 'x'}"

    def test_may_be_a_link(self, root):
        put_classes(root)
        (root.parent / "link").symlink_to(root)
        assert len(read(root, {"path": str(root.parent / "link")})[0]) == 8

    def test_of_the_committed_sets_is_no_folder_of_classes(self, root):
        samples = Path(__file__).parents[3] / "data/samples"
        with pytest.raises(FetchError, match="got 1: mnist-5k"):
            read(root, {"path": str(samples)})


def test_the_bytes_do_not_depend_on_batches(root, monkeypatch):
    put_classes(root, count=11)
    first = read(root)
    monkeypatch.setattr("stages.formats.dataset.BYTES_PER_BATCH", 20)
    for one, other in zip(first, read(root), strict=True):
        np.testing.assert_array_equal(one, other)
