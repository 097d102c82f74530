"""Sources: write which source files a stage loads, with their digests, and what it computes with.

A stage that depends on what this writes, instead of on the files themselves, runs again when one of
them changes and at no other change of the source. Git has the lists: their difference between two
commits tells which file made a result another one.
"""

import ast
import hashlib
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from nncore.errors import NncoreError
from stages.command import run
from stages.files import write_text

ROOT = Path(__file__).parent.parent
# The pieces of a page lie beside the module that joins them.
ASSETS = (".css", ".html", ".js")
# The packages whose version can change what a stage writes, by what it imports. Matplotlib has its
# pictures written by Pillow.
COMPUTING = {"matplotlib": ("matplotlib", "pillow"), "numpy": ("numpy",)}


class SourcesError(NncoreError):
    """Something that is not a stage."""


def sources(
    stages: Annotated[list[str], Argument(help="Names of stages, such as train.")],
    output: Annotated[Path, Option(help="Folder for a list NAME.txt of each.")] = Path(
        "reports/sources"
    ),
) -> None:
    """Write which of the project's source files each stage loads, with their digests."""
    for name in stages:
        start = Path("stages", f"{name}.py")
        if not (ROOT / start).is_file():
            raise SourcesError(f"expected the name of a stage, such as train, got {name!r}")
        modules = closure(start)
        files = modules | assets(modules)
        lines = [f"{_digest(ROOT / file)}  {file.as_posix()}" for file in sorted(files)]
        lines += [f"{version(package)}  {package}" for package in _packages(modules)]
        write_text(output / f"{name}.txt", "".join(f"{line}\n" for line in lines))


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
    for name in _imported_names(file):
        parts = name.split(".")
        candidates = [Path(*parts).with_suffix(".py")]
        candidates += [Path(*parts[:n], "__init__.py") for n in range(1, len(parts) + 1)]
        found |= {path for path in candidates if (ROOT / path).is_file()}
    return found


def assets(modules: Iterable[Path]) -> set[Path]:
    """Return the files beside `modules` that they read, by their paths from the project's."""
    beside = [
        path for folder in {ROOT / file.parent for file in modules} for path in folder.iterdir()
    ]
    return {path.relative_to(ROOT) for path in beside if path.suffix in ASSETS}


def _packages(modules: Iterable[Path]) -> list[str]:
    imported = {name.split(".")[0] for file in modules for name in _imported_names(file)}
    return [package for name in sorted(imported & COMPUTING.keys()) for package in COMPUTING[name]]


def _imported_names(file: Path) -> set[str]:
    """Return the dotted names that `file` imports, those of what may be a module included."""
    names: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
            names.add(str(node.module))
    return names


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


if __name__ == "__main__":
    run(sources)
