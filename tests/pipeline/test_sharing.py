"""A DVC remote, by the commands of docs/sharing.md: what one has computed, another need not."""

import re

import pytest
from pipeline_repository import Repository, copy, stages_run

from stages.shared.fingerprint import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGE = (ROOT / "docs/sharing.md").read_text(encoding="utf-8")
HERE, THERE, PUSHED, PULLED, S3 = (
    "\n".join(line.removeprefix("    ") for line in block.splitlines())
    for block in re.findall(r"(?:^    .*\n)+", PAGE, re.MULTILINE)
)


def bash(repo, script):
    return repo.output("bash", "-e", "-c", script)


@pytest.fixture(scope="module")
def one(base, tmp_path_factory):
    """Return a repository whose pipeline has run and whose recipes never have, with an origin."""
    home = tmp_path_factory.mktemp("sharing")
    repo = copy(base, home / "one")
    repo.output("git", "clone", "--quiet", "--bare", ".", str(home / "origin"))
    repo.output("git", "remote", "add", "origin", str(home / "origin"))
    repo.output("git", "config", "push.default", "current")
    script = HERE.replace("/srv/nncore", str(home / "store"))
    assert script != HERE
    bash(repo, script)
    return repo


@pytest.fixture(scope="module")
def other(one, tmp_path_factory):
    """Return a fresh clone after the page's commands for it; its output is recorded."""
    repo = Repository(tmp_path_factory.mktemp("other"))
    repo.root.mkdir()
    repo.environment["PYTHONPATH"] = one.environment["PYTHONPATH"]
    script = THERE.replace("URL nncore", f"{one.home.parent / 'origin'} nncore")
    assert script != THERE
    (repo.home / "output").write_text(bash(repo, script), encoding="utf-8")
    repo.root /= "nncore"
    return repo


def test_everything_that_git_lacks_is_in_the_remote(one):
    ignored = ("git", "ls-files", "--others", "--ignored", "--exclude-standard")
    lacking = one.output(*ignored, "data", "models", "reports").splitlines()
    stored = [path for path in (one.home.parent / "store").rglob("*") if path.is_file()]
    assert "models/model.npz" in lacking
    assert {one[path].read_bytes() for path in lacking} <= {path.read_bytes() for path in stored}


def test_a_fresh_clone_that_has_pulled_runs_nothing(other):
    assert stages_run(other.recorded()) == []
    assert other.recorded().endswith("Data and pipelines are up to date.\n")


@pytest.mark.parametrize("path", ["models/model.npz", "data/processed/test_images.npy"])
def test_the_clone_has_the_same_bytes(one, other, path):
    assert other[path].read_bytes() == one[path].read_bytes()


def test_the_clone_has_the_same_reports(one, other):
    assert other.reports() == one.reports()


def test_pulling_leaves_nothing_to_commit(other):
    assert other.output("git", "status", "--porcelain") == ""


def test_an_experiment_reaches_the_other_clone(one, other, tmp_path):
    mine, theirs = copy(one, tmp_path / "mine"), copy(other, tmp_path / "theirs")
    theirs.root /= "nncore"
    script = PUSHED.replace("train.lr=0.1", "train.epochs=2 evaluate")
    assert script != PUSHED
    bash(mine, script)
    assert "fast" in bash(theirs, PULLED)
    assert theirs["models/model.npz"].read_bytes() == mine["models/model.npz"].read_bytes()
    before, shared, expected = one.reports(), theirs.reports(), mine.reports()
    # A page is too long for pytest to show how two of them differ.
    assert [path for path in expected if shared[path] != expected[path]] == []
    assert [path for path in expected if before[path] != expected[path]] != []


def test_back_to_the_last_commit_works_where_no_recipe_has_run(one, tmp_path):
    (command,) = re.findall(r"^    (git restore .* && dvc checkout.*)$", README, re.MULTILINE)
    repo = copy(one, tmp_path / "copy")
    repo.output("dvc", "exp", "run", "--set-param", "train.epochs=2", "evaluate")
    assert repo["models/model.npz"].read_bytes() != one["models/model.npz"].read_bytes()
    bash(repo, command)
    assert repo["models/model.npz"].read_bytes() == one["models/model.npz"].read_bytes()


def test_the_commands_for_s3_configure_a_remote(one, tmp_path):
    """Whether a server answers is tried by hand: dvc-s3 is not in the lock."""
    repo = copy(one, tmp_path / "copy")
    script = re.sub("^pip install dvc-s3$", "", S3, flags=re.MULTILINE)
    assert script != S3
    bash(repo, script.replace("team", "another"))
    config = repo[".dvc/config"].read_text(encoding="utf-8")
    assert "url = s3://BUCKET/nncore" in config
    assert "endpointurl = https://s3.example.org" in config
