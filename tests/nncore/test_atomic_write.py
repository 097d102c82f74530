"""A file appears whole or not at all, and nothing is left of an attempt that failed."""

import re
import sys

import pytest

from nncore.files import atomic_path, atomic_write


@pytest.fixture
def path(tmp_path):
    """Return the path of a file that is there already."""
    (tmp_path / "file[1].csv").write_bytes(b"older and longer")
    return tmp_path / "file[1].csv"


def names(path):
    return sorted(other.name for other in path.parent.iterdir())


def test_the_content_is_what_was_given(tmp_path):
    atomic_write(tmp_path / "file", b"content\r\n\0")
    assert (tmp_path / "file").read_bytes() == b"content\r\n\0"


def test_an_older_file_is_replaced(path):
    atomic_write(path, b"new")
    assert path.read_bytes() == b"new"


def test_until_the_end_the_older_file_stands(path):
    with atomic_path(path) as temporary:
        temporary.write_bytes(b"new")
        assert path.read_bytes() == b"older and longer"


def test_at_every_call_of_a_function_the_older_file_stands_or_the_new_one(path):
    """What a kill at that moment would leave."""
    seen = []

    def look(*_):
        sys.setprofile(None)
        seen.append(path.read_bytes())
        sys.setprofile(look)

    sys.setprofile(look)
    try:
        atomic_write(path, b"new" * 10_000)
    finally:
        sys.setprofile(None)
    assert {seen[0], seen[-1]} == set(seen) == {b"older and longer", b"new" * 10_000}


@pytest.mark.parametrize("error", [OSError, TypeError, KeyboardInterrupt])
def test_after_a_failure_the_older_file_stands_alone(path, error):
    def attempt():
        with atomic_path(path) as temporary:
            temporary.write_bytes(b"half a")
            raise error

    with pytest.raises(error):
        attempt()
    assert (path.read_bytes(), names(path)) == (b"older and longer", [path.name])


def test_a_folder_in_the_way_is_named_and_left_alone(tmp_path):
    (tmp_path / "file").mkdir()
    with pytest.raises(OSError, match=re.escape(f"'{tmp_path / 'file'}'")):
        atomic_write(tmp_path / "file", b"content")
    assert names(tmp_path / "file") == ["file"]


def test_a_missing_folder_is_refused_with_the_name_that_was_given(tmp_path):
    with pytest.raises(FileNotFoundError, match=re.escape(f"'{tmp_path / 'none' / 'file'}'")):
        atomic_write(tmp_path / "none" / "file", b"content")


def test_what_a_killed_process_left_of_the_file_is_removed(path):
    path.with_name(f".{path.name}.99999.tmp").touch()
    atomic_write(path, b"new")
    assert names(path) == [path.name]


def test_what_is_left_of_another_file_stays(path):
    path.with_name(".file1.csv.99999.tmp").touch()
    atomic_write(path, b"new")
    assert names(path) == [".file1.csv.99999.tmp", path.name]


def test_of_two_that_write_at_once_the_first_says_so(path):
    """The second takes the first's temporary file for one of a killed process."""

    def write():
        with atomic_path(path) as temporary:
            temporary.write_bytes(b"first")
            # Stands for the same in another process.
            atomic_write(path, b"second")

    with pytest.raises(FileNotFoundError) as caught:
        write()
    assert (caught.value.filename, caught.value.strerror) == (
        str(path),
        "its temporary file has disappeared; does another program write this file?",
    )
    assert path.read_bytes() == b"second"
