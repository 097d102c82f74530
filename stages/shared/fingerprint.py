"""Fingerprints: digests of files and values, and the source files that a module loads."""

import ast
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Suffixes of the files that a module of stages.page reads from its folder.
ASSETS = (".css", ".html", ".js")


def file_digest(path: Path, algorithm: str = "sha256") -> str:
    """Return the hexadecimal digest of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def files_digest(files: Iterable[tuple[str, Path]]) -> str:
    """Return the SHA-256 of the names, in order, and contents of files."""
    lines = (f"{name} {file_digest(path)}\n" for name, path in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def json_digest(values: object) -> str:
    """Return the SHA-256 of JSON values, whatever the order of their keys."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def closure(file: Path) -> set[Path]:
    """Return the project's files that `python -m` loads when it runs `file`."""
    loaded: set[Path] = set()
    pending = {file, file.parent / "__init__.py"}
    while pending:
        loaded |= pending
        pending = set().union(*map(imported_files, pending)) - loaded
    return loaded


def imported_files(file: Path) -> set[Path]:
    """Return the project's files that `file` imports, with the __init__.py of their packages."""
    imported: set[Path] = set()
    for name in imported_names(file):
        parts = name.split(".")
        candidates = [Path(*parts).with_suffix(".py")]
        candidates += [Path(*parts[:n], "__init__.py") for n in range(1, len(parts) + 1)]
        imported |= {path for path in candidates if (ROOT / path).is_file()}
    return imported


def imported_names(file: Path) -> set[str]:
    """Return the dotted names that `file` imports; `from a import b` gives `a` and `a.b`."""
    names: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
            names.add(str(node.module))
    return names


def assets(modules: Iterable[Path]) -> set[Path]:
    """Return the stylesheets, pages and scripts in the folders of `modules`, relative to `ROOT`."""
    folders = {ROOT / file.parent for file in modules}
    beside = [path for folder in folders for path in folder.iterdir()]
    return {path.relative_to(ROOT) for path in beside if path.suffix in ASSETS}
