"""Files of the stages; that they appear whole or not at all is in test_atomic_write."""

from stages.shared.files import write_text


def test_a_folder_is_made_for_a_file(tmp_path):
    path = tmp_path / "a" / "b" / "file"
    write_text(path, "text\n")
    assert {other.name: other.read_bytes() for other in path.parent.iterdir()} == {
        "file": b"text\n"
    }
