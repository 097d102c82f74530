"""Sources: list the source files that a stage loads, with fingerprints and libraries' versions.

A stage that depends on its list reruns only if code that it loads changes, not if a comment does.
Git tracks the lists: if a result differs between two commits, their difference shows which files
changed.
"""

from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from nncore.errors import NncoreError
from stages.shared.command import run
from stages.shared.files import write_text
from stages.shared.fingerprint import FORMAT, ROOT, fingerprints, imported_names

# Packages whose version can change the pictures that a stage reads or writes, by the package that
# it imports. Matplotlib writes them with Pillow. Numbers depend on no version of NumPy.
PICTURE_PACKAGES = {"matplotlib": ("matplotlib", "pillow"), "PIL": ("pillow",)}


class SourcesError(NncoreError):
    """A name is not the name of a stage."""


def sources(
    stages: Annotated[list[str], Argument(metavar="STAGE", help="Names of stages, such as train.")],
    output: Annotated[
        Path, Option(metavar="FOLDER", help="Folder for the lists, NAME.txt for each stage.")
    ] = Path("reports/sources"),
) -> None:
    """List the project's source files that each stage loads, with their fingerprints."""
    for name in stages:
        start = Path("stages", f"{name}.py")
        if not (ROOT / start).is_file():
            raise SourcesError(f"expected the name of a stage, such as train, got {name!r}")
        files = fingerprints(start)
        lines = [f"{FORMAT}  format of the fingerprints"]
        lines += [f"{digest}  {file.as_posix()}" for file, digest in files.items()]
        lines += [f"{version(package)}  {package}" for package in _packages(files)]
        write_text(output / f"{name}.txt", "".join(f"{line}\n" for line in lines))


def _packages(files: Iterable[Path]) -> list[str]:
    modules = [file for file in files if file.suffix == ".py"]
    imported = {name.split(".")[0] for module in modules for name in imported_names(module)}
    return sorted({package for name in imported for package in PICTURE_PACKAGES.get(name, ())})


if __name__ == "__main__":
    run(sources)
