"""Files that are no sound checkpoint of the training at hand are refused, in one way."""

import json
import zipfile
from contextlib import suppress

import numpy as np
import pytest
from trainings import load_training, make_training, noise, run, state

from nncore.errors import ArchiveError
from nncore.files import write_archive
from nncore.training.checkpoint import FORMAT, load_checkpoint

# Into how many tests the damaged files are divided, for the sake of two cores.
PARTS = 4


@pytest.mark.parametrize("part", range(PARTS))
def test_every_truncation_is_refused(path, part):
    whole = path.read_bytes()
    for length in range(part, len(whole), 41 * PARTS):
        path.write_bytes(whole[:length])
        with pytest.raises(ArchiveError, match="expected an nncore checkpoint"):
            load_checkpoint(path, make_training())


@pytest.mark.parametrize("part", range(PARTS))
def test_a_flipped_byte_is_refused_or_changes_nothing(path, part):
    whole, before = path.read_bytes(), state(load_training(path))
    for position in range(part, len(whole), 5 * PARTS):
        flipped = bytearray(whole)
        flipped[position] ^= (0x01, 0x10, 0x80, 0xFF)[position // PARTS % 4]
        path.write_bytes(flipped)
        with suppress(ArchiveError):
            assert state(load_training(path)) == before, f"byte {position}"


@pytest.mark.parametrize(
    "other",
    [
        {"hidden": (4,)},
        {"hidden": (5, 5)},
        {"numerics": "fast"},
        {"seed": 2},
        {"optimizer": {"name": "adam"}},
        {"optimizer": {"name": "sgd"}},
        {"data": noise(seed=5)},
        {"data": noise(51)},
        {"epochs": 1},
    ],
    ids=str,
)
def test_the_checkpoint_of_another_training_is_refused(path, other):
    with pytest.raises(ArchiveError):
        load_checkpoint(path, make_training(**other))


def rewrite(path, change=None, **arrays):
    """Write `path` as a sound archive of changed values and arrays, left out where None."""
    snapshot = run(make_training(), 2).state()
    layout = {"numerics": "exact", "weight_order": "by unit"}
    content = json.loads(json.dumps({"format": FORMAT, "values": snapshot.values, **layout}))
    if change:
        change(content)
    changed = {k: v for k, v in (snapshot.arrays | arrays).items() if v is not None}
    # By way of json, which writes NaN where the project's own writer does not.
    write_archive(path, {}, changed)
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, old in entries.items():
            archive.writestr(name, json.dumps(content) if name.endswith(".json") else old)


def put(*keys, value):
    """Return a change that puts `value` in the place that `keys` lead to."""

    def change(content):
        *way, last = keys
        for key in way:
            content = content[key]
        content[last] = value

    return change


def test_a_rewritten_checkpoint_is_accepted(path):
    before = state(load_training(path))
    rewrite(path)
    assert state(load_training(path)) == before


RECORD = ("values", "history", 1)
STREAM = ("values", "streams", 0)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**400, "1", None, [], {}])
@pytest.mark.parametrize(
    "place",
    [
        ("format",),
        ("numerics",),
        ("weight_order",),
        ("values",),
        ("values", "history"),
        ("values", "streams"),
        RECORD,
        (*RECORD, "epoch"),
        (*RECORD, "train_loss"),
        (*RECORD, "validation_accuracy"),
        (*RECORD, "layers"),
        (*RECORD, "layers", 0, "norm"),
        STREAM,
        (*STREAM, "bit_generator"),
        (*STREAM, "state"),
        (*STREAM, "state", "state"),
        (*STREAM, "has_uint32"),
        (*STREAM, "uinteger"),
    ],
    ids=lambda place: ".".join(map(str, place)),
)
def test_an_odd_value_in_the_text_is_refused(path, place, value):
    rewrite(path, put(*place, value=value))
    with pytest.raises(ArchiveError):
        load_training(path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("train_accuracy", 2.0),
        ("validation_accuracy", 1.0000001),
        ("validation_accuracy", -0.1),
        ("train_loss", -0.5),
        ("lr", -1.0),
    ],
)
def test_a_number_out_of_its_range_is_refused(path, name, value):
    rewrite(path, put(*RECORD, name, value=value))
    with pytest.raises(ArchiveError, match=r"got: numbers out of range in epoch 1$"):
        load_training(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content["values"]["history"].reverse(),
        lambda content: content["values"]["streams"].pop(),
        lambda content: content["values"]["history"][1].pop("lr"),
        lambda content: content["values"]["history"][1].update(more=1.0),
        lambda content: content["values"]["history"][1]["layers"].pop(),
        lambda content: content.pop("values"),
    ],
    ids=["order", "stream", "rate", "more", "layer", "values"],
)
def test_a_text_with_something_missing_or_too_much_is_refused(path, change):
    rewrite(path, change)
    with pytest.raises(ArchiveError):
        load_training(path)


VECTOR = 3 + 5 * 6 + 5 + 3 * 5


@pytest.mark.parametrize(
    "arrays",
    [
        {"best": None},
        {"optimizer_velocity": None},
        {"optimizer_square": np.zeros(VECTOR, np.float32)},
        {"last": np.zeros(VECTOR - 1, np.float32)},
        {"last": np.zeros(VECTOR, np.float64)},
        {"last": np.full(VECTOR, np.nan, np.float32)},
        {"parameters": np.full(VECTOR, np.inf, np.float32)},
    ],
    ids=["no best", "no velocity", "a square", "short", "float64", "nan", "inf"],
)
def test_other_arrays_are_refused(path, arrays):
    rewrite(path, **arrays)
    with pytest.raises(ArchiveError):
        load_checkpoint(path, make_training())


def test_a_missing_file_is_the_systems_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_checkpoint(tmp_path / "none.npz", make_training())
