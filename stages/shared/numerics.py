"""The arithmetic of a network in notes and provenance, and the cores that a stage may use."""

import os

import numpy as np

from nncore.config.numerics import Numerics


def numerics_note(numerics: Numerics) -> str:
    """Return a line for an arithmetic whose bytes depend on the computer, else an empty string."""
    if numerics == "exact":
        return ""
    return (
        "numerics: fast; another processor, NumPy, number of threads or ranks may give other bytes"
    )


def numerics_provenance(numerics: Numerics) -> dict[str, str]:
    """Return the arithmetic, and NumPy's version if the bytes depend on it."""
    if numerics == "exact":
        return {"numerics": numerics}
    return {"numerics": numerics, "numpy": np.__version__}


def available_cores() -> int:
    """Return the number of cores that this process may use. No exact result depends on it."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
