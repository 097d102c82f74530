"""What the numbers of every trial of a sweep depend on, apart from its settings.

A worker on which anything here is not as it is where the sweep was started does not train.
"""

import hashlib
import json
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_info  # type: ignore[import-untyped]

from stages.imports import ROOT, closure
from stages.numerics import Numerics
from stages.params import Params
from stages.processed import part_files

TRIAL = Path("stages/sweeps/trial.py")


def origin(numerics: Numerics, processed: Path) -> dict[str, str]:
    """Return digests of code and data, and the kernels that NumPy computes with."""
    return {
        "code": _code(),
        "data": _data(processed),
        "kernels": _kernels(),
        "numerics": numerics,
        "numpy": np.__version__,
    }


def trial_key(origin: dict[str, str], config: Params) -> str:
    """Return the name of a trial: the same for all that has the same result."""
    settings = config.model_dump(mode="json", include={"model", "train"})
    text = json.dumps([origin, settings], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@cache
def _code() -> str:
    """Return a digest of the files behind a trial: not of what this process has loaded beside them.

    Those on the disk when it is first asked for, since a process goes on with what it has loaded.
    """
    return _digest((file.as_posix(), ROOT / file) for file in sorted(closure(TRIAL)))


def _data(processed: Path) -> str:
    files = part_files(processed, "train", "validation")
    return _unchanged(tuple((file, _stamp(file)) for file in files))


def _stamp(file: Path) -> tuple[int, ...]:
    """Return what is another where a file is: its place, its length and when it was written."""
    found = file.stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


# A process trains again and again on the same files, which can be large.
@lru_cache(maxsize=1)
def _unchanged(files: tuple[tuple[Path, tuple[int, ...]], ...]) -> str:
    return _digest((file.name, file) for file, _ in files)


def _digest(files: Iterable[tuple[str, Path]]) -> str:
    whole = hashlib.sha256()
    for name, file in files:
        with file.open("rb") as stream:
            content = hashlib.file_digest(stream, "sha256").hexdigest()
        whole.update(f"{name} {content}\n".encode())
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
