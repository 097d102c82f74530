"""A file appears whole or not at all."""

import re

import pytest

from nncore.files import atomic_path, atomic_write


def test_the_content_is_what_was_given(tmp_path):
    atomic_write(tmp_path / "file", b"content\r\n\0")
    assert (tmp_path / "file").read_bytes() == b"content\r\n\0"


def test_an_older_file_is_replaced(tmp_path):
    (tmp_path / "file").write_bytes(b"older and longer")
    atomic_write(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"new"


def test_a_failure_leaves_the_older_file_and_nothing_else(tmp_path):
    (tmp_path / "file").write_bytes(b"older")
    with pytest.raises(TypeError):
        atomic_write(tmp_path / "file", "no bytes")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"older"


def test_a_folder_in_the_way_is_named_and_left_alone(tmp_path):
    (tmp_path / "file").mkdir()
    with pytest.raises(OSError, match=re.escape(f"'{tmp_path / 'file'}'")):
        atomic_write(tmp_path / "file", b"content")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_missing_folder_is_refused_with_the_name_that_was_given(tmp_path):
    with pytest.raises(FileNotFoundError, match=re.escape(f"'{tmp_path / 'none' / 'file'}'")):
        atomic_write(tmp_path / "none" / "file", b"content")


def test_of_two_that_write_at_once_the_first_says_so(tmp_path):
    """The second takes the first's temporary file for one of a killed process."""
    path = tmp_path / "file"

    def write():
        with atomic_path(path) as temporary:
            temporary.write_bytes(b"first")
            temporary.unlink()
            path.write_bytes(b"second")

    with pytest.raises(FileNotFoundError) as caught:
        write()
    assert (caught.value.filename, caught.value.strerror) == (
        str(path),
        "its temporary file has disappeared; does another program write this file?",
    )
    assert path.read_bytes() == b"second"
