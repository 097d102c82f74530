"""What the numbers of every trial of a sweep depend on, apart from its settings.

A worker on which anything here is not as it is where the sweep was started does not train.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_info  # type: ignore[import-untyped]

from stages.imports import ROOT, closure
from stages.params import Params
from stages.processed import part_files
from stages.provenance import provenance

TRIAL = Path("stages/sweeps/trial.py")


def origin(config: Params, processed: Path) -> dict[str, str]:
    """Return digests of code and data, and the kernels that NumPy computes with."""
    found = provenance(config, part_files(processed, "train", "validation"))
    return {
        # Not what this process has loaded, which may be more than a trial needs.
        "code": _code(),
        "data": found["data"],
        "kernels": _kernels(),
        "numerics": config.numerics,
        "numpy": found["numpy"],
    }


def trial_key(origin: dict[str, str], config: Params) -> str:
    """Return the name of a trial: the same for all that has the same result."""
    settings = config.model_dump(mode="json", include={"model", "train"})
    text = json.dumps([origin, settings], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _code() -> str:
    whole = hashlib.sha256()
    for file in sorted(closure(TRIAL)):
        content = hashlib.sha256((ROOT / file).read_bytes()).hexdigest()
        whole.update(f"{file.as_posix()} {content}\n".encode())
    return whole.hexdigest()


def _kernels() -> str:
    """Return the loaded BLAS, its threads, and the instructions that NumPy's loops may use."""
    libraries = [library for library in threadpool_info() if library["user_api"] == "blas"]
    words = [
        f"{blas['internal_api']} {blas['version']} {blas.get('architecture')}, "
        f"{blas['num_threads']} thread(s)"
        for blas in libraries
    ]
    simd = np.show_config(mode="dicts")["SIMD Extensions"]
    return "; ".join([*words, f"NumPy {' '.join(simd.get('found', ['baseline']))}"])
