"""Trials that have finished: each a small file, so that none is trained twice."""

from pathlib import Path

from stages.files import write_text
from stages.sweeps.trial import Result


def load_result(folder: Path, key: str) -> Result | None:
    """Return the result of the trial that `trial_key` names; None without a sound file of it."""
    try:
        return Result.model_validate_json((folder / f"{key}.json").read_bytes())
    except (OSError, ValueError):
        return None


def save_result(folder: Path, key: str, result: Result) -> None:
    """Keep a result, its numbers to the last bit."""
    write_text(folder / f"{key}.json", result.model_dump_json(indent=2) + "\n")
