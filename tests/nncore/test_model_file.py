"""Model files: the same bytes for the same model, and no harm from any other bytes."""

import io
import struct
import time
import tracemalloc
import zipfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from model_files import make, read_specification, rewrite, rewrite_specification, same

from nncore.config.architecture import Architecture
from nncore.data.preprocessing import Normalization
from nncore.errors import ModelFileError, SettingsError
from nncore.model import Model
from nncore.model_file import load, save
from nncore.network.network import Network

# Into how many tests the flipped bytes are divided, for the sake of speed on two cores.
PARTS = 8


@pytest.fixture
def path(tmp_path):
    """Return the path of a good model file."""
    save(tmp_path / "model.npz", make())
    return tmp_path / "model.npz"


def npy(array, version=(1, 0)):
    content = io.BytesIO()
    np.lib.format.write_array(content, array, version)
    return content.getvalue()


def with_header(text, content=bytes(12)):
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + content


def refused(path, reason=""):
    """Require the project's error, in one line that begins with the path."""
    with pytest.raises(ModelFileError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "architecture",
    [
        Architecture(hidden=()),
        Architecture(hidden=(3,)),
        Architecture(
            hidden=(5, 6),
            activation=("tanh", "relu"),
            weight_scale=(1.0, 0.5, 2.0),
            output="sigmoid",
            loss="binary_cross_entropy",
        ),
    ],
)
def test_what_is_loaded_is_what_was_saved(architecture, tmp_path):
    model = make(architecture)
    save(tmp_path / "model.npz", model)
    loaded = load(tmp_path / "model.npz")
    assert same(loaded, model)
    assert loaded.network.architecture == architecture
    assert loaded.network.parameters.dtype == np.float32


@pytest.mark.parametrize("numerics", ["exact", "fast"])
def test_a_loaded_network_computes_in_the_arithmetic_that_is_asked_for(path, numerics):
    assert load(path, numerics=numerics).network.numerics == numerics
    assert load(path).network.numerics == "exact"
    with pytest.raises(
        SettingsError, match=r"^numerics must be one of exact, fast, got 'portable'$"
    ):
        load(path, numerics="portable")


def test_a_model_of_colour_images_has_another_format_which_an_older_program_refuses(tmp_path):
    network = Network(Architecture(hidden=()), inputs=6, outputs=2)
    model = Model(network, ("a", "b"), (1, 2, 3), Normalization())
    save(tmp_path / "model.npz", model)
    loaded = load(tmp_path / "model.npz")
    assert same(loaded, model)
    assert read_specification(tmp_path / "model.npz")["format"] == "nncore model 3"
    rewrite_specification(
        tmp_path / "model.npz", lambda values: values.update(format="nncore model 2")
    )
    refused(tmp_path / "model.npz", "format 'nncore model 2' with image_shape [1, 2, 3]")


def test_loaded_model_is_saved_as_the_same_bytes(path, tmp_path):
    save(tmp_path / "again.npz", load(path))
    assert (tmp_path / "again.npz").read_bytes() == path.read_bytes()


def test_bytes_do_not_depend_on_the_time(path, tmp_path, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 2e9)
    save(tmp_path / "later.npz", make())
    assert (tmp_path / "later.npz").read_bytes() == path.read_bytes()


def test_bytes_do_not_depend_on_the_order_of_the_provenance(path, tmp_path):
    model = make()
    turned = dict(reversed(model.provenance.items()))
    save(tmp_path / "turned.npz", replace(model, provenance=turned))
    assert (tmp_path / "turned.npz").read_bytes() == path.read_bytes()


def test_another_model_has_other_bytes(path, tmp_path):
    save(tmp_path / "other.npz", make(seed=2))
    assert (tmp_path / "other.npz").read_bytes() != path.read_bytes()


def test_numpy_opens_it_without_pickle(path):
    network = make().network
    with np.load(path, allow_pickle=False) as arrays:
        assert arrays.files == ["specification.json", "weight_1", "bias_1", "weight_2", "bias_2"]
        for layer in (0, 1):
            assert np.array_equal(arrays[f"weight_{layer + 1}"], network.weights[layer])
            assert np.array_equal(arrays[f"bias_{layer + 1}"], network.biases[layer])
            assert arrays[f"weight_{layer + 1}"].dtype == np.dtype("<f4")


def test_every_truncation_is_refused(path):
    whole = path.read_bytes()
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        refused(path)


