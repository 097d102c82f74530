"""The names of pictures from their folder to the predictions and the report."""

import csv
import json

import numpy as np
import pytest
import yaml
from PIL import Image

from nncore.errors import NncoreError
from stages.evaluate import evaluate
from stages.fetch import fetch
from stages.page.galleries import choose_images, mistakes
from stages.preprocess import preprocess
from stages.shared.file_names import read_names
from stages.shared.report_inputs import read_model, read_predictions
from stages.train import train


@pytest.fixture
def folder(tmp_path):
    """Make a folder of 6 x 6 pictures, each of a grey of its own that its name tells."""
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


def level_in(name):
    return int(name.rpartition(" ")[2].removesuffix(".png"))


def test_each_row_has_the_name_of_its_picture(folder):
    run(folder)
    names = read_names(folder / "processed")
    assert set(names) == {"train", "validation", "test"}
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
    assert [row["file"] for row in rows] == read_names(folder / "processed")["test"]
    assert all(row["file"].startswith(f"{row['actual']}/") for row in rows)
    trained = read_model(model)
    predictions = read_predictions(folder / "reports" / "predictions.csv", trained, len(rows))
    wrong, _ = choose_images(predictions, trained)
    gallery = mistakes(predictions, wrong, trained, embed_images=True)
    for row in wrong.tolist():
        assert predictions.files[row] in gallery


def test_copies_are_named(folder, capsys):
    source = (folder / "pictures" / "dark" / "grey 008.png").read_bytes()
    (folder / "pictures" / "light" / "grey 900.png").write_bytes(source)
    run(folder)
    report = json.loads((folder / "reports" / "data.json").read_text(encoding="utf-8"))
    pair = {"dark/grey 008.png", "light/grey 900.png"}
    named = report["duplicates"]["files"]
    assert [set(group) for group in named["contradicting"]] == [pair]
    assert [set(group) for group in named["equal"]] == [pair]
    said = capsys.readouterr().out
    assert "dark/grey 008.png and light/grey 900.png" in said or (
        "light/grey 900.png and dark/grey 008.png" in said
    )


def test_sources_without_files_have_no_names(tmp_path):
    rng = np.random.default_rng(1)
    labels = np.arange(40) % 2
    np.savez(
        tmp_path / "arrays.npz",
        x_train=rng.integers(256, size=(40, 4, 4), dtype=np.uint8),
        y_train=labels,
    )
    run(tmp_path, fetch={"dataset": "npz", "path": str(tmp_path / "arrays.npz")})
    assert read_names(tmp_path / "processed") == {}
    report = json.loads((tmp_path / "reports" / "data.json").read_text(encoding="utf-8"))
    assert "files" not in report["duplicates"]


@pytest.mark.parametrize("text", ["", "[]", '{"train": "a"}', '{"train": [1]}'])
def test_a_damaged_list_of_names_is_refused(tmp_path, text):
    (tmp_path / "files.json").write_text(text)
    with pytest.raises(NncoreError, match=r"files\.json: expected the names of files"):
        read_names(tmp_path)
