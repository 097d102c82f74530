"""What a killed DVC leaves half written is repaired by one command, and the next repro goes on."""

import json
import os
import re
import subprocess
import sys

import pytest
from dvc.fs import localfs
from dvc.lock import make_lock
from dvc.rwlock import RWLOCK_LOCK, rwlock
from dvc.schema import COMPILED_LOCKFILE_SCHEMA
from dvc.utils.serialize import parse_yaml
from dvc_objects.fs.utils import tmp_fname
from pipeline_repository import ROOT, copy

from stages.shared.dvc_lockfile import is_cut
from stages.shared.dvc_rwlock import mend_rwlock

RWLOCK = ".dvc/tmp/rwlock"
LOCK = (ROOT / "dvc.lock").read_bytes()
# As DVC writes it: two stages, the second with all that an entry may have.
SMALL = """\
schema: '2.0'
stages:
  one:
    cmd: a
    outs:
    - path: x
      hash: md5
      md5: 0a1b2c
      size: 12
  two:
    cmd: b 'ü'
    deps:
    - path: x
      hash: md5
      md5: 0a1b2c
      size: 12
    params:
      params.yaml:
        name:
        rates:
        - 0.5
        - 1e-05
    outs:
    - path: y
      hash: md5
      md5: 3d4e5f
      size: 34
    - path: z
      hash: md5
      md5: 6a7b8c.dir
      size: 56
      nfiles: 78
""".encode()
BROKEN = {
    "empty": b"",
    "cut short": b'{"write": {"/a": {"pid": 12, "cm',
    "zeros": bytes(7),
    "no mapping": b"[]",
    "another mapping": b'{"write": {"/a": 12}}',
}


def repair(repo):
    done = repo.run("python", "-m", "stages.repair")
    assert "Traceback" not in done.stderr
    return done


def repaired(repo):
    """Return the lines of a repair that must succeed."""
    return repo.output("python", "-m", "stages.repair").splitlines()


def readable(content):
    """Return whether DVC reads a dvc.lock."""
    try:
        COMPILED_LOCKFILE_SCHEMA(parse_yaml(content.decode(), "dvc.lock"))
    except Exception:  # noqa: BLE001  whatever DVC would end with
        return False
    return True


def test_a_sound_project_is_left_alone_without_a_word(repo):
    before = repo.output("git", "status", "--porcelain", "--ignored")
    assert repaired(repo) == []
    assert repo.output("git", "status", "--porcelain", "--ignored") == before


@pytest.mark.parametrize("folder", [".dvc/tmp", ".dvc/tmp/exps"])
def test_an_empty_rwlock_is_removed_and_a_line_says_so(repo, folder):
    repo[folder].mkdir(exist_ok=True)
    repo[f"{folder}/rwlock"].write_bytes(b"")
    assert repaired(repo) == [f"{folder}/rwlock was empty: removed it; DVC begins a new one"]
    assert repaired(repo) == []


def test_after_the_repair_of_rwlock_repro_runs(repo):
    repo[RWLOCK].write_bytes(b"")
    repo["requirements.lock"].write_text("# Another\n", encoding="utf-8")
    assert repo.run("dvc", "repro", "sources").returncode != 0
    repaired(repo)
    repo.output("dvc", "repro", "sources")


# What DVC ends with where an entry of its run cache is an empty folder, or holds a file cut short.
@pytest.mark.parametrize(("is_cut_short", "message"), [(False, "NoneType"), (True, "'outs'")])
def test_after_entries_of_the_run_cache_without_a_whole_file_are_removed_repro_runs(
    repo, is_cut_short, message
):
    """As a kill leaves them after the creation of the folder, or while DVC writes the file."""
    runs = repo[".dvc/cache/runs"]
    entries = sorted(runs.glob("*/*"))
    for entry in entries:
        (file,) = entry.iterdir()
        if is_cut_short:
            whole = file.read_bytes()
            (entry / tmp_fname()).write_bytes(whole[: whole.index(b"outs:")])
        file.unlink()
    repo["dvc.lock"].unlink()
    assert message in repo.run("dvc", "repro").stderr
    was_empty = ", an entry of DVC's run cache, was empty: removed it"
    lines = [line for line in repaired(repo) if line.endswith(was_empty)]
    assert sorted(lines) == [f"{entry.relative_to(repo.root)}{was_empty}" for entry in entries]
    assert repaired(repo) == []
    repo.output("dvc", "repro")


