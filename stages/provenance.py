"""Where a model comes from: digests of its parameters, data and code, and the numerics behind it.

Nothing here varies from run to run or from machine to machine.
"""

import hashlib
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from stages.params import Params

ROOT = Path(__file__).parent.parent
PACKAGES = {ROOT / "nncore", ROOT / "stages"}


def provenance(config: Params, data: Iterable[Path]) -> dict[str, Any]:
    """Return what a training depends on, as plain JSON values.

    Parameters
    ----------
    config : of which the sections that train reads count
    data : the files that train reads
    """
    settings = {"model": asdict(config.model), "train": asdict(config.train)}
    return {
        "code": _digest(_loaded_sources(), ROOT),
        "data": _digest(data),
        "numerics": config.numerics,
        "numpy": np.__version__,
        "parameters": hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest(),
    }


def digest(values: dict[str, Any]) -> str:
    """Return a name for plain JSON values."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


def _loaded_sources() -> list[Path]:
    """Return the project's source files that this process has loaded, the stage's own included.

    For a stage run as a program these are the files that the stage `sources` lists for it.
    """
    modules = list(sys.modules.values())
    files = {Path(file) for module in modules if (file := getattr(module, "__file__", None))}
    return sorted(file for file in files if not PACKAGES.isdisjoint(file.parents))


def _digest(files: Iterable[Path], root: Path | None = None) -> str:
    """Return a digest of files' names, within `root`, and contents."""
    whole = hashlib.sha256()
    for file in files:
        name = file.relative_to(root).as_posix() if root else file.name
        with file.open("rb") as stream:
            content = hashlib.file_digest(stream, "sha256").hexdigest()
        whole.update(f"{name} {content}\n".encode())
    return whole.hexdigest()
