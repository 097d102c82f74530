"""Sources: write which source files a stage loads, with their digests, and what it computes with.

A stage that depends on what this writes, instead of on the files themselves, runs again when one of
them changes and at no other change of the source. Git has the lists: their difference between two
commits tells which file made a result another one.
"""

import hashlib
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from nncore.errors import NncoreError
from stages.command import run
from stages.files import write_text
from stages.imports import ROOT, assets, closure, imported_names

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


def _packages(modules: Iterable[Path]) -> list[str]:
    imported = {name.split(".")[0] for file in modules for name in imported_names(file)}
    return [package for name in sorted(imported & COMPUTING.keys()) for package in COMPUTING[name]]


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


if __name__ == "__main__":
    run(sources)
