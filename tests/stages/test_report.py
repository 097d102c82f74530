"""The report stage: from the files of the others to pictures and a page, and what it refuses."""

import dataclasses
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from explained import unexplained
from page_results import data_report
from rounding_blas import use_rounding_blas

import stages.report
from nncore.config.architecture import Architecture
from nncore.data.preprocessing import Normalization
from nncore.errors import ExactnessError
from nncore.model import Model
from nncore.model_file import load, save
from nncore.network.network import Network
from stages.report import ReportError, report
from stages.shared.params import load_params
from stages.shared.provenance import parameters_digest

ROOT = Path(__file__).parents[2]
PICTURES = ["confusion_matrix", "first_layer", "learning_curves", "mistakes", "weight_movement"]
HISTORY = """\
epoch,lr,train_loss,train_accuracy,validation_loss,validation_accuracy
0,0.050000,1.100000,0.333333,1.200000,0.300000
1,0.040000,0.500000,0.800000,0.600000,0.700000
2,0.030000,0.300000,0.900000,0.500000,0.750000
"""
WEIGHTS = """\
epoch,layer,norm,from_start,from_last
0,1,2.000000,0.000000,0.000000
0,2,1.000000,0.000000,0.000000
1,1,2.100000,0.100000,0.100000
1,2,1.200000,0.300000,0.300000
2,1,2.200000,0.150000,0.050000
2,2,1.300000,0.400000,0.100000
"""
PREDICTIONS = """\
image,actual,predicted,confidence
0,T-shirt/top,T-shirt/top,0.900000
1,Bag,"Boot, ankle",0.600000
2,"Boot, ankle",Bag,0.800000
3,Bag,Bag,1.000000
"""
TRAIN = """\
{"epochs": 2, "kept_epoch": 2, "train": {"accuracy": 0.9, "loss": 0.3},
 "validation": {"accuracy": 0.75, "loss": 0.5}}
"""
TEST = """\
{"accuracy": 0.5, "balanced_accuracy": 0.5, "correct": 2, "expected_calibration_error": 0.2,
 "loss": 0.7, "macro_f1": 0.4, "total": 4}
"""
NAMES = ("T-shirt/top", "Bag", "Boot, ankle")
INPUTS = ("history", "weights", "predictions", "train", "test", "images", "model", "data")
DATA = json.dumps(data_report(NAMES))
IMAGES = np.random.default_rng(5).random((4, 6), dtype=np.float32)


@pytest.fixture
def files(tmp_path):
    """Make a folder with all that the stage reads: a model of 3 classes, 2 layers, 2 x 3 pixels."""
    (tmp_path / "history.csv").write_text(HISTORY)
    (tmp_path / "weights.csv").write_text(WEIGHTS)
    (tmp_path / "predictions.csv").write_text(PREDICTIONS)
    (tmp_path / "train.json").write_text(TRAIN)
    (tmp_path / "test.json").write_text(TEST)
    (tmp_path / "params.yaml").write_text("fetch: {dataset: fashion-mnist}")
    np.save(tmp_path / "images.npy", IMAGES)
    np.save(tmp_path / "labels.npy", np.eye(3, dtype=np.float32)[[0, 1, 2, 0]])
    network = Network(Architecture(hidden=(5,)), inputs=6, outputs=3)
    network.initialize(np.random.default_rng(1))
    names = NAMES
    (tmp_path / "data.json").write_text(DATA)
    save(tmp_path / "model.npz", Model(network, names, (2, 3), Normalization()))
    return tmp_path


def options(folder):
    return {
        "params": folder / "params.yaml",
        "history": folder / "history.csv",
        "weights": folder / "weights.csv",
        "predictions": folder / "predictions.csv",
        "train": folder / "train.json",
        "test": folder / "test.json",
        "images": folder / "images.npy",
        "data": folder / "data.json",
        "training_images": folder / "images.npy",
        "training_labels": folder / "labels.npy",
        "model": folder / "model.npz",
        "output": folder / "out",
    }


@pytest.fixture
def figures(files, monkeypatch):
    """Return a function that runs the stage and gives the figures instead of writing them."""

    def run():
        drawn = {}
        monkeypatch.setattr(
            stages.report, "save", lambda figure, path: drawn.update({path.stem: figure})
        )
        report(**options(files))
        return drawn

    return run


