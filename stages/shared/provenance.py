"""The provenance of a model: digests of its parameters, data and code, and its arithmetic.

All runs on all machines give the same provenance to the same model.
"""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from stages.shared.digests import files_digest, json_digest
from stages.shared.fingerprint import code_digest
from stages.shared.numerics import numerics_provenance
from stages.shared.params import Params


def provenance(program: Path, config: Params, data: Iterable[Path]) -> dict[str, Any]:
    """Return everything that the result of a training depends on, as JSON values.

    Parameters
    ----------
    program : the file of the program that trains, relative to the project
    config : only the sections `model` and `train` and the key `numerics` count
    data : the files that the program reads
    """
    return {
        "code": code_digest(program),
        "data": files_digest(data),
        "parameters": parameters_digest(config),
        **numerics_provenance(config.numerics),
    }


def parameters_digest(config: Params) -> str:
    """Return the digest of the parameters of a training: the sections `model` and `train`."""
    return json_digest({"model": asdict(config.model), "train": asdict(config.train)})
