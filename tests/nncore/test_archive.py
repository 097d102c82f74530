"""Archives: what is read could have been written, and costs no more than the file's size."""

import json
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from nncore.errors import ArchiveError
from nncore.files import open_archive, write_archive

VALUES = {"a": [1, 2.5, None], "b": "Zürich"}


@pytest.fixture
def path(tmp_path):
    write_archive(tmp_path / "a.npz", VALUES, {"x": np.arange(3.0)})
    return tmp_path / "a.npz"


def values(path):
    with open_archive(path, "an archive") as archive:
        return archive.values


def test_values_come_back(path):
    assert values(path) == VALUES


def test_an_array_comes_back_from_any_order_of_bytes_and_axes(tmp_path):
    array = np.arange(6.0).reshape(2, 3)
    write_archive(tmp_path / "a.npz", {}, {"x": np.asfortranarray(array, dtype=">f8")})
    out = np.empty((2, 3))
    with open_archive(tmp_path / "a.npz", "an archive") as archive:
        archive.read("x", out)
    assert np.array_equal(out, array)


@pytest.mark.parametrize("field", [20, 24], ids=["stored", "unpacked"])
@pytest.mark.parametrize("size", [0, 1, (1 << 31) - 1, (1 << 32) - 2])
def test_a_false_size_of_an_entry_is_refused_in_little_memory(path, field, size):
    """In the directory at the end; zipfile would ask for 2 GiB at once."""
    whole = bytearray(path.read_bytes())
    struct.pack_into("<I", whole, whole.index(b"PK\x01\x02") + field, size)
    path.write_bytes(whole)
    tracemalloc.start()
    with pytest.raises(ArchiveError):
        values(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


@pytest.mark.parametrize("text", ["NaN", "-Infinity", "1e999", '"\\ud800"', '{"\\udfff": 1}'])
def test_a_value_that_could_not_be_written_is_refused(path, text):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("specification.json", f'{{"deep": [{text}]}}')
    with pytest.raises(ArchiveError):
        values(path)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800"])
def test_a_value_that_could_not_be_read_is_not_written(tmp_path, value):
    with pytest.raises(ValueError, match=r"not JSON compliant|surrogates not allowed"):
        write_archive(tmp_path / "a.npz", {"a": value}, {})


def test_the_text_is_for_people_to_read(path):
    with zipfile.ZipFile(path) as archive:
        text = archive.read("specification.json").decode("utf-8")
    assert text == json.dumps(VALUES, indent=2, ensure_ascii=False) + "\n"
