"""Sources: write the source files that a stage loads, their digests and the versions of libraries.

A stage that depends on its list reruns only if a file that it loads changes. Git has the lists: if
a result differs between two commits, the difference of the lists shows which files changed.
"""

from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from nncore.errors import NncoreError
from stages.shared.command import run
from stages.shared.files import write_text
from stages.shared.fingerprint import ROOT, assets, closure, file_digest, imported_names

# Packages whose version can change the output of a stage, by the package that the stage imports.
# Matplotlib writes its pictures with Pillow.
NUMERIC_PACKAGES = {"matplotlib": ("matplotlib", "pillow"), "numpy": ("numpy",)}


class SourcesError(NncoreError):
    """A name is not the name of a stage."""


def sources(
    stages: Annotated[list[str], Argument(help="Names of stages, such as train.")],
    output: Annotated[Path, Option(help="Folder for the lists, NAME.txt for each stage.")] = Path(
        "reports/sources"
    ),
) -> None:
    """Write the project's source files that each stage loads, with their digests."""
    for name in stages:
        start = Path("stages", f"{name}.py")
        if not (ROOT / start).is_file():
            raise SourcesError(f"expected the name of a stage, such as train, got {name!r}")
        modules = closure(start)
        files = modules | assets(modules)
        lines = [f"{file_digest(ROOT / file)}  {file.as_posix()}" for file in sorted(files)]
        lines += [f"{version(package)}  {package}" for package in _packages(modules)]
        write_text(output / f"{name}.txt", "".join(f"{line}\n" for line in lines))


def _packages(modules: Iterable[Path]) -> list[str]:
    imported = {name.split(".")[0] for file in modules for name in imported_names(file)}
    return [
        package
        for name in sorted(imported & NUMERIC_PACKAGES.keys())
        for package in NUMERIC_PACKAGES[name]
    ]


if __name__ == "__main__":
    run(sources)
