"""The golden test on small pipelines: planted faults are named, and nothing is left behind."""

import os
import re
import shutil
import signal
import subprocess
import sys

import pytest
from verified_repository import VERIFY, VerifiedRepository, create

from tools.verification.circumstances import two_runs
from tools.verification.reproduction import processes_with

COPY = "import shutil, sys\nshutil.copyfile(*sys.argv[1:])\n"
# Each writes a file of its own name. None gives the same bytes everywhere.
FAULTS = {
    "stamp": "import time\ntext = f'made\\nat {time.time():.0f}'",
    "set": "text = '\\n'.join({'ant', 'bee', 'cat', 'dog', 'eel', 'fox', 'gnu', 'hen'})",
    "draw": "import random\ntext = str(random.random())",
    "listing": "import os\ntext = '\\n'.join(os.listdir('names'))",
}
CLEAN = {
    "dvc.yaml": """\
stages:
  split:
    cmd: python split.py
    deps: [data.txt, split.py, kept.txt]
    outs: [parts]
    metrics:
      - lines.json: {cache: false}
  keep:
    cmd: cp data.txt kept.txt
    deps: [data.txt]
    outs: [kept.txt]
""",
    "sub/dvc.yaml": """\
stages:
  join:
    cmd: cat ../parts/0 ../parts/1 > all.txt
    deps: [../parts]
    outs: [all.txt]
""",
    "split.py": """\
from pathlib import Path

lines = Path("data.txt").read_text().splitlines()
Path("parts").mkdir()
for number, line in enumerate(lines):
    Path("parts", str(number)).write_text(line)
Path("lines.json").write_text('{"lines": %d}' % len(lines))
""",
    "data.txt": "one\ntwo\n",
}
SLEEPS = {
    "dvc.yaml": "stages: {sleeps: {cmd: python sleeps.py, outs: [out.txt]}}\n",
    # One of its processes leaves the session, and so the group.
    "sleeps.py": "import subprocess\nsubprocess.Popen(['sleep', '600'], start_new_session=True)\n"
    "subprocess.run(['sleep', '600'])\n",
}


def stages_yaml(commands):
    """Return a dvc.yaml: for each stage its command, what it reads and what it writes."""
    entries = [
        f"  {name}:\n    cmd: {command}\n    deps: [{reads}]\n    outs: [{writes}]\n"
        for name, (command, reads, writes) in commands.items()
    ]
    return f"stages:\n{''.join(entries)}"


def left_behind(repository):
    return [*repository.temporary.iterdir(), *processes_with(str(repository.temporary))]


@pytest.fixture(scope="module")
def faults(tmp_path_factory):
    """Return the output of the golden test on four pipelines, each with a fault and a follower."""
    commands, files = {}, {"copy.py": COPY, "names/a": "", "names/b": "", "names/c": ""}
    for name, source in FAULTS.items():
        files[f"{name}.py"] = f"{source}\nopen('{name}.txt', 'w').write(text)\n"
        commands[name] = (f"python {name}.py", f"{name}.py", f"{name}.txt")
        copied = f"{name}_copy.txt"
        commands[f"after_{name}"] = (f"python copy.py {name}.txt {copied}", f"{name}.txt", copied)
    files["dvc.yaml"] = stages_yaml(commands)
    repository = create(tmp_path_factory.mktemp("faults"), files)
    code, output = repository.verify()
    assert code == 1, output
    assert left_behind(repository) == []
    return output


@pytest.mark.parametrize(
    ("fault", "first_difference"),
    [
        ("stamp", r"line 2: 'at \d+' \| 'at \d+'"),
        ("set", r"line 1: '\w+' \| '\w+'"),
        ("draw", r"line 1: '0\.\d+…?' \| '0\.\d+…?'"),
        ("listing", r"line 1: '\w' \| '\w'"),
    ],
)
def test_a_fault_is_named_with_its_stage_file_and_first_difference(faults, fault, first_difference):
    assert re.search(
        rf"^  {fault} differs: run 1 \| run 2\n"
        rf"    {fault}\.txt: {first_difference}\n"
        rf"    follow from it: after_{fault}$",
        faults,
        re.MULTILINE,
    ), faults


