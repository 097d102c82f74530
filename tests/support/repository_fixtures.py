"""Fixtures: repositories in which the pipeline has run. A plugin, which conftest.py names."""

import fcntl
import shutil

import pytest
from pipeline_repository import Repository, copy, create


@pytest.fixture(scope="session")
def once(tmp_path_factory, worker_id):
    """Return a function that makes a repository in the first worker that needs it.

    It takes a name and a function from the folder to be filled. The repository is shared and
    must not be changed.
    """
    folder = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        folder = folder.parent

    def make_once(name, make):
        home, done = folder / name, folder / f"{name}.done"
        with (folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                shutil.rmtree(home, ignore_errors=True)
                make(home)
                done.touch()
        return Repository(home)

    return make_once


@pytest.fixture(scope="session")
def base(once) -> Repository:
    """Return a repository after its first `dvc repro`, committed."""

    def make(home):
        repo = create(home)
        repo.record("dvc", "repro")
        repo.commit()

    return once("base", make)


@pytest.fixture(scope="session")
def changed(base, once) -> Repository:
    """Return `base` with a second commit, of another learning rate."""

    def make(home):
        repo = copy(base, home)
        repo.set(train__lr=0.1)
        repo.output("dvc", "repro")
        repo.commit()

    return once("changed", make)


@pytest.fixture
def repo(base, tmp_path) -> Repository:
    """Return a copy of `base`, to be changed."""
    return copy(base, tmp_path / "copy")
