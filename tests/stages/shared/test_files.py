"""Files appear whole or not at all, and nothing is left of an attempt that failed."""

import sys

import pytest

from stages.shared.files import output_path, write_text


@pytest.fixture
def path(tmp_path):
    """Return the path of a file that is there already."""
    (tmp_path / "file[1].csv").write_text("old", encoding="utf-8")
    return tmp_path / "file[1].csv"


def names(path):
    return sorted(other.name for other in path.parent.iterdir())


def test_a_file_is_replaced(path):
    with output_path(path) as temporary:
        temporary.write_text("new", encoding="utf-8")
    assert path.read_text(encoding="utf-8") == "new"


def test_until_the_end_the_old_file_stands(path):
    with output_path(path) as temporary:
        temporary.write_text("new", encoding="utf-8")
        assert path.read_text(encoding="utf-8") == "old"


def test_at_every_call_of_a_function_the_old_file_stands_or_the_new_one(path):
    """What a kill at that moment would leave."""
    seen = []

    def look(*_):
        sys.setprofile(None)
        seen.append(path.read_bytes())
        sys.setprofile(look)

    sys.setprofile(look)
    try:
        write_text(path, "new" * 10_000)
    finally:
        sys.setprofile(None)
    assert {seen[0], seen[-1]} == set(seen) == {b"old", b"new" * 10_000}


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_after_a_fault_the_old_file_stands_alone(path, error):
    def attempt():
        with output_path(path) as temporary:
            temporary.write_text("half a", encoding="utf-8")
            raise error

    with pytest.raises(error):
        attempt()
    assert (path.read_text(encoding="utf-8"), names(path)) == ("old", [path.name])


def test_a_folder_is_made_for_it(tmp_path):
    with output_path(tmp_path / "a" / "b" / "file") as temporary:
        temporary.touch()
    assert names(tmp_path / "a" / "b" / "file") == ["file"]


def test_what_a_killed_process_left_of_it_goes(path):
    path.with_name(f".{path.name}.99999.tmp").touch()
    with output_path(path) as temporary:
        temporary.touch()
    assert names(path) == [path.name]


def test_what_is_left_of_another_file_stays(path):
    path.with_name(".file1.csv.99999.tmp").touch()
    with output_path(path) as temporary:
        temporary.touch()
    assert names(path) == [".file1.csv.99999.tmp", path.name]


def test_a_process_whose_temporary_file_was_taken_away_fails_and_replaces_nothing(path):
    def attempt():
        with output_path(path) as late:
            late.write_text("late", encoding="utf-8")
            # Stands for the same in another process.
            with output_path(path) as early:
                early.write_text("early", encoding="utf-8")

    with pytest.raises(FileNotFoundError):
        attempt()
    assert path.read_text(encoding="utf-8") == "early"
