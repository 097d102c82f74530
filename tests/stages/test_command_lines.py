"""The stages as commands: their options, and a wrong params.yaml refused in one line."""

import json
import os
import subprocess
import sys

import pytest
from pipeline_repository import ROOT
from table_models import COLUMNS

from stages.shared.command import run as run_stage

OPTIONS = {
    "fetch": ["--params", "--section", "--raw"],
    "preprocess": ["--params", "--section", "--raw", "--processed", "--reports"],
    "train": [
        *("--params", "--section", "--processed"),
        *("--model", "--reports", "--checkpoints"),
    ],
    "evaluate": ["--params", "--section", "--model", "--processed", "--reports"],
    "report": [
        *("--params", "--section", "--history", "--weights", "--predictions", "--train", "--test"),
        *("--images", "--data", "--training-images", "--training-labels", "--model", "--output"),
    ],
    "diagnose": ["--params", "--section", "--processed", "--csv", "--png"],
    "sweep": ["--params", "--processed", "--output", "--checkpoints"],
    "watch": ["--port", "--journal"],
}
CONFIGURED = [name for name in OPTIONS if "--params" in OPTIONS[name]]


@pytest.fixture
def run(tmp_path):
    """Return a function that runs a stage in an empty folder."""
    environment = {"PYTHONPATH": str(ROOT), "PATH": os.defpath, "COLUMNS": "200", "TERM": "dumb"}

    def run_stage(name, *options):
        command = [sys.executable, "-m", f"stages.{name}", *options]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    return run_stage


@pytest.mark.parametrize("name", OPTIONS)
def test_help_names_each_option_and_what_it_is(run, name):
    done = run(name, "--help")
    described = [line.split() for line in done.stdout.splitlines() if " --" in line]
    result = {words[i]: len(words) > 4 for words in described for i in (0, 1) if "--" in words[i]}
    assert (done.returncode, result) == (0, dict.fromkeys([*OPTIONS[name], "--help"], True))


@pytest.mark.parametrize("name", CONFIGURED)
def test_a_wrong_params_yaml_is_one_line_with_the_key_and_exit_code_1(run, tmp_path, name):
    """Whichever section is at fault: nothing starts with a configuration that is wrong."""
    (tmp_path / "bad.yaml").write_text("train: {lrr: 1}", encoding="utf-8")
    done = run(name, "--params", "bad.yaml")
    line = f"{name}: bad.yaml: train.lrr is unknown; did you mean lr?\n"
    assert (done.returncode, done.stderr, done.stdout) == (1, line, "")


@pytest.mark.parametrize("name", CONFIGURED)
def test_a_missing_params_yaml_is_one_line_and_exit_code_1(run, name):
    done = run(name)
    line = f"{name}: params.yaml can't be read: No such file or directory\n"
    assert (done.returncode, done.stderr) == (1, line)


# A watch waits for the first training.
@pytest.mark.parametrize("name", sorted(OPTIONS.keys() - {"watch"}))
def test_missing_inputs_are_one_line_and_exit_code_1_and_write_nothing(run, tmp_path, name):
    (tmp_path / "params.yaml").write_text("", encoding="utf-8")
    done = run(name)
    *lines, last = done.stderr.splitlines()
    assert (done.returncode, last.split(": ")[0], "Traceback" in done.stderr) == (1, name, False)
    # Only fetch says more: why each of its sources failed.
    assert lines == [] or name == "fetch"
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["params.yaml"]


@pytest.mark.parametrize("part", ["target", "column"])
def test_characters_that_control_a_terminal_are_printed_as_escapes(run, tmp_path, part):
    """An unknown key of a description reaches the message as it is; a line end begins a line."""
    processed = tmp_path / "data/processed"
    processed.mkdir(parents=True)
    target, columns = {"name": "price", "mean": 1.0, "std": 2.0}, COLUMNS.to_json()
    (target if part == "target" else columns[0])["a\x1b[2J\nb\x7f"] = 1
    description = {"format": "nncore preprocessing 1", "class_names": None, "columns": columns}
    text = json.dumps(description | {"target": target})
    (processed / "preprocessing.json").write_text(text, encoding="utf-8")
    (tmp_path / "params.yaml").write_text("", encoding="utf-8")
    done = run("train")
    first, second = done.stderr.splitlines()
    assert (done.returncode, first.isprintable(), second.isprintable()) == (1, True, True)
    assert first.endswith(r"unexpected keyword argument 'a\x1b[2J")
    assert second == r"train: b\x7f'; run preprocess again"


def test_an_unknown_option_is_wrong_usage(run):
    assert run("train", "--nonsense").returncode == 2


def test_a_limit_of_threads_is_one_line(monkeypatch, capsys):
    def train():
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(sys, "argv", ["train"])
    with pytest.raises(SystemExit) as ended:
        run_stage(train)
    assert ended.value.code == 1
    assert capsys.readouterr().err == (
        "train: expected a thread, got: can't start new thread; raise the limits, see ulimit -a\n"
    )


def test_another_fault_of_a_program_keeps_its_traceback(monkeypatch):
    def train():
        raise RuntimeError("a fault")

    monkeypatch.setattr(sys, "argv", ["train"])
    with pytest.raises(RuntimeError, match="a fault"):
        run_stage(train)
