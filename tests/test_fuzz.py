"""Model files and checkpoints from anywhere are read rightly or refused: never anything else.

A warning is an error in this suite. `make fuzz` asks for many more inputs; docs/fuzzing.md has the
figures of such a run.
"""

import gzip
import io
import struct
import tracemalloc

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
from test_persistence import make as make_model
from test_persistence import same
from trainings import make_training, run, state

from nncore.archive import ArchiveError
from nncore.checkpoints import load_checkpoint, save_checkpoint
from nncore.divergence import DivergenceError
from nncore.idx import PIECE, IdxError, read_labels
from nncore.persistence import ModelFileError, load_model, save_model

# What reading may take beyond a few times the file's size: NumPy's, zipfile's and gzip's own.
ROOM = 4 * PIECE
SETTINGS = {"shards": 2, "regularization": {"dropout": 0.2}}


@pytest.fixture(scope="module")
def model():
    """Return a sound model file's bytes."""
    stream = io.BytesIO()
    save_model(stream, make_model())
    return stream.getvalue()


@pytest.fixture(scope="module")
def checkpoint():
    """Return a sound checkpoint's bytes."""
    stream = io.BytesIO()
    save_checkpoint(stream, run(make_training(**SETTINGS), 2))
    return stream.getvalue()


def test_a_model_file_of_other_bytes_is_the_same_model_or_refused(tmp_path, model):
    path, original = tmp_path / "model.npz", make_model()

    @EXAMPLES
    @given(changes=edits)
    def holds(changes):
        for variant in variants(changes):
            check(edited(model, variant))

    def check(content):
        path.write_bytes(content)
        try:
            loaded = load_model(path)
        except ModelFileError:
            answers["refused"] += 1
        else:
            assert same(loaded, original)
            answers["accepted"] += 1

    with counted("model, bytes") as answers:
        holds()


def test_a_model_file_of_other_content_is_a_whole_model_or_refused(tmp_path, model):
    path = tmp_path / "model.npz"

    @EXAMPLES
    @given(changes=archive_changes)
    def holds(changes):
        for variant in variants(changes):
            check(changed_archive(model, variant))

    def check(content):
        path.write_bytes(content)
        try:
            loaded = load_model(path)
        except ModelFileError:
            answers["refused"] += 1
        else:
            prediction = loaded.predict(np.zeros((1, *loaded.image_shape), np.uint8))
            assert prediction.probabilities.shape == (1, len(loaded.class_names))
            assert np.isfinite(loaded.network.parameters).all()
            save_model(tmp_path / "again.npz", loaded)
            assert same(load_model(tmp_path / "again.npz"), loaded)
            answers["accepted"] += 1

    with counted("model, content") as answers:
        holds()


def test_a_checkpoint_of_other_bytes_is_the_same_state_or_refused(tmp_path, checkpoint):
    path, training = tmp_path / "epoch.npz", make_training(**SETTINGS)
    path.write_bytes(checkpoint)
    load_checkpoint(path, training)
    original = state(training)

    @EXAMPLES
    @given(changes=edits)
    def holds(changes):
        for variant in variants(changes):
            check(edited(checkpoint, variant))

    def check(content):
        path.write_bytes(content)
        try:
            load_checkpoint(path, training)
        except ArchiveError:
            answers["refused"] += 1
        else:
            assert state(training) == original
            answers["accepted"] += 1

    with counted("checkpoint, bytes") as answers:
        holds()


def test_a_checkpoint_of_other_content_can_be_gone_on_from_or_is_refused(tmp_path, checkpoint):
    path, training = tmp_path / "epoch.npz", make_training(**SETTINGS)

    @EXAMPLES
    @given(changes=archive_changes)
    def holds(changes):
        for variant in variants(changes):
            check(changed_archive(checkpoint, variant))

    def check(content):
        path.write_bytes(content)
        try:
            load_checkpoint(path, training)
        except ArchiveError:
            answers["refused"] += 1
        else:
            epochs = len(training.history)
            try:
                run(training, 1)
            except DivergenceError:
                pass
            else:
                assert len(training.history) in {epochs, epochs + 1}
                save_checkpoint(path, training)
            answers["accepted"] += 1

    with counted("checkpoint, content") as answers:
        holds()


@pytest.mark.parametrize("kind", ["idx", "model", "checkpoint"])
def test_reading_takes_a_few_times_the_files_size_at_most(tmp_path, model, checkpoint, kind):
    path, training = tmp_path / "file", make_training(**SETTINGS)
    labels = struct.pack(">HBBI", 0, 8, 1, 100) + bytes(100)
    sound, read, error = {
        "idx": (gzip.compress(labels), read_labels, IdxError),
        "model": (model, load_model, ArchiveError),
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