def test_nothing_else_than_the_faults_is_named(faults):
    assert faults.count("differs:") == len(FAULTS)


def test_without_a_committed_lock_the_runs_are_compared_only(faults):
    assert re.search(r"^result +runs differ +runs differ$", faults, re.MULTILINE)
    line = "no dvc.lock in the commit: of the commit, only outputs that Git tracks are compared\n"
    assert line in faults


def test_the_last_line_gives_the_reason_for_exit_code_1(faults):
    reason = "exit code 1 because of stages that differ between the runs (8)"
    assert faults.splitlines()[-1] == reason


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """Return a pipeline that is reproducible, whose input is nowhere but in its cache."""
    repository = create(tmp_path_factory.mktemp("clean"), CLEAN)
    repository.run("git", "rm", "--quiet", "--cached", "data.txt")
    repository.run("dvc", "add", "--quiet", "data.txt")
    repository.run("dvc", "repro", "--quiet", "--all-pipelines")
    file = repository.root / "dvc.yaml"
    file.write_text(file.read_text().replace("keep:\n", "keep:\n    frozen: true\n"))
    repository.commit()
    for name in ("data.txt", "kept.txt"):
        (repository.root / name).unlink()
    return repository


@pytest.fixture
def changeable(clean, tmp_path):
    shutil.copytree(clean.home, tmp_path / "copy")
    return VerifiedRepository(tmp_path / "copy")


def test_a_pipeline_without_a_fault_passes(clean):
    code, output = clean.verify("--strict")
    assert code == 0, output
    assert re.search(r"^result +as committed +as committed$", output, re.MULTILINE)
    # The metric, two parts and all.txt.
    assert output.splitlines()[-1] == "4 files and 2 dvc.lock, each as committed"
    searched = output.splitlines()[-2]
    assert re.match(r"searched for (/[^ ]+, )+('\w[^ ]*', )*\d{4}-", searched), searched
    for place in (clean.root, clean.home, sys.prefix):
        assert f" {place}," in searched
    libraries = r"^libraries +as they are +other kernels, two threads, other Matplotlib settings$"
    assert re.search(libraries, output, re.MULTILINE)
    assert "frozen, so not run: keep\n" in output
    assert left_behind(clean) == []


