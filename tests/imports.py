"""The project's import graph, read from the syntax trees."""

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent


def imported_files(file: Path) -> set[Path]:
    """Return the project's files that `file` imports, packages' __init__.py included."""
    found = set()
    for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            names.append(str(node.module))
        else:
            continue
        for name in names:
            parts = name.split(".")
            candidates = [Path(*parts).with_suffix(".py")]
            candidates += [Path(*parts[:n], "__init__.py") for n in range(1, len(parts) + 1)]
            found |= {path for path in candidates if (ROOT / path).is_file()}
    return found


def closure(file: Path) -> set[Path]:
    """Return all of the project's files that running `file` as a module loads."""
    reached: set[Path] = set()
    waiting = {file, file.parent / "__init__.py"}
    while waiting:
        reached |= waiting
        waiting = set().union(*map(imported_files, waiting)) - reached
    return reached
