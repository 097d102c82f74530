"""Atomic writers of files, which write the same bytes for the same content."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nncore.files import atomic_path

# Enough to distinguish two runs, too few to show the last bits of a platform's C library.
SIGNIFICANT_DIGITS = 6


@contextmanager
def output_path(path: Path) -> Iterator[Path]:
    """Create the folder of `path`; yield a temporary path as `nncore.files.atomic_path` does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary:
        yield temporary


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write sorted, indented JSON with floats rounded to `SIGNIFICANT_DIGITS`."""
    text = json.dumps(
        round_floats(values), indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False
    )
    write_text(path, text + "\n")


def write_csv(path: Path, header: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """Write rows with floats rounded to `SIGNIFICANT_DIGITS`; None is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    write_text(path, text.getvalue())


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 with Unix line endings on every platform."""
    with output_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def round_floats(value: Any) -> Any:  # noqa: ANN401  JSON holds anything
    """Return JSON values with every float rounded to `SIGNIFICANT_DIGITS`."""
    if isinstance(value, Mapping):
        return {key: round_floats(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [round_floats(item) for item in value]
    return float(_format_float(value)) if isinstance(value, float) else value


def _cell(value: object) -> str:
    if value is None:
        return ""
    return _format_float(value) if isinstance(value, float) else str(value)


def _format_float(value: float) -> str:
    return f"{value:.{SIGNIFICANT_DIGITS}g}"