def test_a_file_cut_short_beside_the_whole_one_of_an_entry_is_removed_alone(repo):
    entry = min(repo[".dvc/cache/runs"].glob("*/*"))
    before = list(entry.iterdir())
    cut = entry / tmp_fname()
    cut.write_bytes(b"cmd: x")
    assert repaired(repo) == [f"{cut.relative_to(repo.root)} was left by a killed DVC: removed it"]
    assert list(entry.iterdir()) == before


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_dvc_takes_its_locks_in_place_of_any_broken_rwlock(tmp_path, content):
    (tmp_path / "rwlock").write_bytes(content)
    lines = list(mend_rwlock(tmp_path))
    with rwlock(str(tmp_path), localfs, "repro", [], ["/a"], hardlink=False):
        pass
    assert len(lines) == 1


@pytest.fixture
def holding(tmp_path):
    """Return a function that has processes hold a file, in a rwlock that is some seconds old."""

    def write(*numbers, age):
        path = tmp_path / "rwlock"
        first, *others = [{"pid": number, "cmd": "dvc repro"} for number in numbers]
        path.write_text(json.dumps({"write": {"/a": first}, "read": {"/b": others}}))
        stamp = path.stat().st_mtime - age
        os.utime(path, (stamp, stamp))
        return list(mend_rwlock(tmp_path)), set(map(int, re.findall(r"\d+", path.read_text())))

    return write


@pytest.fixture
def other():
    """Return the number of a process that is no DVC."""
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process.pid
        process.kill()


def test_what_a_killed_dvc_held_is_released_when_another_process_has_its_number(
    holding, other, tmp_path
):
    lines, left = holding(other, other, age=600)
    assert left == set()
    assert lines == [
        f"{tmp_path}/rwlock reserved files for the killed DVC process {other}: released them"
    ]


def test_a_dead_process_that_nobody_has_reaped_holds_nothing(holding):
    with subprocess.Popen(["true"]) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        _, left = holding(process.pid, age=0)
    assert left == set()


def test_a_process_that_is_older_than_rwlock_keeps_what_it_holds(holding, other):
    assert holding(other, age=0) == ([], {other})


def test_a_dvc_keeps_what_it_holds(holding):
    # Until it speaks, it may not have its arguments yet.
    program = [sys.executable, "-c", "print(flush=True); input()", "dvc"]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as dvc:
        dvc.stdout.readline()
        assert holding(dvc.pid, age=600) == ([], {dvc.pid})
        dvc.kill()


@pytest.mark.parametrize(("path", "lock"), [(RWLOCK, RWLOCK_LOCK), ("dvc.lock", "lock")])
def test_while_another_dvc_writes_nothing_is_touched(repo, path, lock):
    repo[path].write_bytes(b"")
    with make_lock(str(repo[f".dvc/tmp/{lock}"])):
        done = repair(repo)
    expected = "repair: expected no other DVC process in this project, got one; wait until it ends"
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, expected)
    assert repo[path].read_bytes() == b""


@pytest.mark.parametrize(("content", "step"), [(SMALL, 1), (LOCK, 83)], ids=["small", "own"])
def test_a_lock_file_that_ends_anywhere_is_cut_or_read_by_dvc(content, step):
    begun = (content[:end] for end in range(0, len(content), step))
    assert [text for text in begun if not is_cut(text) and not readable(text)] == []


def test_no_half_output_is_taken_for_a_whole_one():
    ends = range(SMALL.rindex(b"- path: y"), len(SMALL))
    # Between the two outputs, where DVC sees that one is missing.
    assert [end for end in ends if not is_cut(SMALL[:end])] == [SMALL.rindex(b"    - path: z")]


@pytest.mark.parametrize("name", ["dvc.lock", "recipes/dvc.lock", "sweep/dvc.lock"])
def test_the_projects_lock_files_are_whole(name):
    assert not is_cut((ROOT / name).read_bytes())


def test_a_whole_lock_file_is_not_cut():
    assert (readable(SMALL), is_cut(SMALL)) == (True, False)


@pytest.mark.parametrize("zeros", [1, 4096])
def test_a_lock_file_that_ends_in_zeros_is_cut(zeros):
    assert is_cut(SMALL + bytes(zeros))


@pytest.mark.parametrize(
    ("old", "edited"),
    [
        ("  two:\n", "<<<<<<< HEAD\n  two:\n=======\n  three:\n>>>>>>> other\n"),
        ("    cmd: a\n", "    cmd: [a\n"),
        ("schema: '2.0'", "schema: '9.0'"),
    ],
)
def test_a_fault_of_another_kind_is_left_to_its_author(old, edited):
    content = SMALL.decode().replace(old, edited).encode()
    assert (readable(content), is_cut(content)) == (False, False)


