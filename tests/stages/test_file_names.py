"""The names of pictures from their folder to the predictions and the report."""

import csv
import json
import os
import shutil
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from PIL import Image

from nncore.errors import PreprocessingError
from stages.evaluate import evaluate
from stages.fetch import fetch
from stages.page.images.data import data
from stages.page.images.galleries import choose_images, mistakes
from stages.preprocess import preprocess
from stages.shared.data_report_inputs import read_data_report
from stages.shared.file_names import read_names, write_names
from stages.shared.report_inputs import read_model, read_predictions
from stages.train import train


@pytest.fixture
def folder(tmp_path):
    """Make a folder of 6 x 6 pictures, each of another grey, which is in its name."""
    for level in range(60):
        kind = "dark" if level < 30 else "light"
        path = tmp_path / "pictures" / kind
        path.mkdir(parents=True, exist_ok=True)
        picture = np.full((6, 6), 4 * level, np.uint8)
        picture[0, 0] = 255
        Image.fromarray(picture).save(path / f"grey {4 * level:03}.png")
    (tmp_path / "pictures" / "dark" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    return tmp_path


def run(folder, **others):
    settings = {
        "fetch": {"dataset": "folder", "path": str(folder / "pictures")},
        "model": {"hidden": [4]},
        "train": {"epochs": 1, "augment": dict.fromkeys(("rotation", "alpha", "shift"), 0.0)},
    }
    params = folder / "params.yaml"
    params.write_text(yaml.safe_dump(settings | others), encoding="utf-8")
    for name in ("raw", "processed", "reports"):
        (folder / name).mkdir(exist_ok=True)
    fetch(params=params, raw=folder / "raw")
    shared = {"params": params, "processed": folder / "processed", "reports": folder / "reports"}
    preprocess(raw=folder / "raw", **shared)
    return shared


def processed_names(folder, counts=(43, 5, 12)):
    return read_names(
        folder / "processed", dict(zip(("train", "validation", "test"), counts, strict=True))
    )


def level_in(name):
    return int(name.rpartition(" ")[2].removesuffix(".png"))


def test_each_row_has_the_name_of_its_picture(folder):
    run(folder)
    names = processed_names(folder)
    for split, some in names.items():
        pixels = np.load(folder / "processed" / f"{split}_images.npy")
        assert [level_in(name) for name in some] == np.rint(255 * pixels[:, 1]).tolist()
        assert all(name.partition("/")[0] in {"dark", "light"} for name in some)
    everything = sorted(name for some in names.values() for name in some)
    assert len(everything) == len(set(everything)) == 60


def test_predictions_and_the_page_name_the_pictures(folder):
    shared = run(folder)
    model = folder / "model.npz"
    train(model=model, checkpoints=folder / "checkpoints", **shared)
    evaluate(model=model, **shared)
    with (folder / "reports" / "predictions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["image", "actual", "predicted", "confidence", "file"]
    assert [row["file"] for row in rows] == processed_names(folder)["test"]
    assert all(row["file"].startswith(f"{row['actual']}/") for row in rows)
    trained = read_model(model)
    predictions = read_predictions(folder / "reports" / "predictions.csv", trained, len(rows))
    wrong, _ = choose_images(predictions, trained)
    gallery = mistakes(predictions, wrong, {}, trained)
    for row in wrong.tolist():
        assert predictions.files[row] in gallery


def test_copies_are_named(folder, capsys):
    source = (folder / "pictures" / "dark" / "grey 008.png").read_bytes()
    (folder / "pictures" / "light" / "grey 900.png").write_bytes(source)
    run(folder)
    report = json.loads((folder / "reports" / "data.json").read_text(encoding="utf-8"))
    pair = {"dark/grey 008.png", "light/grey 900.png"}
    named = report["duplicates"]["files"]
    (group,) = named["contradicting_labels"]
    assert set(group) == pair
    assert " and ".join(group) in capsys.readouterr().out


def test_sources_without_files_have_no_names(tmp_path):
    rng = np.random.default_rng(1)
    labels = np.arange(40) % 2
    np.savez(
        tmp_path / "arrays.npz",
        x_train=rng.integers(256, size=(40, 4, 4), dtype=np.uint8),
        y_train=labels,
    )
    run(tmp_path, fetch={"dataset": "npz", "path": str(tmp_path / "arrays.npz")})
    assert processed_names(tmp_path, (29, 3, 8)) == {}
    report = json.loads((tmp_path / "reports" / "data.json").read_text(encoding="utf-8"))
    assert "files" not in report["duplicates"]


def test_leaks_and_copies_are_named_by_their_splits(folder, capsys):
    """The splits are folders, so that the test knows which pictures are where."""
    for number, path in enumerate(sorted((folder / "pictures").rglob("grey*.png"))):
        split = "test" if number % 4 == 3 else "train"
        target = folder / "pictures" / split / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
    for name in ("dark", "light"):
        shutil.rmtree(folder / "pictures" / name)
    train, test = folder / "pictures" / "train", folder / "pictures" / "test"
    for number in range(30):
        shutil.copy(train / "dark" / "grey 000.png", train / "dark" / f"copy {number:02}.png")
    shutil.copy(test / "light" / "grey 236.png", train / "light" / "leak.png")
    run(folder, preprocess={"validation": {"held_out": 0}})
    report = json.loads((folder / "reports" / "data.json").read_text(encoding="utf-8"))
    assert report["duplicates"]["within"] == {"test": 0, "train": 30, "validation": 0}
    assert report["duplicates"]["files"] == {
        "contradicting_labels": [],
        "test_in_train": [["test/light/grey 236.png", "train/light/leak.png"]],
        "test_in_validation": [],
        "validation_in_train": [],
        "within": {
            "test": [],
            # The first five of 31.
            "train": [[f"train/dark/copy {number:02}.png" for number in range(5)]],
            "validation": [],
        },
    }
    output = capsys.readouterr().out
    assert "images too (such as test/light/grey 236.png and train/light/leak.png), so" in output
    assert "(such as train/dark/copy 00.png and train/dark/copy 01.png), so they count" in output
    model = SimpleNamespace(class_names=("dark", "light"))
    page = data(read_data_report(folder / "reports" / "data.json", model.class_names), ("dark",))
    assert "test/light/grey 236.png<br>train/light/leak.png" in page


def test_names_are_in_one_unicode_form_and_bytes_that_are_no_text_are_escaped(tmp_path):
    write_names(tmp_path, {"test": ["e\u0301.png", "b\udcff.png", 'a"\n.png', "お.png"]})
    names = read_names(tmp_path, {"test": 4})["test"]
    assert names == ["\u00e9.png", "b\\udcff.png", 'a"\n.png', "お.png"]


@pytest.mark.skipif(sys.platform != "linux", reason="file names are text elsewhere")
def test_a_name_that_is_no_text_reaches_the_predictions(folder):
    path = folder / "pictures" / "dark" / "grey 008.png"
    path.rename(path.with_name(os.fsdecode(b"grey \xff 008.png")))
    run(folder)
    every = [name for names in processed_names(folder).values() for name in names]
    assert "dark/grey \\udcff 008.png" in every


def test_another_source_leaves_no_names_behind(folder):
    run(folder)
    assert (folder / "raw" / "files.json").exists()
    (folder / "raw" / "dataset.json").unlink()
    samples = {"dataset": "mnist-5k", "path": "data/samples"}
    run(folder, fetch=samples)
    assert not (folder / "raw" / "files.json").exists()
    assert processed_names(folder, (3600, 400, 1000)) == {}


SOUND = {"format": "nncore file names 1", "names": {"train": ["a"], "test": ["b"]}}


@pytest.mark.parametrize(
    "content",
    [
        {},
        [],
        SOUND["names"],
        SOUND | {"format": "nncore file names 2"},
        SOUND | {"names": {"train": ["a"]}},
        SOUND | {"names": {"train": ["a"], "test": "b"}},
        SOUND | {"names": {"train": ["a"], "test": ["b", "c"]}},
        SOUND | {"names": {"train": ["a"], "test": [1]}},
        SOUND | {"names": None},
    ],
)
def test_a_damaged_list_of_names_is_refused(tmp_path, content):
    counts = {"train": 1, "test": 1}
    path = tmp_path / "files.json"
    path.write_text(json.dumps(SOUND))
    assert read_names(tmp_path, counts) == SOUND["names"]
    for text in (json.dumps(content), "", 3000 * "[", "\ud800"):
        path.write_text(text, encoding="utf-8", errors="surrogatepass")
        with pytest.raises(PreprocessingError) as caught:
            read_names(tmp_path, counts)
        assert str(caught.value) == (
            f'{path}: expected "format": "nncore file names 1" and the names of 1 train and 1 test '
            "files, got another content; run fetch and preprocess again"
        )