def test_the_original_is_left_as_it_was(clean):
    """No remote, no setting, no file: the runs leave the repository alone."""
    status = subprocess.run(
        ["git", "status", "--porcelain", "--ignored"],
        cwd=clean.root,
        env=clean.environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    names = {line[3:] for line in status.splitlines()}
    assert names == {".dvc/cache/", ".dvc/tmp/", "parts/", "sub/all.txt"}
    assert (clean.root / ".dvc" / "config").read_text() == ""


def test_a_commit_whose_lock_is_not_what_the_pipeline_gives_fails(changeable):
    lock = changeable.root / "sub" / "dvc.lock"
    (correct,) = re.findall(r"path: all.txt\n +hash: md5\n +md5: (\w+)", lock.read_text())
    lock.write_text(lock.read_text().replace(correct, "f" * 32))
    changeable.commit()
    code, output = changeable.verify()
    assert code == 1, output
    assert re.search(r"^result +DIFFERS +DIFFERS$", output, re.MULTILINE)
    assert (
        "  sub/dvc.yaml:join differs: the commit | now\n"
        f"    sub/dvc.lock: join outs all.txt: md5 {'f' * 32} size 6 | md5 {correct} size 6\n"
        "    its dependencies are as committed; so the committed result came from another "
        "environment (a variable: --env, packages, the processor) or from a file that is no "
        "dependency\n"
    ) in output
    assert output.endswith("exit code 1 because of stages that differ from the commit (1)\n")


def test_a_change_that_was_committed_without_a_run_is_named(changeable):
    """Both parts get another content, and the lines are counted in another file."""
    script = changeable.root / "split.py"
    script.write_text(script.read_text().replace("write_text(line)", "write_text(line * 2)"))
    changeable.commit()
    code, output = changeable.verify()
    assert code == 1, output
    (lines,) = re.findall(
        r"^  split differs: the commit \| now\n((?:    .*\n)+)", output, re.MULTILINE
    )
    assert re.fullmatch(
        r"    dvc\.lock: split deps split\.py: md5 \w+ size \d+ \| md5 \w+ size \d+\n"
        r"    dvc\.lock: split outs parts: md5 .*\n"
        r"    somebody committed a change without dvc repro\n"
        r"    follow from it: sub/dvc\.yaml:join\n",
        lines,
    ), lines


def test_an_input_that_is_nowhere_is_named(changeable):
    changeable.run("rm", "-r", ".dvc/cache")
    code, output = changeable.verify()
    assert code == 2, output
    assert (
        f"verify: expected data.txt, kept.txt in the DVC cache of {changeable.root} or in its "
        f"default remote, got neither; type dvc pull in {changeable.root}, then verify again. In a "
        "clone of the commit it ended with:\n"
    ) in output
    assert left_behind(changeable) == []


def test_a_stage_that_fails_is_named_with_the_end_of_its_output(tmp_path):
    fails = "import sys\nprint('out of luck')\nsys.exit(3)\n"
    files = {"dvc.yaml": stages_yaml({"fails": ("python fails.py", "fails.py", "no.txt")})}
    repository = create(tmp_path, {**files, "fails.py": fails})
    code, output = repository.verify()
    assert code == 1, output
    assert re.search(r"^verify: run [12]: stage 'fails' failed; the end", output, re.MULTILINE)
    assert "    out of luck\n" in output
    hint = "a stage gets none of your environment variables; --env NAME passes one\n"
    assert output.endswith(hint)
    assert left_behind(repository) == []


def test_a_stage_that_fails_in_run_2_alone_is_blamed_on_a_circumstance(tmp_path):
    fails = "import os\nassert os.environ['TZ'] == 'UTC0'\nopen('out.txt', 'w')\n"
    files = {"dvc.yaml": stages_yaml({"fails": ("python fails.py", "fails.py", "out.txt")})}
    repository = create(tmp_path, {**files, "fails.py": fails})
    code, output = repository.verify()
    assert code == 1, output
    assert "verify: run 2: stage 'fails' failed; the end of its output:\n" in output
    assert "run 1 passed this stage, so one of these circumstances is the cause:\n" in output
    assert re.search(r"^time zone +UTC0 +XYZ-14$", output, re.MULTILINE)
    assert "environment variables" not in output


def test_a_dependency_that_git_ignores_is_named(tmp_path):
    files = {"dvc.yaml": stages_yaml({"copy": ("cp in.txt out.txt", "in.txt", "out.txt")})}
    repository = create(tmp_path, {**files, "in.txt": "", ".gitignore": "in.txt\n"})
    code, output = repository.verify()
    assert code == 1, output
    assert "\nin.txt is a dependency, but not in the commit, which has no ignored files" in output


def test_output_that_nobody_reads_ends_both_runs_in_silence(tmp_path):
    repository = create(tmp_path, SLEEPS)
    with repository.start() as process:
        lines = iter(process.stdout.readline, "")
        # The next line to be printed is that of run 2.
        assert any("run 1: sleeps" in line for line in lines)
        process.stdout.close()
    assert process.returncode == 141
    assert left_behind(repository) == []


def test_an_error_that_nobody_reads_is_no_traceback(tmp_path):
    """As is all that is printed at the end."""
    repository = create(tmp_path, SLEEPS)
    reader, writer = os.pipe()
    os.close(reader)
    process = subprocess.run(
        [sys.executable, VERIFY, "--repo", tmp_path / "missing"],
        env=repository.environment,
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)
    assert (process.returncode, process.stderr) == (141, b"")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_an_interrupt_ends_both_runs_and_leaves_no_process_and_no_folder(tmp_path, number):
    """As does a terminal that closes."""
    repository = create(tmp_path, SLEEPS)
    with repository.start() as process:
        lines = iter(process.stdout.readline, "")
        assert any("run 2: sleeps" in line for line in lines)
        process.send_signal(number)
        output, _ = process.communicate()
    assert process.returncode == 130, output
    assert output == "verify: interrupted; both runs are ended and their folders deleted\n"
    assert left_behind(repository) == []


def test_a_run_that_takes_too_long_is_ended_with_all_that_it_has_started(tmp_path):
    repository = create(tmp_path, SLEEPS)
    code, output = repository.verify("--timeout", "4")
    assert code == 1, output
    assert "verify: run 1: expected an end within 4 s" in output
    assert left_behind(repository) == []


@pytest.mark.parametrize(
    ("unmade", "message"),
    [
        ("repo", "expected a folder or an address of a repository"),
        ("repo/.git", "expected a Git repository"),
        ("repo/.git/refs", "expected a commit"),
        ("repo/.dvc", "expected a DVC project in the last commit"),
        ("repo/dvc.yaml", "expected a dvc.yaml with a stage that runs"),
    ],
)
def test_what_cannot_be_verified_is_refused_in_a_line(tmp_path, unmade, message):
    repository = create(tmp_path, {**SLEEPS, "README.md": ""})
    path = tmp_path / unmade
    if unmade == "repo/.git/refs":
        shutil.rmtree(path.parent)
        repository.run("git", "init", "--quiet")
    elif path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    if unmade in {"repo/.dvc", "repo/dvc.yaml"}:
        repository.commit()
    code, output = repository.verify()
    assert code == 2, output
    (line,) = output.splitlines()
    assert line.startswith(f"verify: {message}")
    assert re.search(r", got .+", line)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--env", "NOT_SET"), "--env: expected the name of a variable that is set, got 'NOT_SET'"),
        (("--timeout", "0"), "--timeout: expected a positive number, got 0"),
    ],
)
def test_a_wrong_option_is_refused(tmp_path, options, message):
    code, output = create(tmp_path, SLEEPS).verify(*options)
    assert code == 2
    assert output.endswith(f"verify: error: {message}\n")


