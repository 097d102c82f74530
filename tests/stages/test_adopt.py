"""`python -m stages.adopt`: settings that suit a data set, each with its reason."""

import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from pipeline_repository import ROOT

from stages.shared import yaml12
from stages.shared.data_warnings import MAX_CLASS_RATIO


@pytest.fixture
def params(tmp_path):
    """Return the path of a copy of the committed parameters."""
    return shutil.copy(ROOT / "params.yaml", tmp_path / "params.yaml")


def stage(name, *arguments):
    command = [sys.executable, "-m", f"stages.{name}", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def adopted(path, params):
    """Return the sections of the parameters after the command, and what it printed."""
    done = stage("adopt", path, "--params", params)
    assert done.returncode == 0, done.stderr
    return yaml12.load(params.read_text()), done.stdout


def set_back(output):
    """Return the keys that the line of defaults names."""
    lines = re.findall("^set back to the defaults: (.*)$", output, re.MULTILINE)
    return [entry.split(": ")[0] for line in lines for entry in line.split(", ")]


def changed(params, changes):
    """Set the values at dotted keys."""
    params.write_text(yaml12.updated(params.read_text(), changes))


def save(path, picture):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)


def grey(rng, *shape):
    return rng.integers(0, 256, shape, np.uint8)


@pytest.fixture
def folder(tmp_path):
    """Return a folder with ten grey pictures of 20 x 30 of each of two classes."""
    rng = np.random.default_rng(1)
    for name in ("cat", "dog"):
        for number in range(10):
            save(tmp_path / "pets" / name / f"{number}.png", grey(rng, 20, 30))
    return tmp_path / "pets"


def test_every_change_is_printed_with_its_key_and_value(params):
    before = params.read_text()
    settings, output = adopted("data/shapes", params)
    assert output.count(" training and ") == 1
    assert settings["fetch"] | {"dataset": "folder", "path": "data/shapes"} == settings["fetch"]
    assert settings["preprocess"]["colour"] == "rgb"
    old, new = yaml12.load(before), settings
    for key in [*re.findall(r"^(\w+(?:\.\w+)+) ", output, re.MULTILINE), *set_back(output)]:
        section, *names = key.split(".")
        target = old[section]
        for name in names[:-1]:
            target = target[name]
        value = new[section]
        for name in names:
            value = value[name]
        target[names[-1]] = value
    assert old == new


def test_comments_and_other_settings_stay(params):
    params.write_text(params.read_text().replace("  epochs: 80\n", "  epochs: 80  # for now\n"))
    before = set(params.read_text().splitlines())
    adopted("data/shapes", params)
    text = params.read_text()
    assert text.startswith("# Every seed and hyperparameter")
    assert re.search(r"^  epochs: 100 +# for now$", text, re.MULTILINE)
    assert {"    epsilon: 1.0e-08", "  method: grid", "numerics: exact"} <= before & set(
        text.splitlines()
    )


def test_the_example_is_learnt_with_what_was_written(params, tmp_path):
    """Chance is a third."""
    adopted("data/shapes", params)
    raw, processed, reports = (tmp_path / name for name in ("raw", "processed", "reports"))
    model = tmp_path / "model.npz"
    commands = [
        ("fetch", "--params", params, "--raw", raw),
        ("preprocess", "--params", params, "--raw", raw, "--processed", processed),
        ("train", "--params", params, "--processed", processed, "--model", model),
        ("evaluate", "--params", params, "--processed", processed, "--model", model),
    ]
    for name, *options in commands:
        outputs = {
            "preprocess": ["--reports", reports],
            "train": ["--reports", reports, "--checkpoints", tmp_path / "checkpoints"],
            "evaluate": ["--reports", reports],
        }.get(name, [])
        done = stage(name, *options, *outputs)
        assert done.returncode == 0, done.stderr
    accuracy = float(re.search(r"test accuracy ([\d.]+)%", done.stdout)[1])
    assert accuracy > 85


