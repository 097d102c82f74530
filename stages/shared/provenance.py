"""The provenance of a model: digests of its parameters, data and code, and its numerics.

All runs on all machines give the same provenance to the same model.
"""

import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from stages.shared.fingerprint import ROOT, files_digest, json_digest
from stages.shared.params import Params

PACKAGES = {ROOT / "nncore", ROOT / "stages"}


def provenance(config: Params, data: Iterable[Path]) -> dict[str, Any]:
    """Return everything that the result of a training depends on, as JSON values.

    Parameters
    ----------
    config : only the sections `model` and `train` and the key `numerics` count
    data : the files that `train` reads
    """
    settings = {"model": asdict(config.model), "train": asdict(config.train)}
    sources = [(file.relative_to(ROOT).as_posix(), file) for file in _loaded_sources()]
    return {
        "code": files_digest(sources),
        "data": files_digest((file.name, file) for file in data),
        "numerics": config.numerics,
        "numpy": np.__version__,
        "parameters": json_digest(settings),
    }


def _loaded_sources() -> list[Path]:
    """Return the project's source files that this process has loaded, including the program.

    For a stage that runs as a program, the stage `sources` lists the same files.
    """
    modules = list(sys.modules.values())
    files = {Path(file) for module in modules if (file := getattr(module, "__file__", None))}
    return sorted(file for file in files if not PACKAGES.isdisjoint(file.parents))