def test_five_pictures_and_a_page_are_written_and_nothing_else(files, capsys):
    report(**options(files))
    *pictures, page = sorted((files / "out").iterdir(), key=lambda path: path.suffix == ".html")
    assert sorted(path.name for path in pictures) == [f"{name}.png" for name in PICTURES]
    assert all(path.read_bytes().startswith(b"\x89PNG\r\n\x1a\n") for path in pictures)
    assert page.name == "report.html"
    assert page.read_bytes().startswith(b"<!doctype html>")
    assert capsys.readouterr().out == f"5 pictures and report.html in {files / 'out'}\n"


@pytest.mark.parametrize(
    ("names", "replaced"),
    [
        (("か", "き", "す"), {"か": "class 0", "き": "class 1", "す": "class 2"}),
        (("Ж", "\u4e2d", "b"), {"\u4e2d": "class 1"}),
        (("class 1", "猫", "b"), {"猫": "(class 1)"}),
    ],
)
def test_the_pictures_number_only_classes_whose_names_their_font_lacks(
    files, figures, capsys, names, replaced
):
    old = ("T-shirt/top", "Bag", "Boot, ankle")
    text = (files / "predictions.csv").read_text(encoding="utf-8").replace('"', "")
    for before, after in zip(old, names, strict=True):
        text = text.replace(before, after)
    (files / "predictions.csv").write_text(text, encoding="utf-8")
    model = load(files / "model.npz")
    network = dataclasses.replace(model, labels=names)
    network.network.labels = names
    save(files / "model.npz", network)
    (files / "data.json").write_text(json.dumps(data_report(names)))
    axes = figures()["confusion_matrix"].axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == [
        replaced.get(name, name) for name in names
    ]
    line = ", ".join(f"{number} for {name}" for name, number in replaced.items())
    assert capsys.readouterr().out.splitlines()[0] == (
        f"the font of the pictures lacks letters, so the pictures show {line}; report.html shows "
        "all names"
    )


def test_names_in_letters_of_the_font_are_drawn(figures, capsys):
    axes = figures()["confusion_matrix"].axes[0]
    assert axes.get_xticklabels()[1].get_text() == "Bag"
    assert "font" not in capsys.readouterr().out


def test_the_page_names_the_data_the_result_and_the_model_file(files):
    report(**options(files))
    page = (files / "out" / "report.html").read_text(encoding="utf-8")
    assert "<title>fashion-mnist: 50.00\N{NO-BREAK SPACE}% correct</title>" in page
    assert (
        hashlib.md5((files / "model.npz").read_bytes(), usedforsecurity=False).hexdigest() in page
    )


def test_the_page_shows_the_parameters_of_the_model_and_refuses_others(files):
    config = load_params(files / "params.yaml")
    model = load(files / "model.npz")
    trained = dataclasses.replace(model, provenance={"parameters": parameters_digest(config)})
    save(files / "model.npz", trained)
    report(**options(files))
    (files / "params.yaml").write_text("train: {lr: 0.123}")
    with pytest.raises(ReportError, match="expected the model and train parameters that") as caught:
        report(**options(files))
    assert str(caught.value).startswith(str(files / "params.yaml"))
    assert "\n" not in str(caught.value)


def test_the_command_writes_the_same_bytes_again(files):
    report(**options(files))
    first = {path.name: path.read_bytes() for path in (files / "out").iterdir()}
    finished = command(files)
    assert finished.returncode == 0
    assert first == {path.name: path.read_bytes() for path in (files / "out").iterdir()}


def test_a_missing_file_ends_the_command_with_one_line(files):
    (files / "history.csv").unlink()
    finished = command(files)
    assert finished.returncode == 1
    assert finished.stderr == (
        f"report: {files / 'history.csv'} can't be read: No such file or directory\n"
    )


def test_the_titles_state_what_the_files_hold(figures):
    titles = {name: figure.texts[0].get_text() for name, figure in figures().items()}
    assert titles == {
        "confusion_matrix": "Confusion matrix: 2 of 4 right (50.00 %)",
        "first_layer": "First-layer weights: 5 of 5 units",
        "learning_curves": "Learning curves: 75.0 % validation accuracy after 2 epochs",
        "mistakes": "Surest mistakes: 2 of 2, among 4 test images",
        "weight_movement": "Weight movement: layer 2 most, by 40 %",
    }


