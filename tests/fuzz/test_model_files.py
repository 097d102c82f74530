"""Model files and checkpoints from anywhere are read rightly or refused: never anything else.

A warning is an error in this suite. `make fuzz` asks for many more inputs; docs/fuzzing.md has the
figures of such a run.
"""

import gzip
import io
import tracemalloc
from contextlib import suppress
from functools import partial

import numpy as np
import pytest
from fuzzing import (
    EXAMPLES,
    archive_changes,
    changed_archive,
    counted,
    edited,
    edits,
    variants,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from idx_files import idx
from model_files import make as make_model
from model_files import same
from table_models import priced
from trainings import make_training, run, state

from nncore.data.idx import BYTES_PER_READ, read_labels
from nncore.errors import ArchiveError, DataError, DivergenceError, IdxError, ModelFileError
from nncore.model_file import load, save
from nncore.training.checkpoint import load_checkpoint, save_checkpoint

# What reading may take beyond a few times the file's size: NumPy's, zipfile's and gzip's own.
ROOM = 4 * BYTES_PER_READ
SETTINGS = {"regularization": {"dropout": 0.2}}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Return a sound model file's bytes."""
    path = tmp_path_factory.mktemp("model") / "model.npz"
    save(path, make_model())
    return path.read_bytes()


@pytest.fixture(scope="module")
def checkpoint():
    """Return a sound checkpoint's bytes."""
    stream = io.BytesIO()
    save_checkpoint(stream, run(make_training(**SETTINGS), 2))
    return stream.getvalue()


def sift(kind, changes, changed, *, read, refusal, judge):
    """Read what `changed` makes of drawn `changes`: refused with `refusal`, or judged.

    Only `read` may refuse; whatever `judge` raises is a failure.
    """

    @EXAMPLES
    @given(drawn=changes)
    def holds(drawn):
        for variant in variants(drawn):
            content = changed(variant)
            try:
                result = read(content)
            except refusal:
                answers["refused"] += 1
            else:
                judge(result)
                answers["accepted"] += 1

    with counted(kind) as answers:
        holds()


@pytest.fixture
def read_model(tmp_path):
    """Return a function from a file's content to the model in it."""

    def read(content):
        (tmp_path / "model.npz").write_bytes(content)
        return load(tmp_path / "model.npz")

    return read


@pytest.fixture
def read_checkpoint(tmp_path):
    """Return a function from a file's content to the training that has taken it up."""
    training = make_training(**SETTINGS)

    def read(content):
        (tmp_path / "epoch.npz").write_bytes(content)
        load_checkpoint(tmp_path / "epoch.npz", training)
        return training

    return read


def test_a_model_file_of_other_bytes_is_the_same_model_or_refused(model, read_model):
    original = make_model()

    def judge(loaded):
        assert same(loaded, original)

    sift(
        "model, bytes",
        edits,
        partial(edited, model),
        read=read_model,
        refusal=ModelFileError,
        judge=judge,
    )


def test_a_model_file_of_other_content_is_a_whole_model_or_refused(tmp_path, model, read_model):
    def judge(loaded):
        shape = loaded.image_shape or (loaded.network.inputs,)
        prediction = loaded.classify(np.zeros((1, *shape), np.uint8))
        assert prediction.probabilities.shape == (1, len(loaded.class_names))
        assert np.isfinite(loaded.network.parameters).all()
        save(tmp_path / "again.npz", loaded)
        assert same(load(tmp_path / "again.npz"), loaded)

    changed = partial(changed_archive, model)
    sift(
        "model, content",
        archive_changes,
        changed,
        read=read_model,
        refusal=ModelFileError,
        judge=judge,
    )


def test_a_table_models_file_of_other_content_is_a_whole_model_or_refused(tmp_path, read_model):
    save(tmp_path / "table.npz", priced())

    def judge(loaded):
        if loaded.columns is not None:
            values = {name: [None, "", "?"] for name in loaded.columns.names}
            with suppress(DataError):
                assert len(loaded.predict(values)) == 3
        save(tmp_path / "again.npz", loaded)
        assert same(load(tmp_path / "again.npz"), loaded)

    sift(
        "table model, content",
        archive_changes,
        partial(changed_archive, (tmp_path / "table.npz").read_bytes()),
        read=read_model,
        refusal=ModelFileError,
        judge=judge,
    )


def test_a_checkpoint_of_other_bytes_is_the_same_state_or_refused(checkpoint, read_checkpoint):
    original = state(read_checkpoint(checkpoint))

    def judge(training):
        assert state(training) == original

    changed = partial(edited, checkpoint)
    sift(
        "checkpoint, bytes", edits, changed, read=read_checkpoint, refusal=ArchiveError, judge=judge
    )


def test_a_checkpoint_of_other_content_can_be_gone_on_from_or_is_refused(
    tmp_path, checkpoint, read_checkpoint
):
    def judge(training):
        epochs = len(training.history)
        try:
            run(training, 1)
        except DivergenceError:
            return
        assert len(training.history) in {epochs, epochs + 1}
        save_checkpoint(tmp_path / "again.npz", training)

    changed = partial(changed_archive, checkpoint)
    sift(
        "checkpoint, content",
        archive_changes,
        changed,
        read=read_checkpoint,
        refusal=ArchiveError,
        judge=judge,
    )


@pytest.mark.parametrize("kind", ["idx", "model", "checkpoint"])
def test_reading_takes_a_few_times_the_files_size_at_most(tmp_path, model, checkpoint, kind):
    path, training = tmp_path / "file", make_training(**SETTINGS)
    labels = idx(np.zeros(100, np.uint8))
    sound, read, error = {
        "idx": (gzip.compress(labels), read_labels, IdxError),
        "model": (model, load, ArchiveError),
        "checkpoint": (checkpoint, lambda path: load_checkpoint(path, training), ArchiveError),
    }[kind]

    @settings(EXAMPLES, max_examples=max(EXAMPLES.max_examples // 10, 100))
    @given(changes=edits, content=st.one_of(st.none(), archive_changes))
    def holds(changes, content):
        hostile = edited(labels, changes) if kind == "idx" and content else edited(sound, changes)
        if kind != "idx" and content:
            hostile = changed_archive(sound, content)
        path.write_bytes(hostile)
        tracemalloc.start()
        try:
            read(path)
            answers["accepted"] += 1
        except error:
            answers["refused"] += 1
        finally:
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert peak < 30 * len(hostile) + ROOM

    with counted(f"memory, {kind}") as answers:
        holds()
