"""Which of the project's source files a file loads, read from the syntax trees."""

import ast
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parent.parent
# The pieces of a page lie beside the module that joins them.
ASSETS = (".css", ".html", ".js")


def closure(file: Path) -> set[Path]:
    """Return all of the project's files that running `file` as a module loads."""
    reached: set[Path] = set()
    waiting = {file, file.parent / "__init__.py"}
    while waiting:
        reached |= waiting
        waiting = set().union(*map(imported_files, waiting)) - reached
    return reached


def imported_files(file: Path) -> set[Path]:
    """Return the project's files that `file` imports, packages' __init__.py included."""
    found: set[Path] = set()
    for name in imported_names(file):
        parts = name.split(".")
        candidates = [Path(*parts).with_suffix(".py")]
        candidates += [Path(*parts[:n], "__init__.py") for n in range(1, len(parts) + 1)]
        found |= {path for path in candidates if (ROOT / path).is_file()}
    return found


def imported_names(file: Path) -> set[str]:
    """Return the dotted names that `file` imports, those of what may be a module included."""
    names: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
            names.add(str(node.module))
    return names


def assets(modules: Iterable[Path]) -> set[Path]:
    """Return the files beside `modules` that they read, by their paths from the project's."""
    folders = {ROOT / file.parent for file in modules}
    beside = [path for folder in folders for path in folder.iterdir()]
    return {path.relative_to(ROOT) for path in beside if path.suffix in ASSETS}