def test_a_mistake_is_shown_with_its_own_image(files, figures):
    """Also when the predictions are in another order than the test set."""
    header, *rows = PREDICTIONS.splitlines()
    (files / "predictions.csv").write_text("\n".join([header, *reversed(rows), ""]))
    shown = [image.get_array() for image in figures()["mistakes"].axes[0].images]
    assert np.array_equal(shown, IMAGES[[2, 1]].reshape(2, 2, 3))


def test_colours_are_those_of_the_pictures_whatever_the_scaling(files, figures):
    network = Network(Architecture(hidden=(5,)), inputs=6, outputs=3)
    network.initialize(np.random.default_rng(1))
    names = ("T-shirt/top", "Bag", "Boot, ankle")
    normalization = Normalization(100.0, 50.0)
    save(files / "model.npz", Model(network, names, (1, 2, 3), normalization))
    pixels = np.arange(24, dtype=np.uint8).reshape(4, 6) * 10
    np.save(files / "images.npy", ((pixels - 100.0) / 50).astype(np.float32))
    shown = [image.get_array() for image in figures()["mistakes"].axes[0].images]
    assert np.array_equal(shown, pixels[[2, 1]].reshape(2, 1, 2, 3))


def test_no_picture_shows_an_image_if_the_report_embeds_none(files, figures):
    """The weights of the model stay."""
    (files / "params.yaml").write_text("report: {embed_images: false}")
    drawn = figures()
    assert not drawn["mistakes"].axes
    assert drawn["first_layer"].axes[0].images
    page = (files / "out" / "report.html").read_text(encoding="utf-8")
    assert "data-picture=" not in page
    assert '"pictures":""' in page


def test_a_fast_run_has_its_page_without_the_exact_analyses_if_the_blas_rounds(files, monkeypatch):
    """The page gives the reason in their places."""
    (files / "params.yaml").write_text("numerics: fast")
    use_rounding_blas(monkeypatch)
    report(**options(files))
    page = (files / "out" / "report.html").read_text(encoding="utf-8")
    assert "There is no map: it needs a BLAS whose products of integers are exact" in page
    assert "There is no accuracy on damaged images: it needs a BLAS" in page
    assert '<h2 id="map">' in page
    assert 'id="activation-map"' not in page
    assert unexplained(page) == []


def test_an_exact_run_is_refused_if_the_blas_rounds(files, monkeypatch):
    use_rounding_blas(monkeypatch)
    with pytest.raises(ExactnessError, match="need a BLAS"):
        report(**options(files))


def test_without_a_validation_set_the_cells_are_empty(files, figures):
    (files / "history.csv").write_text(
        "epoch,lr,train_loss,train_accuracy,validation_loss,validation_accuracy\n"
        "0,0.05,1.1,0.3,,\n1,0.05,0.7,0.6,,\n"
    )
    assert len(figures()["learning_curves"].axes[0].lines) == 1


