"""Fixtures: small folders in which every stage has run. A plugin, which conftest.py names."""

import pytest
from stage_runs import STAGES, Stages, copy, create


@pytest.fixture(scope="session")
def finished(once):
    """Return a folder in which every stage has run, undisturbed; it must not be changed.

    Beside it, `calls-<stage>` says how many calls of functions a stage makes.
    """

    def make(home):
        stages = create(home)
        for stage in STAGES[:-1]:
            (home / f"calls-{stage}").write_text(str(stages.calls(stage)), encoding="ascii")
        stages.complete("report")
        # Of very many, which take long to count.
        (home / "calls-report").write_text("200000", encoding="ascii")

    return Stages(once("finished", make).home)


@pytest.fixture
def stages(finished, tmp_path):
    """Return a copy of `finished`, to be disturbed."""
    return copy(finished, tmp_path / "copy")