@pytest.mark.parametrize("part", range(PARTS))
def test_flipped_byte_is_refused_or_changes_nothing(part, path):
    """The checksums cover the contents; of the rest, some bytes mean nothing."""
    whole, model = path.read_bytes(), make()
    for position in range(part, len(whole), PARTS):
        flipped = bytearray(whole)
        flipped[position] ^= (0x01, 0x10, 0x80, 0xFF)[position // PARTS % 4]
        path.write_bytes(flipped)
        with suppress(ModelFileError):
            assert same(load(path), model), f"byte {position}"


@pytest.mark.parametrize("offset", [0, 1 << 31, (1 << 32) - 2])
def test_wrong_offset_of_the_directory_is_refused_or_changes_nothing(offset, path):
    whole = path.read_bytes()
    # An archive without a comment ends in four bytes of offset and two of length.
    path.write_bytes(whole[:-6] + struct.pack("<I", offset) + whole[-2:])
    with suppress(ModelFileError):
        assert same(load(path), make())


@pytest.mark.parametrize("content", [b"", b"weights: 1, 2, 3\n", bytes(5000), b"PK\x05\x06"])
def test_other_files_are_refused(content, path):
    path.write_bytes(content)
    refused(path)


def test_unreadable_paths_raise_the_systems_error(tmp_path):
    with pytest.raises(IsADirectoryError):
        load(tmp_path)
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.npz")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "3 arrays for 2 layers"),
        (b"", "weight_1"),
        (npy(np.zeros((3, 4), "<f4")), "(4, 3), } in"),
        (npy(np.zeros(12, "<f4")), "(12,), } in"),
        (npy(np.zeros((4, 3), "<f8")), "'<f8'"),
        (npy(np.zeros((4, 3), ">f4")), "'>f4'"),
        (npy(np.zeros((4, 3), "<f4", "F")), "(4, 3)"),
        (npy(np.zeros((4, 3), "<f4"), (2, 0)), "weight_1"),
        (npy(np.zeros((4, 3), "<f4"))[:-4], ""),
        (npy(np.zeros((4, 3), "<f4")) + bytes(4), ""),
        (npy(np.full((4, 3), np.nan, "<f4")), "parameters must be finite"),
        (npy(np.full((4, 3), -np.inf, "<f4")), "parameters must be finite"),
    ],
)
def test_array_at_odds_with_the_specification_is_refused(content, reason, path):
    rewrite(path, {"weight_1.npy": content})
    refused(path, reason)


@pytest.mark.parametrize(
    "text",
    [
        "(((",
        "-" * 9000 + "1",
        "'''",
        "  x\n y",
        "{[]: 1}",
        "1" * 5000,
        "\0",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3L,), }",
        "{'descr': 'a4', 'fortran_order': False, 'shape': (3,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-3,), }",
    ],
)
def test_malformed_array_header_is_refused(text, path):
    rewrite(path, {"bias_1.npy": with_header(text)})
    refused(path)


def test_pickled_array_is_refused_and_not_run(path, tmp_path):
    class Bomb:
        def __reduce__(self):
            return Path.touch, (tmp_path / "exploded",)

    rewrite(path, {"bias_1.npy": npy(np.array([Bomb()] * 3, object))})
    refused(path, "|O")
    assert not (tmp_path / "exploded").exists()


def test_compressed_archive_is_refused(path):
    rewrite(path, {}, zipfile.ZIP_DEFLATED)
    refused(path, "compressed entries")


@pytest.mark.parametrize("place", ["first", "directory"])
def test_entries_that_overlap_are_refused(path, place):
    """The last one is said to begin where the first one does, or to reach into the directory."""
    content = bytearray(path.read_bytes())
    record = content.rindex(b"PK\1\2")
    if place == "first":
        struct.pack_into("<I", content, record + 42, 0)
    else:
        sizes = struct.unpack_from("<II", content, record + 20)
        struct.pack_into("<II", content, record + 20, *(size + 99 for size in sizes))
    path.write_bytes(content)
    refused(path, "entries that overlap")


