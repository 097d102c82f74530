"""The command line in a new folder."""

import sys

import pytest

from nncore.cli.commands import run


@pytest.fixture
def run_nncore(tmp_path, monkeypatch, capsys):
    """Return a function that runs nncore in a new folder; it returns code, output and errors."""
    monkeypatch.chdir(tmp_path)

    def run_command(*arguments):
        monkeypatch.setattr(sys, "argv", ["nncore", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            run()
        return (stopped.value.code, *capsys.readouterr())

    return run_command