def test_pictures_of_one_small_size_keep_it(folder, params):
    settings, _ = adopted(folder, params)
    assert settings["preprocess"]["size"] is None
    assert settings["preprocess"]["colour"] == "grey"


def test_pictures_of_several_sizes_get_the_median_side(folder, params):
    for number, side in enumerate((2, 17)):
        save(folder / "cat" / f"small{number}.png", grey(np.random.default_rng(2), side, 40))
    settings, output = adopted(folder, params)
    assert settings["preprocess"]["size"] == [20, 20]
    assert "3 sizes" in output


def test_a_stray_icon_decides_neither_size_nor_colour(tmp_path, params):
    for name, colour in (("a", (200, 30, 30)), ("b", (30, 30, 200))):
        for number in range(3):
            picture = np.full((200, 200, 3), colour, np.uint8)
            save(tmp_path / "photos" / name / f"{number}.png", picture)
    save(tmp_path / "photos" / "a" / "icon.png", np.zeros((2, 2), np.uint8))
    settings, _ = adopted(tmp_path / "photos", params)
    assert settings["preprocess"] | {"size": [64, 64], "colour": "rgb"} == settings["preprocess"]


def test_large_pictures_of_one_size_are_reduced_in_proportion(tmp_path, params):
    for name in ("a", "b"):
        for number in range(3):
            picture = grey(np.random.default_rng(number), 200, 100)
            save(tmp_path / "large" / name / f"{number}.png", picture)
    settings, _ = adopted(tmp_path / "large", params)
    assert settings["preprocess"]["size"] == [64, 32]


def test_grey_pictures_with_a_trace_of_colour_are_grey(tmp_path, params):
    """As JPEG leaves it in photographs without colour."""
    rng = np.random.default_rng(1)
    for name in ("a", "b"):
        for number in range(5):
            level = rng.integers(20, 230, (16, 16, 1))
            picture = (level + rng.integers(0, 9, (16, 16, 3))).astype(np.uint8)
            save(tmp_path / "photos" / name / f"{number}.png", picture)
    settings, _ = adopted(tmp_path / "photos", params)
    assert settings["preprocess"]["colour"] == "grey"


def test_unequal_classes_get_weights(folder, params):
    """From the ratio at which preprocess warns of them."""
    for images, class_weight in ((30, None), (40, "balanced")):
        for number in range(10, images):
            save(folder / "dog" / f"{number}.png", grey(np.random.default_rng(number), 20, 30))
        settings, output = adopted(folder, params)
        assert settings["train"]["class_weight"] == class_weight
        assert f"{images / 10} times" in output
    assert MAX_CLASS_RATIO == 4


def test_arrays_and_tables_are_known_by_their_files(tmp_path, params):
    rng = np.random.default_rng(1)
    images, labels = grey(rng, 40, 8, 8, 3), np.arange(40) % 4
    np.savez(tmp_path / "arrays.npz", x_train=images, y_train=labels)
    settings, _ = adopted(tmp_path / "arrays.npz", params)
    assert settings["fetch"]["dataset"] == "npz"
    assert settings["preprocess"]["colour"] == "rgb"
    rows = [",".join(map(str, [n % 4, *grey(rng, 16)])) for n in range(40)]
    header = ",".join(["label", *(f"pixel{n}" for n in range(16))])
    (tmp_path / "table.csv").write_text("\n".join([header, *rows, ""]))
    settings, _ = adopted(tmp_path / "table.csv", params)
    assert settings["fetch"]["dataset"] == "csv"
    assert settings["preprocess"] | {"colour": "grey", "size": None} == settings["preprocess"]


