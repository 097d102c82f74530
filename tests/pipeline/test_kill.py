"""A stage that is stopped at any moment, and run again, ends as if nothing had happened.

`KILLS=200 pytest tests/pipeline/test_kill.py` stops the training so often, instead of 25 times.
"""

import os
import signal
from itertools import count
from types import SimpleNamespace

import numpy as np
import pytest
from pipeline_repository import copy as copy_repository
from stage_runs import STAGES, lose_outputs, stop_at

# Each training is stopped five times before it may end.
CHAIN = 5
KILLS = int(os.environ.get("KILLS", "25"))
STOPPED = [
    (stage, seed) for stage in ("fetch", "preprocess", "evaluate", "report") for seed in range(3)
]


@pytest.fixture
def moment(finished):
    """Return a function that draws, from a seed, a moment of a stage."""

    def draw(stage, *seed):
        calls = int((finished.home / f"calls-{stage}").read_text(encoding="ascii"))
        return int(np.random.default_rng([STAGES.index(stage), *seed]).integers(1, calls))

    return draw


def sound(stages, finished):
    """Return whether what stands under a final name is what an undisturbed run has written."""
    whole = finished.outputs()
    return all(
        whole[name] == content
        for name, content in stages.outputs().items()
        if not name.endswith((".tmp", "/download"))
    )


@pytest.mark.parametrize("chain", range(KILLS // CHAIN))
def test_a_training_killed_again_and_again_ends_in_the_same_bytes(stages, finished, moment, chain):
    lose_outputs(stages, "train")
    kills = 0
    for link in count():
        if kills == CHAIN:
            break
        done = stages.stop("train", moment("train", chain, link))
        assert done.code in {0, -signal.SIGKILL}
        assert sound(stages, finished)
        if done.code == 0:
            # What goes on from a late checkpoint may be over before its moment has come.
            lose_outputs(stages, "train")
        else:
            kills += 1
    stages.complete("train")
    assert stages.outputs() == finished.outputs()
    assert stages.strays() == []


@pytest.mark.parametrize("part", range(8))
def test_a_training_killed_while_it_writes_its_results_leaves_no_half_file(stages, finished, part):
    lose_outputs(stages, "train")
    calls = int((finished.home / "calls-train").read_text(encoding="ascii"))
    # The last eighth of the calls, from end to end.
    assert stages.stop("train", calls - (2 * part + 1) * calls // 128).code == -signal.SIGKILL
    assert sound(stages, finished)
    stages.complete("train")
    assert stages.outputs() == finished.outputs()


def test_a_killed_training_goes_on_instead_of_beginning_anew(stages, finished):
    lose_outputs(stages, "train")
    # By then it is past its first epoch, but not past its last.
    calls = int((finished.home / "calls-train").read_text(encoding="ascii"))
    assert stages.stop("train", calls * 2 // 3).code == -signal.SIGKILL
    assert "resuming after epoch" in stages.complete("train").output


@pytest.mark.parametrize(("stage", "seed"), STOPPED)
def test_another_stage_killed_at_any_moment_leaves_no_half_file(
    stages, finished, moment, stage, seed
):
    lose_outputs(stages, stage)
    assert stages.stop(stage, moment(stage, seed)).code == -signal.SIGKILL
    assert sound(stages, finished)
    stages.complete(stage)
    assert stages.outputs() == finished.outputs()


@pytest.fixture(scope="module")
def killed(base, finished, tmp_path_factory):
    """Kill the training of a pipeline twice, from within; then let repro end."""
    repo = copy_repository(base, tmp_path_factory.mktemp("killed") / "copy")
    repo.set(train__lr=0.1)
    repo.environment["PYTHONPATH"] = str(finished.home / "python")
    codes = []
    for moment in (3_000, 60_000):
        repo.environment["STOP"] = stop_at("train", moment)
        codes.append(repo.run("dvc", "repro").returncode)
    del repo.environment["STOP"]
    return SimpleNamespace(repo=repo, codes=codes, output=repo.output("dvc", "repro"))


def test_a_pipeline_whose_training_is_killed_fails(killed):
    assert all(killed.codes)


def test_a_pipeline_whose_training_was_killed_goes_on(killed):
    assert "resuming after epoch" in killed.output


def test_a_pipeline_whose_training_was_killed_ends_in_the_same_bytes(killed, changed):
    assert (killed.repo.lock(), killed.repo.reports()) == (changed.lock(), changed.reports())


def test_a_pipeline_whose_training_was_killed_leaves_nothing_for_git_to_see(killed):
    seen = killed.repo.output("git", "status", "--porcelain", "--untracked-files=all")
    assert {line[3:] for line in seen.splitlines()} <= {
        "dvc.lock",
        "params.yaml",
        *(f"reports/{name}" for name in ("history.csv", "predictions.csv", "weights.csv")),
        *(f"reports/{name}" for name in ("train.json", "test.json")),
    }
