"""The first difference between two files, and the traces in one."""

import base64
import zipfile
from datetime import UTC, datetime

import pytest

from tools.verification.differences import contents, first_difference
from tools.verification.traces import make_search, traces


@pytest.fixture
def difference(tmp_path):
    """Return a function from two contents to their first difference."""

    def compute(old, new):
        files = []
        for name, content in (("old", old), ("new", new)):
            (tmp_path / name).mkdir()
            files.append((tmp_path / name / "file", tmp_path / name))
            files[-1][0].write_bytes(content)
        return first_difference(*files)

    return compute


def archive(path, **members):
    """Return the bytes of a ZIP file."""
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(zipfile.ZipInfo(name), content)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b"same\n", b"same\n", None),
        (b"", b"", None),
        (b"a\nloss 1\n", b"a\nloss 2\n", "line 2: 'loss 1' | 'loss 2'"),
        (b"a\nb\n", b"a\n", "line 2: 'b' | the end"),
        (b"a\nb", b"a\nb\n", "line 2: 'b' | 'b\\n'"),
        (b"a\r\nb", b"a\nb", "line 1: 'a\\r' | 'a'"),
        ("käse\n".encode(), "köse\n".encode(), "line 1: 'käse' | 'köse'"),
        (b"\0\1\2", b"\0\1\3", "byte 2: 02 | 03"),
        (b"\0\1", b"\0\1\3\4", "byte 2: the end | 03 04"),
    ],
)
def test_the_first_difference_is_a_line_of_text_or_a_byte(difference, old, new, expected):
    assert difference(old, new) == expected


def test_a_long_line_is_shortened_around_the_difference(difference):
    old = b"0123456789" * 100
    new = old[:500] + b"x" + old[501:]
    excerpt = f"{'0123456789' * 3}0{'123456789' + '0123456789' * 2}"
    assert (
        difference(old, new) == f"line 1: …{excerpt!r}… | …{excerpt[:30] + 'x' + excerpt[31:]!r}…"
    )


def test_a_difference_far_into_a_file_is_found(difference):
    old = b"line\n" * 600_000
    assert difference(old, old[:-2] + b"x\n") == "line 600000: 'line' | 'linx'"


def test_the_member_of_an_archive_is_named(difference, tmp_path):
    old = archive(tmp_path / "a", **{"b.npy": b"\0\0", "w.npy": b"\0\1"})
    new = archive(tmp_path / "b", **{"b.npy": b"\0\0", "w.npy": b"\0\2"})
    assert difference(old, new) == "w.npy, byte 1: 01 | 02"


def test_an_archive_in_an_archive_is_opened(difference, tmp_path):
    inner = [archive(tmp_path / text, **{"note.txt": text}) for text in ("one", "two")]
    old, new = (archive(tmp_path / "outer", **{"inner.zip": content}) for content in inner)
    assert difference(old, new) == "inner.zip, note.txt, line 1: 'one' | 'two'"


def test_a_member_of_one_archive_alone_is_named(difference, tmp_path):
    old = archive(tmp_path / "a", a="1")
    assert difference(old, archive(tmp_path / "b", a="1", b="2")) == "members: the end | b"


def test_the_date_of_a_member_is_a_difference(difference, tmp_path):
    old = archive(tmp_path / "a", a="1")
    with zipfile.ZipFile(tmp_path / "b", "w") as file:
        file.writestr(zipfile.ZipInfo("a", (2031, 5, 6, 0, 0, 0)), "1")
    result = difference(old, (tmp_path / "b").read_bytes())
    assert result.startswith("byte 12: ")
    assert result.endswith("; same members")


def test_a_damaged_archive_is_compared_by_bytes(difference, tmp_path):
    old = archive(tmp_path / "a", a="1\0")
    assert difference(old, old[:-1]).startswith(f"byte {len(old) - 1}: ")


def test_links_are_compared_by_their_targets(tmp_path):
    for project in ("a", "b"):
        (tmp_path / project).mkdir()
    pairs = [(tmp_path / project / "link", tmp_path / project) for project in ("a", "b")]
    for file, project in pairs:
        file.symlink_to(project / "data")
    assert first_difference(*pairs) is None
    pairs[1][0].unlink()
    pairs[1][0].symlink_to("/elsewhere")
    assert first_difference(*pairs) == "link to data | link to /elsewhere"


def test_a_link_into_the_cache_stands_for_its_file(tmp_path):
    pairs = [(tmp_path / project / "link", tmp_path / project) for project in ("a", "b")]
    for number, (file, project) in enumerate(pairs):
        (project / ".dvc" / "cache").mkdir(parents=True)
        (project / ".dvc" / "cache" / str(number)).write_text(f"{number}\n")
        file.symlink_to(project / ".dvc" / "cache" / str(number))
    assert first_difference(*pairs) == "line 1: '0' | '1'"


