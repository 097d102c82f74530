"""Floating-point errors raise in every test."""

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def _floating_point_errors_raise():
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        yield