def test_entry_that_stands_there_twice_is_refused(path):
    """Another reader might take the other one."""
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("bias_1.npy", npy(np.ones(3, "<f4")))
    refused(path)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            {"format": "nncore model 5"},
            "format 'nncore model 5', this version reads up to 'nncore model 4'",
        ),
        ({"format": "nncore model 3"}, "format 'nncore model 3' with image_shape [2, 2]"),
        ({"architecture": None}, ""),
        ({"architecture": {"hidden": [3], "layers": 3}}, "layers"),
        ({"architecture": {"hidden": [10**12]}}, "in a file of"),
        ({"architecture": {"hidden": [0]}}, "hidden must be a list of integers of at least 1"),
        ({"architecture": {"hidden": [3], "activation": "softmax"}}, "activation must be one of"),
        ({"architecture": {"hidden": [3], "weight_scale": 10**400}}, ""),
        (
            {"architecture": {"hidden": [3], "weight_scale": float("nan")}},
            "Out of range float values",
        ),
        ({"image_shape": [2]}, "image_shape must be rows and columns"),
        ({"image_shape": [2, 2.0]}, "image_shape must be rows and columns"),
        ({"image_shape": [-2, -2]}, "image_shape must be rows and columns"),
        ({"image_shape": [10**6, 10**6]}, "image_shape must be of 4 inputs"),
        ({"inputs": 10**12}, "in a file of"),
        ({"inputs": 5}, "image_shape must be of 5 inputs"),
        ({"inputs": 5, "image_shape": None, "pictures": "as-is"}, "(4, 3), } in"),
        ({"image_shape": None}, "pictures must be as-is without an image_shape"),
        ({"pictures": "shape"}, "pictures must be one of as-is, digit"),
        ({"inputs": 4.0}, "inputs with 4.0"),
        ({"outputs": 1}, "outputs must be at least 2 with softmax"),
        ({"outputs": 10**12}, "in a file of"),
        ({"outputs": 3}, "labels must be 3"),
        ({"dtype": "float16"}, "dtype 'float16'"),
        ({"dtype": "float64"}, "<f4"),
        ({"dtype": 4}, "dtype 4"),
        ({"dtype": []}, ""),
        ({"labels": ["one"]}, "labels must be 2"),
        ({"labels": ["one", "one"]}, "labels must be different"),
        ({"labels": [["a"], "b"]}, "labels must be finite numbers or short strings"),
        ({"labels": None}, ""),
        ({"pixel_std": 0.0}, "std must be a finite number above 0"),
        ({"pixel_std": -1.0}, "std must be a finite number above 0"),
        ({"pixel_std": float("inf")}, "Out of range float values"),
        ({"pixel_mean": float("nan")}, "Out of range float values"),
        ({"pixel_mean": None}, ""),
        ({"provenance": 3}, ""),
        ({"class_names": ["a", "b"]}, "an unknown key 'class_names'"),
        ({"labels": ["a", 2]}, "labels must be of one type"),
        ({"labels": ["a", "b" * 1001]}, "labels must be finite numbers or short strings"),
        # Of the wrong type, though Python could make something of them
        ({"pixel_std": "255"}, ""),
        ({"labels": "ab"}, ""),
        # Scaled pixels that float32 can't hold
        ({"pixel_std": 1e-320}, ""),
        ({"pixel_mean": 1e300}, ""),
    ],
)
def test_impossible_specification_is_refused(change, reason, path):
    rewrite_specification(path, lambda values: values.update(change))
    refused(path, reason)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"3", b'"text"', b"\xff\xfe", b"[" * 100_000, b"{}", b"1" * 5000, None],
)
def test_specification_that_is_none_is_refused(content, path):
    rewrite(path, {"specification.json": content})
    refused(path)


def peak_while_refusing(path):
    tracemalloc.start()
    try:
        refused(path)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_promise_of_a_trillion_units_costs_no_memory(path):
    change = {"architecture": {"hidden": [10**12]}}
    rewrite_specification(path, lambda values: values.update(change))
    assert peak_while_refusing(path) < 1 << 20


def test_promise_of_four_gigabytes_costs_no_memory(path):
    """The size of each entry in the directory at the file's end."""
    whole = bytearray(path.read_bytes())
    place = whole.index(b"PK\x01\x02")
    while place != -1:
        struct.pack_into("<II", whole, place + 20, (1 << 32) - 2, (1 << 32) - 2)
        place = whole.find(b"PK\x01\x02", place + 1)
    path.write_bytes(whole)
    assert peak_while_refusing(path) < 1 << 20


def test_a_hundred_thousand_layers_cost_a_few_times_the_file(path):
    change = {"architecture": {"hidden": [1] * 100_000}}
    rewrite_specification(path, lambda values: values.update(change))
    assert peak_while_refusing(path) < 20 * path.stat().st_size
