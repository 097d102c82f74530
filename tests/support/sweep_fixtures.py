"""Fixtures: small folders in which a sweep has run. A plugin, which conftest.py names."""

import pytest
from namespaces import missing_shared_memory
from stage_runs import Stages, copy
from sweep_runs import prepare, run_sweep, trial_files


@pytest.fixture(scope="session")
def finished_sweep(once, finished):
    """Return a folder in which a sweep has run on two workers; it must not be changed.

    Beside it, `addresses` lists the addresses and ports that its processes have bound or called.
    """
    if missing := missing_shared_memory():
        pytest.skip(missing)

    def make(home):
        stages = prepare(copy(finished, home))
        run_sweep(stages, ADDRESSES=str(home / "addresses"))

    return Stages(once("swept stages", make).home)


@pytest.fixture
def fresh(finished_sweep, tmp_path):
    """Return a copy of it without the sweep's results."""
    stages = copy(finished_sweep, tmp_path / "copy")
    for path in [*trial_files(stages), *stages["sweep"].iterdir()]:
        path.unlink()
    return stages