def test_the_page_names_every_option_and_every_circumstance(tmp_path):
    page = (VERIFY.parents[1] / "docs" / "verify.md").read_text(encoding="utf-8")
    with VerifiedRepository(tmp_path).start("--help") as process:
        options = set(re.findall(r"--[a-z][a-z-]+", process.communicate()[0]))
    own_words = page.replace("dvc repro --all-pipelines --force --no-run-cache", "")
    named = set(re.findall(r"(?<= |`)--[a-z][a-z-]+", own_words.replace("--depth", "")))
    assert named == options - {"--help"}
    rows = re.findall(r"^\| ([^|]+?) \|", page, re.MULTILINE)
    assert rows == [name for name, _ in two_runs()[0].rows()]


def test_a_python_without_dvc_is_refused(tmp_path):
    """So the standard library is enough to come so far: the option -S hides all packages."""
    code, output = create(tmp_path, SLEEPS).verify(python=("-S",))
    assert code == 2
    assert re.fullmatch(r"verify: expected DVC in .+, got none; take the Python in .+\n", output)


def test_the_two_runs_are_alike_in_nothing():
    first, second = two_runs(strict=True)
    alike = {name for name, value in vars(first).items() if vars(second)[name] == value}
    # The one core of a small machine, and the clock of one without faketime.
    assert alike <= {"cores", "faketime"}


def test_a_variable_is_handed_on_only_if_it_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("COLOUR", "blue")
    run, _ = two_runs()
    assert "COLOUR" not in run.environment(tmp_path / "a", [])
    assert run.environment(tmp_path / "b", ["COLOUR"])["COLOUR"] == "blue"
