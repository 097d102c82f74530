"""The origin of a sweep: everything but the settings that the results of its trials depend on.

A worker whose origin differs from that of the machine that started the sweep refuses to train.
"""

from functools import lru_cache
from pathlib import Path

from nncore.config.numerics import Numerics
from stages.shared.digests import files_digest, json_digest
from stages.shared.fingerprint import code_digest
from stages.shared.numerics import numerics_provenance
from stages.shared.params import Params
from stages.shared.prepared import split_files

TRIAL = Path("stages/sweeps/trial.py")


def origin(numerics: Numerics, processed: Path) -> dict[str, str]:
    """Return the arithmetic, and digests of code and data."""
    return {
        "code": code_digest(TRIAL),
        "data": _data(processed),
        **numerics_provenance(numerics),
    }


def trial_key(origin: dict[str, str], config: Params) -> str:
    """Return the name of a trial; trials with the same name have the same result."""
    settings = config.model_dump(mode="json", include={"model", "train"})
    return json_digest([origin, settings])[:32]


def _data(processed: Path) -> str:
    files = split_files(processed, "train", "validation")
    return _digest_of_unchanged(tuple((file, _file_identity(file)) for file in files))


def _file_identity(file: Path) -> tuple[int, ...]:
    """Return a key that changes when the file is replaced or written."""
    status = file.stat()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


# A process trains many times on the same files, which can be large.
@lru_cache(maxsize=1)
def _digest_of_unchanged(files: tuple[tuple[Path, tuple[int, ...]], ...]) -> str:
    return files_digest(file for file, _ in files)
