"""Sources: write which source files a stage loads, with their digests, and NumPy's version.

A stage that depends on what this writes, instead of on the files themselves, runs again when one of
them changes; a lock file then names them once, not once for each recipe.
"""

import ast
import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from nncore.errors import NncoreError
from stages.command import run
from stages.files import write_text

ROOT = Path(__file__).parent.parent


class SourcesError(NncoreError):
    """Something that is not a stage."""


def sources(
    stages: Annotated[list[str], Argument(help="Names of stages, such as train.")],
    output: Annotated[Path, Option(help="Folder for a list NAME.txt of each.")],
) -> None:
    """Write which of the project's source files each stage loads, with their digests."""
    for name in stages:
        start = Path("stages", f"{name}.py")
        if not (ROOT / start).is_file():
            raise SourcesError(f"expected the name of a stage, such as train, got {name!r}")
        lines = [f"{_digest(ROOT / file)}  {file.as_posix()}" for file in sorted(closure(start))]
        lines.append(f"{version('numpy')}  numpy")
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


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


if __name__ == "__main__":
    run(sources)