def test_a_table_keeps_the_size_of_images_that_are_not_square(tmp_path, params):
    rows = [",".join(map(str, [n % 2, *grey(np.random.default_rng(n), 15)])) for n in range(40)]
    header = ",".join(["label", *(f"pixel{n}" for n in range(15))])
    (tmp_path / "table.csv").write_text("\n".join([header, *rows, ""]))
    done = stage("adopt", tmp_path / "table.csv", "--params", params)
    assert "set preprocess.size to [rows, columns]" in done.stderr
    changed(params, {"preprocess.size": [5, 3]})
    for _ in range(2):
        settings, output = adopted(tmp_path / "table.csv", params)
        assert settings["preprocess"]["size"] == [5, 3]
        assert "32 training and 8 test images in 2 classes, 5 x 3" in output
    stage_fetch = stage("fetch", "--params", params, "--raw", tmp_path / "raw")
    assert stage_fetch.returncode == 0, stage_fetch.stderr


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing", "an .npz file or a table (.csv, .tsv, .parquet), got nothing there; unpack"),
        (
            "notes.txt",
            "an .npz file or a table (.csv, .tsv, .parquet), got a file notes.txt; unpack",
        ),
        (
            "rows.XLSX",
            "or a table (.csv, .tsv, .parquet), got a file rows.XLSX; save it as CSV in UTF-8",
        ),
        ("empty", "expected 2 to 256 folders with the names of the classes, got 0"),
    ],
)
def test_what_is_no_source_is_refused_and_nothing_is_written(tmp_path, params, name, message):
    (tmp_path / "notes.txt").touch()
    (tmp_path / "rows.XLSX").touch()
    (tmp_path / "empty").mkdir()
    before = params.read_bytes()
    done = stage("adopt", tmp_path / name, "--params", params)
    assert done.returncode == 1
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert params.read_bytes() == before


def test_settings_of_another_network_are_set_back_and_named(params):
    """Lists for two hidden layers, where the example gets one."""
    expected, _ = adopted("data/shapes", shutil.copy(params, params.with_name("other.yaml")))
    others = {
        "model.activation": ["relu", "tanh"],
        "model.output": "sigmoid",
        "model.loss": "half_squared_error",
        "train.schedule.warmup_epochs": 79,
        "train.regularization.l2": 0.5,
        "train.regularization.max_norm": 0.1,
        "train.stopping.rule": "patience",
        "train.monitor": "train_loss",
        "train.keep": "best",
    }
    changed(params, others | {"train.seed": 7})
    settings, output = adopted("data/shapes", params)
    assert set(others) <= set(set_back(output))
    expected["train"]["seed"] = 7
    assert settings == expected


@pytest.mark.parametrize(
    "others",
    [
        {"preprocess.validation.held_out": 5000, "preprocess.validation.seed": 3},
        {"preprocess.validation.held_out": 0.9},
        {"preprocess.validation.method": "last"},
        {"fetch.test_size": 5000},
    ],
    ids=str,
)
def test_splits_that_do_not_fit_are_set_back_and_named(params, others):
    expected, _ = adopted("data/shapes", shutil.copy(params, params.with_name("other.yaml")))
    changed(params, others)
    settings, output = adopted("data/shapes", params)
    assert set(others) <= set(set_back(output))
    assert settings == expected


@pytest.mark.parametrize(
    "others",
    [
        {"preprocess.validation.held_out": 5000, "preprocess.validation.seed": 3},
        {"preprocess.validation.method": "last"},
        {"preprocess.train_size": 3000},
        {"fetch.test_size": 5000},
    ],
    ids=str,
)
def test_splits_that_do_not_fit_a_table_are_set_back_too(params, others):
    """Otherwise fetch or preprocess would refuse what adopt has just written."""
    expected, _ = adopted("data/tables/wine.csv", shutil.copy(params, params.with_name("b.yaml")))
    changed(params, others)
    settings, output = adopted("data/tables/wine.csv", params)
    assert settings == expected
    for key in others:
        assert key in output


def test_the_headings_of_dropped_columns_are_printed_as_they_are(tmp_path, params):
    rows = (f"Wohnung {row} am See;{row % 7};{row * 5.5}" for row in range(60))
    text = "\n".join(["Straße „Süd“;Zimmer;Preis", *rows, ""])
    (tmp_path / "Wohnungen.csv").write_text(text, encoding="utf-8-sig")
    done = stage("adopt", tmp_path / "Wohnungen.csv", "--target", "Preis", "--params", params)
    assert re.search('^fetch.table.drop +\\["Straße „Süd“"\\]  ', done.stdout, re.MULTILINE)


