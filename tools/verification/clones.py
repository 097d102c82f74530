"""Fresh clones of a repository, with the inputs of its pipeline and nothing that it makes."""

import json
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.verification.commands import DVC, RefusalError, run_command
from tools.verification.original import Original

DVC_STAGES = Path(__file__).with_name("dvc_stages.py")


@dataclass(frozen=True)
class Output:
    """A file or folder that a stage makes: its path in the project, and that in dvc.yaml."""

    path: str
    written: str
    inside: bool
    cached: bool
    hash: str | None


@dataclass(frozen=True)
class Stage:
    """A stage of a DVC project; paths are relative to the project."""

    name: str
    entry: str
    frozen: bool
    runs: bool
    lock: str
    deps: tuple[str, ...]
    # The same, as dvc.lock has them.
    written_deps: tuple[str, ...]
    outs: tuple[Output, ...]


def read_stages(project: Path, original: Original, environment: dict[str, str]) -> list[Stage]:
    """Return the stages of a clone in the order of DVC's graph."""
    if not (project / ".dvc").is_dir():
        raise RefusalError(
            f"expected a DVC project in the last commit of {original.name}, got no folder .dvc; "
            f"{original.where_projects_are() or 'type dvc init and commit'}"
        )
    command = [sys.executable, "-P", str(DVC_STAGES)]
    try:
        entries = json.loads(run_command(command, project, environment))
    except RefusalError as error:
        # DVC pads lines, and names the clone.
        lines = str(error).replace(f"{project}{os.sep}", "").splitlines()
        message = "\n".join(line.rstrip() for line in lines)
        raise RefusalError(
            f"expected a pipeline that DVC can read in the last commit of {original.name}, "
            f"got this error of DVC:\n{message}"
        ) from None
    stages = [
        Stage(
            **{name: entry[name] for name in ("name", "entry", "frozen", "runs", "lock")},
            deps=tuple(entry["deps"]),
            written_deps=tuple(entry["written_deps"]),
            outs=tuple(Output(**out) for out in entry["outs"]),
        )
        for entry in entries
    ]
    if not any(stage.runs for stage in stages):
        raise RefusalError(
            f"expected a dvc.yaml with a stage that runs in the last commit of {original.name}, "
            "got none; add one with dvc stage add and commit"
        )
    return stages


def refuse_outputs_outside(project: Path, stages: Iterable[Stage]) -> None:
    """Refuse a pipeline that would overwrite files of this user: not all outputs lie in a clone.

    A folder on the way to an output may be a link that leaves it.
    """
    root = project.resolve()
    outside = [
        f"{out.written} of stage {stage.name!r}"
        for stage in stages
        if stage.runs
        for out in stage.outs
        if not out.inside or not (project / out.path).parent.resolve().is_relative_to(root)
    ]
    if outside:
        raise RefusalError(
            f"expected outputs in the project's folder, got {', '.join(outside)} outside of it; "
            "a run would overwrite them"
        )


def use_own_cache(project: Path) -> None:
    """Keep a clone from a cache that the project, or this user, shares with other ones."""
    settings = "[cache]\n    dir = cache\n"
    (project / ".dvc" / "config.local").write_text(settings, encoding="utf-8")


def bring_inputs(
    project: Path,
    stages: Iterable[Stage],
    original: Original,
    environment: dict[str, str],
    caches: Sequence[Path] = (),
) -> None:
    """Bring what no stage makes: from caches, else with `dvc pull` from where the project says.

    Without `caches` it is that of the original.
    """
    outs = [out for stage in stages if not stage.runs for out in stage.outs]
    needed = [out for out in outs if out.cached and not (project / out.path).exists()]
    if not needed:
        return
    for cache in caches or original.caches():
        _copy_objects(needed, cache, project / ".dvc" / "cache")
    try:
        run_command([*DVC, "pull", *(out.path for out in needed)], project, environment)
    except RefusalError as error:
        missing = [out.path for out in needed if not (project / out.path).exists()]
        names = ", ".join(missing or [out.path for out in needed])
        raise RefusalError(
            f"expected {names} in the DVC cache of {original.name} or in its default remote, "
            f"got neither; {original.how_to_pull()}. In a clone of the commit it ended with:\n"
            f"{error}"
        ) from None


def _copy_objects(outs: Iterable[Output], source: Path, target: Path) -> None:
    """Copy what a cache has of some outputs into another one."""
    hashes = [out.hash for out in outs if out.hash]
    for value in hashes:
        # The second one is that of DVC 2.
        for path in (Path("files", "md5", value[:2], value[2:]), Path(value[:2], value[2:])):
            if not (source / path).is_file():
                continue
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / path, target / path)
            if value.endswith(".dir"):
                listing = json.loads((target / path).read_bytes())
                hashes += [entry["md5"] for entry in listing]


def delete_outputs(project: Path, stages: Iterable[Stage]) -> None:
    """Delete what stands in a clone of all that the pipeline makes, and the locks."""
    for stage in stages:
        if stage.lock:
            # What stands there already might pass for made.
            (project / stage.lock).unlink(missing_ok=True)
        for out in stage.outs if stage.runs else ():
            path = project / out.path
            if not out.inside:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