@pytest.fixture(scope="module")
def uncommitted(changed, tmp_path_factory):
    """Return a repository whose last run Git knows nothing of, as a killed run is not staged."""
    repo = copy(changed, tmp_path_factory.mktemp("uncommitted") / "copy")
    repo.output("git", "reset", "--quiet", "HEAD~1")
    return repo


@pytest.mark.parametrize("fraction", [0, 0.5, 1])
def test_after_a_cut_repro_brings_back_the_lock_file_byte_for_byte(
    uncommitted, changed, tmp_path, fraction
):
    repo = copy(uncommitted, tmp_path / "copy")
    content = repo["dvc.lock"].read_bytes()
    end = int(fraction * (len(content) - 1))
    # Within a line: a file that ends with an entry is whole.
    end -= 0 < fraction < 1 and content[end - 1 : end + 1].count(b"\n")
    repo["dvc.lock"].write_bytes(content[:end])
    line = f"dvc.lock was {'cut short' if fraction else 'empty'}: restored it from Git's index"
    assert repaired(repo) == [line]
    assert repo.output("git", "diff", "--", "dvc.lock") == ""
    repo.output("dvc", "repro")
    assert (repo.lock(), repo.reports()) == (changed.lock(), changed.reports())


def test_a_lock_file_cut_in_the_index_too_is_restored_from_the_last_commit(repo):
    before = repo.lock()
    repo["dvc.lock"].write_bytes(b"")
    repo.output("git", "add", "dvc.lock")
    assert repaired(repo) == ["dvc.lock was empty: restored it from the last commit"]
    assert repo.lock() == before


def test_a_lock_file_that_git_has_not_is_removed_and_comes_back_byte_for_byte(repo):
    before = repo.lock()
    repo.output("git", "rm", "--quiet", "--cached", "dvc.lock")
    repo.output("git", "commit", "--quiet", "--message", "None")
    repo["dvc.lock"].write_bytes(before.encode()[:5000])
    line = "dvc.lock was cut short, and Git has none: removed it; DVC begins a new one"
    assert repaired(repo) == [line]
    repo.output("dvc", "repro")
    assert repo.lock() == before


def test_the_lock_file_of_every_pipeline_is_mended(repo):
    names = ["recipes/dvc.lock", "sweep/deep/dvc.lock"]
    for name in names:
        repo[name].parent.mkdir(parents=True, exist_ok=True)
        repo[name].with_suffix(".yaml").write_text("stages: {one: {cmd: a}}\n", encoding="utf-8")
        repo[name].write_bytes(SMALL)
    repo.commit()
    for name in names:
        repo[name].write_bytes(SMALL[:-1])
    assert repaired(repo) == [f"{n} was cut short: restored it from Git's index" for n in names]
    assert repo.output("git", "status", "--porcelain") == ""


def test_a_broken_record_of_an_experiment_is_removed_and_a_sound_one_stays(repo):
    broken, sound = (repo[f".dvc/tmp/exps/run/{name}/{name}.run"] for name in ("one", "two"))
    for path, text in {broken: "", sound: "{}"}.items():
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="ascii")
    name = broken.relative_to(repo.root)
    assert repaired(repo) == [f"{name}, the record of an experiment, was broken: removed it"]
    assert (broken.exists(), sound.exists()) == (False, True)


def test_dvcs_temporary_files_beside_outputs_are_removed_and_others_stay(repo):
    names = [f"reports/{tmp_fname()}", f"models/{tmp_fname('model.npz')}"]
    for name in (*names, "reports/mine.tmp"):
        repo[name].write_text("half", encoding="ascii")
    lines = {f"{name} was left by a killed DVC: removed it" for name in names}
    assert set(repaired(repo)) == lines
    assert [path.name for path in repo.root.rglob("*.tmp")] == ["mine.tmp"]


def test_an_empty_params_yaml_is_named_with_what_to_type_and_left_alone(repo):
    repo["params.yaml"].write_bytes(b"")
    done = repair(repo)
    line = (
        "repair: params.yaml is empty, as a killed `dvc exp run -S` leaves it; "
        "to have it as in Git, type: git restore params.yaml\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, "", line)
    assert repo["params.yaml"].read_bytes() == b""


def test_a_project_that_dvc_cannot_open_is_one_line(repo):
    repo[RWLOCK].write_bytes(b"")
    repo[".dvc/config.local"].write_text("[core\n", encoding="ascii")
    done = repair(repo)
    expected = "repair: expected a project that DVC can open, got: "
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(expected)
    assert len(done.stderr.splitlines()) == 1


def test_make_repairs_before_each_repro():
    lines = (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    before = [lines[i - 1] for i, line in enumerate(lines) if line.startswith("\tdvc repro")]
    assert before
    assert set(before) == {"\t@python -m stages.repair"}
