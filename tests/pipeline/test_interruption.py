"""A stage that fails or is killed leaves nothing half done, and the next repro makes up for it."""

import os
import signal
import subprocess
from types import SimpleNamespace

import pytest
from pipeline_repository import copy


def left(repo):
    """Return the names of the outputs of train that there are, temporary ones included."""
    names = {path.name for folder in ("models", "reports") for path in repo[folder].iterdir()}
    return {
        name for name in names if name.startswith((".", "model", "train", "history", "weights"))
    }


@pytest.fixture(scope="module", params=["SIGINT", "SIGKILL"])
def interrupted(base, tmp_path_factory, request):
    """Stop a training that repro has begun.

    Ctrl-C, too, reaches the whole process group. Training can't be over when the signal comes:
    it has more lines to print than the pipe holds, and nobody reads on after epoch 1.
    """
    repo = copy(base, tmp_path_factory.mktemp(request.param) / "copy")
    repo.set(train__lr=0.1)
    with subprocess.Popen(
        ["dvc", "repro"],
        cwd=repo.root,
        env=repo.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        pipesize=4096,
        start_new_session=True,
    ) as process:
        assert any(line.split()[:1] == [b"1"] and b"%" in line for line in process.stdout)
        os.killpg(process.pid, signal.Signals[request.param])
        _, errors = process.communicate()
    return SimpleNamespace(
        repo=repo, left=left(repo), code=process.returncode, errors=errors.decode()
    )


def test_an_interruption_is_no_success(interrupted):
    assert interrupted.code != 0


def test_an_interruption_shows_no_traceback(interrupted):
    assert "Traceback" not in interrupted.errors


def test_an_interrupted_training_leaves_no_output(interrupted):
    assert interrupted.left == {".gitkeep"}


def test_after_an_interruption_repro_gives_what_an_undisturbed_run_gives(interrupted, changed):
    repo = interrupted.repo
    repo.output("dvc", "repro")
    assert (repo.lock(), repo.reports()) == (changed.lock(), changed.reports())


@pytest.fixture(scope="module")
def diverged(base, tmp_path_factory):
    """Return a repository in which training fails, and how repro ended."""
    repo = copy(base, tmp_path_factory.mktemp("diverged") / "copy")
    repo.set(train__lr=1e38)
    return repo, repo.run("dvc", "repro")


def test_a_diverging_training_fails_the_pipeline(diverged):
    _, done = diverged
    assert done.returncode != 0


def test_a_diverging_training_says_so_and_where_to_look(diverged):
    _, done = diverged
    lines = [line for line in done.stderr.splitlines() if line and not line.startswith("ERROR: ")]
    assert [line.split(": ")[:2] for line in lines] == [
        ["train", "training diverged in epoch 1"],
        ["train", "python -m stages.diagnose looks for the cause"],
    ]


def test_a_diverging_training_leaves_no_output(diverged):
    repo, _ = diverged
    assert left(repo) == {".gitkeep"}
