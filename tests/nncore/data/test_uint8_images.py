"""Images that stay bytes: whatever reads them, to the last bit what it reads of floats."""

import tracemalloc

import numpy as np
import pytest
from stage_runs import STAGES, copy, lose_outputs
from thread_communicators import run_ranks
from trainings import DISTORTED, make_training, result, run, state

from nncore.config.architecture import Architecture
from nncore.data.batches import SAMPLES_PER_GATHER
from nncore.data.dataset import Data, Uint8Images
from nncore.data.preprocessing import Normalization
from nncore.errors import DataError
from nncore.model_file import load
from nncore.network.inference import ROWS_PER_BLOCK, forward_all
from nncore.network.network import Network
from nncore.training.evaluation import evaluate
from stages.shared.prepared import ProcessedError, read_split

TABLE = Normalization(33.318421, 78.567491).table()
# More than one gather, more than one part of an evaluation, the last of each short.
LONG = 2 * SAMPLES_PER_GATHER + 100


def both(n=LONG, inputs=6):
    """Return the same data twice: as floats, and as bytes that read as them."""
    rng = np.random.default_rng(4)
    pixels = rng.integers(0, 256, (n, inputs), np.uint8)
    targets = np.eye(3, dtype=np.float32)[rng.integers(0, 3, n)]
    return Data(TABLE[pixels], targets), Data(Uint8Images(pixels, TABLE), targets)


def test_it_has_the_shape_of_the_bytes_and_the_dtype_of_the_table():
    images = Uint8Images(np.zeros((4, 6), np.uint8), TABLE)
    assert (images.shape, images.ndim, len(images), images.dtype) == ((4, 6), 2, 4, np.float32)


@pytest.mark.parametrize(
    ("pixels", "table", "message"),
    [
        (np.zeros((2, 3), np.int64), TABLE, r"pixels .* got \(2, 3\) int64"),
        (np.zeros(3, np.uint8), TABLE, r"pixels .* got \(3,\) uint8"),
        ([[1, 2]], TABLE, "pixels .* got list"),
        (np.zeros((2, 3), np.uint8), TABLE[:255], r"table .* got \(255,\) float32"),
        (np.zeros((2, 3), np.uint8), np.arange(256), r"table .* got \(256,\) int64"),
    ],
)
def test_other_pixels_and_tables_are_refused(pixels, table, message):
    with pytest.raises(DataError, match=f"^{message}$"):
        Uint8Images(pixels, table)


def test_a_slice_reads_what_the_table_has_for_each_byte():
    pixels = np.arange(256, dtype=np.uint8).reshape(32, 8)
    expected = [[TABLE[byte] for byte in row] for row in pixels.tolist()[3:9]]
    assert np.array_equal(Uint8Images(pixels, TABLE)[3:9], expected)


def test_rows_are_taken_in_their_order():
    pixels = np.arange(256, dtype=np.uint8).reshape(32, 8)
    out = np.empty((3, 8), np.float32)
    Uint8Images(pixels, TABLE).take(np.array([30, 2, 2]), axis=0, out=out, mode="clip")
    assert np.array_equal(out, TABLE[pixels][[30, 2, 2]])


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("settings", [{}, DISTORTED])
@pytest.mark.usefixtures("small_parts")
def test_a_training_on_bytes_is_that_on_floats(settings, workers):
    floats, pixels = (make_training(data, epochs=2, workers=workers, **settings) for data in both())
    assert state(run(floats)) == state(run(pixels))


@pytest.mark.parametrize("settings", [{}, DISTORTED])
def test_ranks_train_on_bytes_as_one_process_does_on_floats(settings):
    floats, pixels = both()
    given = settings | {"epochs": 2}
    alone = result(run(make_training(floats, **given)))
    found = run_ranks(
        2,
        lambda communicator: result(run(make_training(pixels, communicator=communicator, **given))),
    )
    assert found == [alone] * 2