@pytest.mark.parametrize(
    ("modes", "expected"), [(False, None), (True, "may be executed: False | True")]
)
def test_another_mode_is_a_difference_only_where_git_tracks_it(tmp_path, modes, expected):
    pairs = [(tmp_path / name, tmp_path) for name in ("a", "b")]
    for mode, (file, _) in zip((0o600, 0o700), pairs, strict=True):
        file.touch()
        file.chmod(mode)
    assert first_difference(*pairs, modes=modes) == expected


def test_a_folder_holds_its_files_and_links_at_any_depth(tmp_path):
    (tmp_path / "out" / "deep").mkdir(parents=True)
    (tmp_path / "out" / "deep" / "file").touch()
    (tmp_path / "out" / "up").symlink_to("..")
    assert list(contents(tmp_path / "out")) == ["deep/file", "up"]
    assert list(contents(tmp_path / "out" / "deep" / "file")) == ["."]
    assert contents(tmp_path / "missing") == {}


@pytest.mark.parametrize("word", ["/tmp/verify-x", "2031-05-06", "20310506", "06 May 2031"])  # noqa: S108  never opened
def test_a_path_or_a_date_in_an_artefact_is_named(tmp_path, word):
    search = make_search(["/tmp/verify-x"], [datetime(2031, 5, 6, 12, tzinfo=UTC)])  # noqa: S108  never opened
    file = tmp_path / "model.npz"
    file.write_bytes(b"\0\1" + word.encode() + b"\2")
    assert traces(file, search.words) == [word]


@pytest.mark.parametrize(
    ("content", "has_word"), [(b"\xae\x8a\x2d" * 99, False), (b"..root.." * 99, True)]
)
def test_what_a_page_embeds_is_searched_as_what_it_stands_for(tmp_path, content, has_word):
    """The base64 of the first is root over and over; that of the second has no such letters."""
    file = tmp_path / "report.html"
    file.write_bytes(b"<p>" + base64.b64encode(content) + b"</p>")
    assert traces(file, {"root"}) == ["root"] * has_word


def test_a_compressed_member_of_an_archive_is_searched(tmp_path):
    file = tmp_path / "model.npz"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as members:
        members.writestr(zipfile.ZipInfo("note"), b"on 2031-05-06 " * 9)
    assert traces(file, {"2031-05-06"}) == ["2031-05-06"]


@pytest.mark.parametrize(
    ("word", "content"),
    [
        ("anna", "savanna, Annapolis, hosanna"),
        ("/home/anna", "/home/annabel/data.csv"),
        ("20310506", "0.20310506, 120310506, 203105061"),
        ("2031-05-06", "12031-05-06 and 2031-05-067"),
    ],
)
def test_a_part_of_a_longer_word_or_number_is_no_trace(tmp_path, word, content):
    file = tmp_path / "words.txt"
    file.write_text(content)
    assert traces(file, {word}) == []
    file.write_text(f"{content} ({word})")
    assert traces(file, {word}) == [word]


def test_all_traces_of_a_file_are_sorted(tmp_path):
    file = tmp_path / "log.txt"
    file.write_text("/home/anna 2031-05-06")
    words = ["/home/anna", "2031", "2031-05-06"]
    assert traces(file, reversed(words)) == words


def test_tomorrow_in_the_east_is_a_date_too(tmp_path):
    search = make_search([tmp_path], [datetime(2031, 5, 6, 12, tzinfo=UTC)])
    assert {"2031-05-06", "2031-05-07"} <= search.words


@pytest.fixture
def people(monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "root")
    monkeypatch.setattr("socket.gethostname", lambda: "vm")


@pytest.mark.usefixtures("people")
def test_a_search_says_for_what_it_searches_and_for_what_not():
    day = datetime(2031, 5, 6, 12, tzinfo=UTC)
    assert str(make_search(["/srv/data", "/usr"], [day], strict=False)) == (
        "searched for /srv/data, 2031-05-06, 2031-05-07; "
        "not for '/usr' (too common), 'root' (too common), 'vm' (too short)"
    )


@pytest.mark.usefixtures("people")
def test_a_common_name_of_a_user_counts_only_if_the_search_is_strict():
    day = datetime(2031, 5, 6, tzinfo=UTC)
    assert make_search([], [day]).names == ("root",)
    assert make_search([], [day], strict=False).names == ()


def test_a_user_without_a_name_is_not_searched_for(monkeypatch):
    """As in a container that runs under some number."""

    def unknown():
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr("getpass.getuser", unknown)
    monkeypatch.setattr("socket.gethostname", lambda: "anna-laptop")
    assert make_search([], []).names == ("anna-laptop",)
