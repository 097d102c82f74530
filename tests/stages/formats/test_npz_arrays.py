"""Arrays of any .npz file are read in chunks, or the file is refused in one line."""

import io
import pickle
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from nncore.errors import ArchiveError
from stages.formats.npz_arrays import CHUNK_BYTES, MAX_HEADER_BYTES, list_arrays

IMAGES = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)


def npy(array):
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def npy_header(text, version=(1, 0)):
    length = struct.pack("<H" if version[0] == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes(version) + length + text.encode()


def written(folder, content, method=zipfile.ZIP_STORED):
    path = folder / "data.npz"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("x.npy", content)
    return path


def read(path):
    """Return the array x."""
    arrays, _ = list_arrays(path, {"x"})
    return np.concatenate(list(arrays["x"].chunks()))


def refused(path):
    with pytest.raises(ArchiveError) as error:
        read(path)
    assert str(error.value).startswith(f"{path}: expected a NumPy .npz file, got: ")
    assert "\n" not in str(error.value)
    return str(error.value).partition("got: ")[2]


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("dtype", ["u1", ">i2", "<f4", ">f8", "U3", "?"])
def test_arrays_come_back(tmp_path, save, dtype):
    array = np.arange(60).reshape(3, 4, 5).astype(dtype)
    save(tmp_path / "data.npz", x=array)
    arrays, _ = list_arrays(tmp_path / "data.npz", {"x"})
    (got,) = arrays["x"].chunks()
    assert got.dtype == array.dtype
    np.testing.assert_array_equal(got, array)


def test_an_array_that_python_2_wrote_is_read(tmp_path):
    text = "{'descr': '|u1', 'fortran_order': False, 'shape': (3L, 4L, 5L), }".ljust(117) + "\n"
    path = written(tmp_path, npy_header(text) + IMAGES.tobytes())
    np.testing.assert_array_equal(read(path), IMAGES)


def test_a_header_of_version_2_is_read(tmp_path):
    text = "{'descr': '|u1', 'fortran_order': False, 'shape': (3, 4, 5), }".ljust(115) + "\n"
    path = written(tmp_path, npy_header(text, (2, 0)) + IMAGES.tobytes())
    np.testing.assert_array_equal(read(path), IMAGES)


def test_other_entries_are_named_and_not_read(tmp_path):
    np.savez(tmp_path / "data.npz", x=IMAGES, y=np.array([{}], object))
    with zipfile.ZipFile(tmp_path / "data.npz", "a") as archive:
        archive.writestr("x", "no array")
    arrays, others = list_arrays(tmp_path / "data.npz", {"x", "z"})
    assert list(arrays) == ["x"]
    assert others == ["y", "x"]


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_memory_does_not_grow_with_the_array(tmp_path, save):
    save(tmp_path / "data.npz", x=np.zeros((4000, 100, 100), np.uint8))
    arrays, _ = list_arrays(tmp_path / "data.npz", {"x"})
    tracemalloc.start()
    rows = [len(chunk) for chunk in arrays["x"].chunks()]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(rows) == 4000
    assert max(rows) == CHUNK_BYTES // 10_000
    assert peak < 8 * CHUNK_BYTES


class TestHostile:
    def test_pickled_objects_are_refused_and_no_code_runs(self, tmp_path):
        class Trap:
            def __reduce__(self):
                return (tmp_path / "trap").write_text, ("sprung",)

        objects = npy(np.array([Trap()], object))
        assert pickle.loads(objects[objects.index(b"\x80") :])  # noqa: S301  the trap works
        (tmp_path / "trap").unlink()
        assert refused(written(tmp_path, objects)) == (
            "x of Python objects, which only code can restore; save it as numbers or text"
        )
        assert not (tmp_path / "trap").exists()

    @pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    def test_a_header_that_claims_terabytes_is_refused_in_little_memory(self, tmp_path, method):
        text = "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000, 1000)}\n"
        path = written(tmp_path, npy_header(text) + bytes(8000), method)
        tracemalloc.start()
        fault = refused(path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert fault.startswith("x in ")
        assert fault.endswith("float64 of shape 1000000 x 1000 x 1000 takes 8000000000083")
        assert peak < 1 << 20

    def test_an_entry_that_claims_terabytes_too_is_refused(self, tmp_path):
        """The size of an entry is in the directory at the end, at byte 24 of its record."""
        text = "{'descr': '|u1', 'fortran_order': False, 'shape': (4000, 1000, 1000)}\n"
        path = written(tmp_path, npy_header(text) + bytes(8000), zipfile.ZIP_DEFLATED)
        whole = bytearray(path.read_bytes())
        claimed = 4_000_000_000 + len(npy_header(text))
        struct.pack_into("<I", whole, whole.index(b"PK\x01\x02") + 24, claimed)
        path.write_bytes(whole)
        assert refused(path).startswith(f"x.npy that claims {claimed} bytes in ")

    def test_data_that_end_early_are_refused(self, tmp_path):
        """The header and the size of the entry both claim twice the bytes that there are."""
        text = "{'descr': '|u1', 'fortran_order': False, 'shape': (8, 1000)}\n"
        path = written(tmp_path, npy_header(text) + bytes(4000), zipfile.ZIP_DEFLATED)
        whole = bytearray(path.read_bytes())
        claimed = 8000 + len(npy_header(text))
        struct.pack_into("<I", whole, whole.index(b"PK\x01\x02") + 24, claimed)
        path.write_bytes(whole)
        assert refused(path) == "x that ends in row 0"

    def test_a_file_that_changes_while_it_is_read_is_refused(self, tmp_path):
        arrays, _ = list_arrays(written(tmp_path, npy(IMAGES)), {"x"})
        written(tmp_path, npy(IMAGES[:2]))
        with pytest.raises(ArchiveError, match="got: x with another header than before"):
            list(arrays["x"].chunks())

    def test_no_deflated_data_grow_more_than_the_limit(self, tmp_path):
        path = written(tmp_path, npy(np.zeros(5_000_000, np.uint8)), zipfile.ZIP_DEFLATED)
        arrays, _ = list_arrays(path, {"x"})
        assert arrays["x"].shape == (5_000_000,)

    def test_a_header_as_long_as_the_entry_is_not_read(self, tmp_path):
        path = written(tmp_path, npy_header(" " * (MAX_HEADER_BYTES + 1), (2, 0)))
        assert refused(path) == "x with a header of 10001 bytes"

    @pytest.mark.parametrize(
        "text",
        [
            *("", "{", "1", "[]", "{}", "()" * 400, "(" * 9000, "-" * 9000 + "1", "1" * 5000),
            "__import__('os').system('false')",
            "{'descr': '|u1', 'fortran_order': False, 'shape': (3, 4.5)}",
            "{'descr': '|u1', 'fortran_order': False, 'shape': 60}",
            "{'descr': 'nonsense', 'fortran_order': False, 'shape': (60,)}",
            "{'descr': '|u1', 'fortran_order': 1, 'shape': (60,)}",
            "{'descr': '|u1', 'fortran_order': False, 'shape': (60,), 'more': 1}",
        ],
        ids=lambda text: text[:40],
    )
    def test_a_malformed_header_is_refused(self, tmp_path, text):
        refused(written(tmp_path, npy_header(text) + bytes(60)))

    @pytest.mark.parametrize("start", [b"", b"\x93NUM", b"\x93NUMPY\x03\x00", b"PNG", b"\x93NUMPY"])
    def test_what_is_no_array_is_refused(self, tmp_path, start):
        assert refused(written(tmp_path, start)) == "x.npy without an array of format 1.0 or 2.0"

    @pytest.mark.parametrize(
        ("array", "fault"),
        [
            (np.zeros((0, 4, 4), "u1"), "x without values: uint8 of shape 0 x 4 x 4"),
            (np.array(["", ""], "<U0"), "x without values: <U0 of shape 2"),
            (
                np.asfortranarray(IMAGES),
                "x in Fortran order; save numpy.ascontiguousarray(x)",
            ),
        ],
        ids=["no images", "no characters", "Fortran"],
    )
    def test_an_array_that_cannot_be_streamed_is_refused(self, tmp_path, array, fault):
        content = npy(array).replace(b"<U1", b"<U0")
        if array.dtype.itemsize == 0 or array.dtype.kind == "U":
            content = content[: content.index(b"\n") + 1]
        assert refused(written(tmp_path, content)) == fault

    def test_negative_dimensions_are_refused(self, tmp_path):
        text = "{'descr': '|u1', 'fortran_order': False, 'shape': (-3, -20)}\n"
        fault = refused(written(tmp_path, npy_header(text) + bytes(60)))
        assert fault == "x without values: uint8 of shape -3 x -20"

    @pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    def test_a_compression_without_a_limit_is_refused(self, tmp_path, method):
        fault = refused(written(tmp_path, npy(IMAGES), method))
        assert fault.startswith("x.npy that is encrypted or compressed in another way")

    def test_damaged_data_are_refused(self, tmp_path):
        path = written(tmp_path, npy(IMAGES))
        content = bytearray(path.read_bytes())
        content[content.index(IMAGES.tobytes()) + 30] ^= 1
        path.write_bytes(content)
        assert refused(path) == "Bad CRC-32 for file 'x.npy'"

    def test_damaged_compressed_data_are_refused(self, tmp_path):
        rng = np.random.default_rng(0)
        path = written(tmp_path, npy(rng.integers(0, 9, 100_000, "u1")), zipfile.ZIP_DEFLATED)
        content = bytearray(path.read_bytes())
        content[9000:9100] = bytes(100)
        path.write_bytes(content)
        refused(path)

    @pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x93NUMPY\x01\x00", bytes(1000)])
    def test_a_file_that_is_no_archive_is_refused(self, tmp_path, content):
        path = tmp_path / "data.npz"
        path.write_bytes(content)
        assert refused(path) == "File is not a zip file"

    def test_a_missing_file_and_a_folder_are_the_systems_errors(self, tmp_path):
        with pytest.raises(FileNotFoundError):
            read(tmp_path / "nowhere")
        with pytest.raises(IsADirectoryError):
            read(tmp_path)
