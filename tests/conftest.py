"""Fixtures of the whole suite; floating-point errors raise in every test."""

import signal

import numpy as np
import pytest

pytest_plugins = ["repository_fixtures", "stage_fixtures", "sweep_fixtures", "thread_pools"]


@pytest.fixture(autouse=True)
def _floating_point_errors_raise():
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        yield


# What `nohup` starts ignores Ctrl-C, and so would every program that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
