"""Files from anywhere are read rightly or refused in the project's own words: never anything else.

A warning is an error in this suite. `make fuzz` asks for many more inputs; docs/fuzzing.md has the
figures of such a run.
"""

import gzip
import io
import math
import struct
import tracemalloc

import numpy as np
import pytest
from fuzzing import (
    EXAMPLES,
    NUMBERS,
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
from nncore.idx import PIECE, IdxError, read_images, read_labels
from nncore.persistence import ModelFileError, load_model, save_model

# What reading may take beyond a few times the file's size: NumPy's, zipfile's and gzip's own.
ROOM = 4 * PIECE
SETTINGS = {"shards": 2, "regularization": {"dropout": 0.2}}
FIELDS = st.sampled_from([*NUMBERS, 3, 4, 5, 24, 28])


def packed(content, way, place):
    """Return `content` as it is, gzipped in one or two parts, or with something behind."""
    if way == "raw":
        return content
    cut = place % (len(content) + 1)
    parts = [content[:cut], content[cut:]] if way == "parts" else [content]
    zipped = b"".join(gzip.compress(part, 1, mtime=0) for part in parts)
    return zipped + {"zeros": bytes(9), "rubbish": b"rubbish"}.get(way, b"")


def oracle(content, dimensions):
    """Read IDX in another way: all at once, by the format's definition; None where it is none."""
    try:
        whole = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
        zero, kind, count, *shape = struct.unpack_from(f">HBB{dimensions}I", whole)
    except Exception:  # noqa: BLE001  whatever gzip finds wrong
        return None
    values = np.frombuffer(whole, np.uint8, offset=4 + 4 * dimensions)
    right = (zero, kind, count) == (0, 8, dimensions) and len(values) == math.prod(shape) > 0
    return values.reshape(shape) if right else None


@pytest.mark.parametrize("way", ["raw", "gzip", "parts", "zeros", "rubbish"])
def test_idx_is_read_as_another_reader_reads_it_or_refused(tmp_path, way):
    path = tmp_path / "file"

    @EXAMPLES
    @given(
        shape=st.lists(st.integers(1, 5), min_size=1, max_size=4),
        header=st.one_of(st.none(), st.tuples(st.integers(0, 5), FIELDS)),
        place=st.integers(0, 200),
        inner=st.one_of(st.just([]), edits),
        outer=st.one_of(st.just([]), edits),
        dimensions=st.sampled_from([1, 3]),
    )
    def holds(*, shape, header, place, inner, outer, dimensions):
        content = bytearray(struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape))
        if header and header[0] * 4 < len(content):
            struct.pack_into(">I", content, 4 * header[0], header[1])
        content += bytes(range(1, 251))[: math.prod(shape)].ljust(math.prod(shape), b"\7")
        for changes in variants(inner):
            check(edited(packed(edited(content, changes), way, place), outer), dimensions)
        for changes in variants(outer):
            check(edited(packed(content, way, place), changes), dimensions)

    def check(content, dimensions):
        path.write_bytes(content)
        expected = oracle(content, dimensions)
        try:
            got = read_images(path) if dimensions == 3 else read_labels(path)
        except IdxError:
            assert expected is None
            answers["refused"] += 1
        else:
            np.testing.assert_array_equal(got, expected)
            answers["accepted"] += 1

    with counted(f"IDX, {way}") as answers:
        holds()


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
