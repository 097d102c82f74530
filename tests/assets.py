"""Source files that Python does not import: the pieces of the report page."""

from pathlib import Path

from stages.sources import ROOT, closure

ASSETS = (".css", ".html", ".js")


def assets(folder: Path) -> set[Path]:
    """Return those that lie in `folder`, by their paths from the project's."""
    beside = (ROOT / folder).iterdir()
    return {path.relative_to(ROOT) for path in beside if path.suffix in ASSETS}


def sources(file: Path) -> set[Path]:
    """Return all of the project's files that running `file` needs, its modules' assets included."""
    modules = closure(file)
    return modules.union(*(assets(folder) for folder in {module.parent for module in modules}))
