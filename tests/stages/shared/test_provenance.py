"""A model file says what it was made from: it changes with that, and with nothing else."""

import hashlib
import json
import shutil
from pathlib import Path, PurePath

import numpy as np
import pytest
from model_files import read_specification
from pipeline_repository import ROOT

from nncore.model_file import load
from stages.shared.digests import json_digest
from stages.shared.fingerprint import FORMAT
from stages.shared.params import load_params
from stages.shared.provenance import provenance
from stages.sources import sources

KEYS = {"code", "data", "numerics", "parameters"}


def recorded(stages):
    return dict(load(stages["models/model.npz"]).provenance)


def retrained(stages, **environment):
    """Train anew and return the provenance that was recorded."""
    stages.complete("train", **environment)
    return recorded(stages)


def changed(stages, finished, **environment):
    """Return the keys of the provenance that another training gives another value."""
    before, after = recorded(finished), retrained(stages, **environment)
    return {key for key in KEYS if before[key] != after[key]}


@pytest.fixture
def project(stages, tmp_path):
    """Return a copy of the source files, which the stages in `stages` run."""
    for folder in ("nncore", "stages"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, tmp_path / "project" / folder, ignore=ignored)
    path = stages.environment["PYTHONPATH"].replace(str(ROOT), str(tmp_path / "project"))
    stages.environment["PYTHONPATH"] = path
    return tmp_path / "project"


def test_it_has_these_keys(finished):
    assert set(recorded(finished)) == KEYS


def test_it_names_the_numerics(finished):
    assert recorded(finished)["numerics"] == "exact"


def test_two_trainings_in_two_folders_write_the_same_file(stages, finished):
    stages.complete("train", TZ="Asia/Tokyo", PYTHONHASHSEED="7", LC_ALL="C")
    written = (stages["models/model.npz"], finished["models/model.npz"])
    assert written[0].read_bytes() == written[1].read_bytes()


def test_it_holds_no_path_of_this_machine(finished):
    text = json.dumps(read_specification(finished["models/model.npz"])["provenance"])
    assert "/" not in text


@pytest.mark.parametrize(
    ("old", "new", "keys"),
    [
        ("lr: 0.05", "lr: 0.04", {"parameters"}),
        ("hidden: [4]", "hidden: [5]", {"parameters"}),
        ("  keep: best", "  keep: best\n  monitor: train_loss", {"parameters"}),
        ("model:", "numerics: fast\nmodel:", {"numerics"}),
        # The same said otherwise, what is the default, and what train does not read
        ("lr: 0.05", "lr: 5.0e-2", set()),
        ("  keep: best", "  keep: best\n  seed: 1", set()),
        ("held_out: 20", "held_out: 19", set()),
        ("fetch:", "# Note\nfetch:", set()),
    ],
)
def test_parameters_that_train_reads_count_and_no_others(stages, finished, old, new, keys):
    path = stages["params.yaml"]
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    assert changed(stages, finished) == keys


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("train_images", {"data"}),
        ("validation_images", {"data"}),
        ("test_images", set()),
    ],
)
def test_data_that_train_reads_count_and_no_others(stages, finished, name, keys):
    path = stages[f"data/processed/{name}.npy"]
    path.write_bytes(path.read_bytes()[:-4] + bytes(4))
    assert changed(stages, finished) == keys


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        (None, set()),
        ("nncore/network/regularization.py", {"code"}),
        ("nncore/__init__.py", {"code"}),
        ("stages/train.py", {"code"}),
        ("stages/shared/files.py", {"code"}),
        ("stages/fetch.py", set()),
        ("stages/evaluate.py", set()),
        ("nncore/adapters/onnx.py", set()),
    ],
)
def test_source_files_that_train_loads_count_and_no_others(stages, finished, project, name, keys):
    if name:
        with (project / name).open("a", encoding="utf-8") as file:
            file.write("note = 1\n")
    assert changed(stages, finished) == keys


def test_a_comment_in_a_source_file_does_not_count(stages, finished, project):
    with (project / "nncore/network/propagation.py").open("a", encoding="utf-8") as file:
        file.write("# A note\n")
    assert changed(stages, finished) == set()


def test_the_source_files_are_those_that_the_stage_sources_lists(finished, tmp_path):
    sources(["train"], tmp_path)
    lines = (tmp_path / "train.txt").read_text(encoding="utf-8").splitlines()
    listed = dict(reversed(line.split("  ")) for line in lines if line.endswith(".py"))
    whole = hashlib.sha256()
    for name in sorted(listed, key=PurePath):
        whole.update(f"{name} {listed[name]}\n".encode())
    assert recorded(finished)["code"] == f"{FORMAT}:{whole.hexdigest()}"


def test_another_version_of_numpy_does_not_count(monkeypatch):
    config = load_params(ROOT / "params.yaml")
    program = Path("stages/train.py")
    before = provenance(program, config, [])
    monkeypatch.setattr(np, "__version__", "0.0")
    assert provenance(program, config, []) == before


def test_another_version_of_numpy_counts_in_plain_float32(monkeypatch):
    config = load_params(ROOT / "params.yaml").model_copy(update={"numerics": "fast"})
    monkeypatch.setattr(np, "__version__", "0.0")
    assert provenance(Path("stages/train.py"), config, [])["numpy"] == "0.0"


def test_each_difference_gives_checkpoints_another_folder(finished):
    values = recorded(finished)
    folders = {json_digest(values | {key: "other"}) for key in KEYS} | {json_digest(values)}
    assert len(folders) == len(KEYS) + 1


def test_the_folder_does_not_depend_on_the_order_of_the_values(finished):
    values = recorded(finished)
    assert json_digest(values) == json_digest(dict(reversed(values.items())))