def test_an_evaluation_of_bytes_is_that_of_floats():
    data = both(ROWS_PER_BLOCK * 2 + 7)
    network = Network(Architecture(hidden=(5,)), inputs=6, outputs=3)
    network.initialize(np.random.default_rng(1))
    floats, pixels = (evaluate(network, part) for part in data)
    assert floats == pixels
    floats, pixels = (forward_all(network, part.inputs) for part in data)
    assert np.array_equal(floats, pixels)


def test_memory_grows_with_neither_training_nor_evaluation():
    """An epoch holds the floats of one gather, and the numbers of its bytes, never of all."""
    peaks = []
    for gathers in (4, 20):
        _, data = both(gathers * SAMPLES_PER_GATHER, inputs=64)
        tracemalloc.start()
        training = make_training(data)
        training.run_epoch()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # The order of the images is 8 bytes each, where their floats are 256.
    assert peaks[1] - peaks[0] < 16 * SAMPLES_PER_GATHER * 256 / 8


def run_again(finished, home, dtype):
    """Return the stages of `finished`, run again on standardised images of `dtype`."""
    stages = copy(finished, home)
    path = stages["params.yaml"]
    settings = f"preprocess:\n  dtype: {dtype}\n  scaling: standard\n"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("preprocess:\n", settings), encoding="utf-8")
    for stage in STAGES[1:]:
        lose_outputs(stages, stage)
        stages.complete(stage)
    return stages


@pytest.fixture(scope="module")
def uint8_stages(finished, tmp_path_factory):
    return run_again(finished, tmp_path_factory.mktemp("bytes") / "home", "uint8")


@pytest.fixture(scope="module")
def float32_stages(finished, tmp_path_factory):
    return run_again(finished, tmp_path_factory.mktemp("floats") / "home", "float32")


@pytest.mark.parametrize("part", ["train", "validation", "test"])
def test_preprocess_writes_the_bytes_that_it_read(uint8_stages, finished, part):
    path = f"data/processed/{part}_images.npy"
    pixels, floats = (np.load(stages[path]) for stages in (uint8_stages, finished))
    assert pixels.dtype == np.uint8
    assert np.array_equal(Normalization().table()[pixels], floats)


def test_the_description_is_the_same(uint8_stages, float32_stages):
    path = "data/processed/preprocessing.json"
    assert uint8_stages[path].read_bytes() == float32_stages[path].read_bytes()


def test_no_measurement_and_no_picture_changes(uint8_stages, float32_stages):
    """Only the page shows the setting."""
    floats, pixels = float32_stages.outputs(), uint8_stages.outputs()
    names = {name for name in floats if name.startswith("reports/")} - {"reports/report.html"}
    assert len(names) > 8
    assert {name for name in names if floats[name] != pixels[name]} == set()


def test_no_weight_changes(uint8_stages, float32_stages):
    paths = [stages["models/model.npz"] for stages in (uint8_stages, float32_stages)]
    pixels, floats = (load(path).network.parameters for path in paths)
    assert pixels.tobytes() == floats.tobytes()


@pytest.mark.parametrize("stage", ["train", "evaluate"])
def test_bytes_without_their_scaling_are_refused_in_a_line(uint8_stages, tmp_path, stage):
    stages = copy(uint8_stages, tmp_path / "home")
    stages["data/processed/preprocessing.json"].unlink()
    done = stages.run(stage)
    (line,) = done.errors.splitlines()
    assert done.code == 1
    assert line.startswith(f"{stage}: data/processed/preprocessing.json: No such file")


@pytest.mark.parametrize(
    ("name", "dtype", "expected"),
    [
        ("images", np.int16, "float32 or uint8"),
        ("images", np.float64, "float32 or uint8"),
        ("labels", np.uint8, "float32 or float64"),
    ],
)
def test_arrays_of_another_dtype_are_refused(uint8_stages, tmp_path, name, dtype, expected):
    folder = copy(uint8_stages, tmp_path / "home")["data/processed"]
    np.save(folder / f"test_{name}.npy", np.zeros((4, 16), dtype))
    message = f"expected a {expected} matrix, got {np.dtype(dtype)} of shape"
    with pytest.raises(ProcessedError, match=message):
        read_split(folder, "test")
