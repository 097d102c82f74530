"""Fixtures of the whole suite; floating-point errors raise in every test."""

import os
import signal

import numpy as np
import pytest

pytest_plugins = ["repository_fixtures", "stage_fixtures", "sweep_fixtures", "thread_pools"]


@pytest.fixture(autouse=True)
def _floating_point_errors_raise():
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        yield


# No test that trains in this process leaves a journal in the repository.
os.environ.setdefault("NNCORE_JOURNAL", "")

# What `nohup` starts ignores Ctrl-C, and so would every program that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