FAULTS = {
    "history.csv": [
        ("", "history.csv: expected a column epoch, got an empty file"),
        (HISTORY.replace("lr,", "rate,"), "history.csv: expected a column lr, got epoch, rate"),
        (HISTORY.splitlines()[0], "history.csv: expected rows below the header, got none"),
        (HISTORY.replace("0.500000,0.8", "nan,0.8"), "row 3, train_loss: expected a finite number"),
        (HISTORY.replace("0.900000", "90"), "row 4, train_accuracy: expected a finite number from"),
        (HISTORY.replace("0.700000", ""), "row 3, validation_accuracy: expected a finite number"),
        (HISTORY.replace("\n1,", "\n2,"), "history.csv, epoch: expected 0, 1, 2"),
        (HISTORY.replace(",0.750000", ""), "history.csv, row 4: expected 6 cells, got fewer"),
        (HISTORY + "3,0,0,0,0,0,0\n", "history.csv, row 5: expected 6 cells, got more"),
        ('epoch,"lr', "history.csv: expected CSV in UTF-8, got: unexpected end of data"),
        (b"\xff\xfe", "history.csv: expected CSV in UTF-8"),
    ],
    "weights.csv": [
        ("", "weights.csv: expected a column epoch, got an empty file"),
        (WEIGHTS.replace("from_last", "last"), "weights.csv: expected a column from_last"),
        (WEIGHTS.replace("0.300000\n", "x\n"), "row 5, from_last: expected a finite number of"),
        (WEIGHTS.replace("\n1,2", "\n1,3"), "weights.csv, epoch and layer: expected each epoch"),
        (WEIGHTS.rsplit("2,2", 1)[0], "weights.csv, epoch and layer: expected each epoch from 0"),
    ],
    "predictions.csv": [
        ("", "predictions.csv: expected a column image, got an empty file"),
        (PREDICTIONS.replace("predicted", "said"), "predictions.csv: expected a column predicted"),
        (PREDICTIONS.replace("Bag,Bag", "Bag,Hat"), "row 5, predicted: expected a class of the"),
        (PREDICTIONS.replace("1.000000", "1.5"), "row 5, confidence: expected a finite number"),
        (PREDICTIONS.replace("\n3,", "\n4,"), "row 5, image: expected a finite number from 0 to 3"),
        (PREDICTIONS.replace("\n3,", "\n2.5,"), "image: expected each of 0 to 3 once, got others"),
        (PREDICTIONS.replace("\n3,", "\n2,"), "image: expected each of 0 to 3 once, got others"),
        (PREDICTIONS.rsplit("3,", 1)[0], "image: expected each of 0 to 3 once, got others"),
    ],
    "train.json": [
        ("", "train.json: expected JSON in UTF-8, got: Expecting value"),
        (TRAIN.replace('"kept_epoch": 2', '"kept": 2'), "expected a finite number kept_epoch, got"),
        (TRAIN.replace('"loss": 0.3', '"loss": NaN'), "expected a finite number train.loss, got"),
    ],
    "test.json": [
        (b"\xff", "test.json: expected JSON in UTF-8, got"),
        ("[" * 100_000, "test.json: expected JSON in UTF-8, got: too many nested lists"),
        ("[1]", "test.json: expected a finite number accuracy, got none"),
        (TEST.replace("0.7", f"1{'0' * 400}"), "expected a finite number loss, got none"),
    ],
    "data.json": [
        ("", "data.json: expected the report on the data"),
        ("[" * 100_000, "data.json: expected the report on the data"),
        ("[1]", "data.json: expected the report on the data"),
        (DATA.replace("Bag", "Hat"), "data.json: expected the report on the data"),
        (DATA.replace('"count": 12', '"count": -1'), "data.json: expected the report on the data"),
        (DATA.replace('"levels": 256', '"levels": 1e3'), "data.json: expected the report on the"),
        (DATA.replace('"warnings": []', '"warnings": [1]'), "data.json: expected the report on"),
    ],
    "labels.npy": [
        (b"", "labels.npy: expected a .npy file"),
        (b"not an array", "labels.npy: expected a .npy file"),
    ],
    "images.npy": [
        (b"", "images.npy: expected a .npy file"),
        (b"not an array", "images.npy: expected a .npy file"),
    ],
}
FAULTY = [(name, content, message) for name in FAULTS for content, message in FAULTS[name]]


@pytest.mark.parametrize(("name", "content", "message"), FAULTY)
def test_the_error_names_the_file_and_the_column(files, name, content, message):
    (files / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ReportError) as caught:
        report(**options(files))
    text = str(caught.value)
    assert text.startswith(str(files / name))
    assert message in text
    assert "\n" not in text
    assert not (files / "out").exists()


@pytest.mark.parametrize(
    "name",
    [
        "history",
        "weights",
        "predictions",
        "train",
        "test",
        "images",
        "model",
        "data",
        "training_labels",
    ],
)
def test_a_missing_file_is_named(files, name):
    path = options(files)[name]
    path.unlink()
    with pytest.raises(ReportError, match="No such file") as caught:
        report(**options(files))
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize(
    "images", [np.zeros((4, 5), np.float32), np.zeros((4, 6)), np.zeros(6, np.float32)]
)
def test_images_must_fit_the_model(files, images):
    np.save(files / "images.npy", images)
    with pytest.raises(
        ReportError, match="expected float32 or uint8 images of 6 pixels each, got float"
    ):
        report(**options(files))


@pytest.mark.parametrize("labels", [np.zeros((3, 3), np.float32), np.zeros((4, 3)), np.zeros(4)])
def test_labels_must_fit_the_images(files, labels):
    np.save(files / "labels.npy", labels)
    message = r"labels.npy: expected float32 labels of shape \(4, 3\), got"
    with pytest.raises(ReportError, match=message):
        report(**options(files))


def command(folder):
    """Run the stage as the pipeline does, away from the project's folder."""
    given = {f"--{key.replace('_', '-')}": path for key, path in options(folder).items()}
    arguments = [word for pair in given.items() for word in pair]
    return subprocess.run(
        [sys.executable, "-m", "stages.report", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