def test_a_table_of_a_few_rows_has_none_to_validate_with(tmp_path, params):
    (tmp_path / "few.csv").write_text("size,class\n1,a\n2,b\n4,a\n")
    before = params.read_bytes()
    done = stage("adopt", tmp_path / "few.csv", "--params", params)
    assert "expected training rows for a validation set too, got 2" in done.stderr
    assert (done.returncode, params.read_bytes()) == (1, before)


def test_settings_of_splits_that_fit_stay(params):
    others = {"preprocess.validation.held_out": 20, "fetch.test_size": 30, "fetch.seed": 5}
    changed(params, others)
    settings, output = adopted("data/shapes", params)
    assert "150 training and 30 test images" in output
    assert settings["preprocess"]["validation"]["held_out"] == 20
    assert settings["fetch"] | {"test_size": 30, "seed": 5} == settings["fetch"]


def test_a_url_is_refused_with_the_command_that_downloads_it(params):
    done = stage("adopt", "https://example.org/x.npz", "--params", params)
    assert done.returncode == 1
    assert done.stderr == (
        "adopt: fetch.path: expected a file or folder, got a URL; "
        "dvc import-url https://example.org/x.npz data/ downloads the file once and tracks it\n"
    )


def _pipe(folder):
    os.mkfifo(folder / "cat" / "pipe.png")


def _broken_link(folder):
    (folder / "cat" / "gone.png").symlink_to(folder / "nowhere.png")


def _few(folder):
    for file in [*folder.glob("*/[1-9].png")]:
        file.unlink()


def _flat_test(folder):
    (folder / "train").mkdir()
    for name in ("cat", "dog"):
        (folder / name).rename(folder / "train" / name)
    save(folder / "test" / "0.png", grey(np.random.default_rng(1), 20, 30))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_pipe, "pipe.png: expected a file, got a pipe, a socket or a device, at which DVC would"),
        (_broken_link, "gone.png: expected a file, got a broken link; remove it"),
        (_few, "expected a class of 2 samples or more, got 2 samples of 2 classes"),
        (_flat_test, "a folder test needs the folders of the classes"),
    ],
)
def test_what_a_later_stage_would_refuse_is_refused(folder, params, change, message):
    change(folder)
    before = params.read_bytes()
    done = stage("adopt", folder, "--params", params)
    assert done.returncode == 1
    assert message in done.stderr.splitlines()[-1]
    assert params.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "message"),
    [("id,label\n0,cat\n1,dog\n", "sort them into class folders"), ("one", "at least 2 classes")],
)
def test_arrays_and_tables_without_pictures_or_classes_are_refused(
    tmp_path, params, content, message
):
    path = tmp_path / "data.csv"
    path.write_text(content)
    if content == "one":
        path = tmp_path / "data.npz"
        images = grey(np.random.default_rng(1), 20, 8, 8)
        np.savez(path, x_train=images, y_train=np.zeros(20, np.int64))
    done = stage("adopt", path, "--params", params)
    assert done.returncode == 1
    assert message in done.stderr


def test_tables_of_other_names_are_no_folder_of_pictures(tmp_path, params):
    for split in ("train", "test"):
        (tmp_path / f"tables/sign_{split}.csv").parent.mkdir(exist_ok=True)
        (tmp_path / f"tables/sign_{split}.csv").write_text("label,a,b,c,d\n0,1,2,3,4\n")
    done = stage("adopt", tmp_path / "tables", "--params", params)
    assert done.stderr == (
        f"adopt: {tmp_path / 'tables'}: expected folders of classes, or train.csv and test.csv, "
        "got neither; rename sign_train.csv to train.csv and sign_test.csv to test.csv\n"
    )


def test_a_table_beside_folders_of_classes_is_none_of_images(folder, params):
    (folder / "list_train.csv").write_text("name,class\n0.png,cat\n")
    assert adopted(folder, params)[0]["fetch"]["dataset"] == "folder"
