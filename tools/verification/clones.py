"""Fresh clones of a repository, with the inputs of its pipeline and nothing that it makes."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.verification.reproduction import DVC

CLONE = ("git", "-c", "core.quotePath=false", "clone", "--quiet", "--no-hardlinks")
DVC_STAGES = Path(__file__).with_name("dvc_stages.py")


class RefusalError(Exception):
    """The repository can't be verified."""


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


@dataclass(frozen=True)
class Original:
    """What is verified: a commit of a Git repository, and the folder of a DVC project in it."""

    name: str
    repository: Path
    folder: str
    commit: str

    @property
    def project(self) -> Path:
        """Return the project's folder."""
        return self.repository / self.folder

    def clone(self, target: Path) -> Path:
        """Clone the commit; return the project's folder there."""
        _run([*CLONE, str(self.repository), str(target)], self.repository)
        if git(target, "rev-parse", "HEAD").strip() != self.commit:
            git(target, "checkout", "--quiet", "--detach", self.commit)
        return target / self.folder

    def caches(self) -> list[Path]:
        """Return the folder of DVC's cache."""
        if not (self.project / ".dvc").is_dir():
            return []
        return [Path(_run([*DVC, "cache", "dir"], self.project).splitlines()[-1])]


def find_original(repository: str, workspace: Path) -> Original:
    """Return the repository of a path, or that of an address, which is cloned into `workspace`."""
    folder, name = Path(repository), repository
    if not folder.exists() and ":" not in repository:
        raise RefusalError(f"expected a folder or an address of a repository, got {repository!r}")
    if not folder.exists() or _is_bare(folder):
        target = workspace / "original"
        address = str(folder.resolve()) if folder.exists() else repository
        try:
            _run([*CLONE, address, str(target)], workspace)
        except RefusalError as error:
            raise RefusalError(f"expected a repository, got {repository!r}; {error}") from None
        folder = target
    else:
        name = str(folder.resolve())
    folder = folder.resolve()
    try:
        top = Path(git(folder, "rev-parse", "--show-toplevel").strip())
        inside = git(folder, "rev-parse", "--show-prefix").strip()
    except (RefusalError, NotADirectoryError) as error:
        if isinstance(error, RefusalError) and "not a git repository" not in str(error):
            raise RefusalError(f"expected a Git repository, got {folder}; {error}") from None
        raise RefusalError(
            f"expected a Git repository, got {folder}; type git init there and commit"
        ) from None
    try:
        commit = git(top, "rev-parse", "--verify", "--quiet", "HEAD^{commit}").strip()
    except RefusalError:
        raise RefusalError(f"expected a commit in {folder}, got none; type git commit") from None
    return Original(name, top, inside, commit)


def _is_bare(folder: Path) -> bool:
    try:
        return git(folder, "rev-parse", "--is-bare-repository").strip() == "true"
    except (RefusalError, NotADirectoryError):
        return False


def read_stages(project: Path, original: Original, environment: dict[str, str]) -> list[Stage]:
    """Return the stages of a clone in the order of DVC's graph."""
    if not (project / ".dvc").is_dir():
        raise RefusalError(
            f"expected a DVC project in the last commit of {original.name}, got no folder .dvc; "
            "type dvc init and commit"
        )
    command = [sys.executable, "-P", str(DVC_STAGES)]
    entries = json.loads(_run(command, project, environment))
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
        out.path
        for stage in stages
        if stage.runs
        for out in stage.outs
        if not out.inside or not (project / out.path).parent.resolve().is_relative_to(root)
    ]
    if outside:
        raise RefusalError(
            f"expected outputs in the project's folder, got {', '.join(outside)} outside; a run "
            "would overwrite them"
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
        _run([*DVC, "pull", *(out.path for out in needed)], project, environment)
    except RefusalError as error:
        missing = [out.path for out in needed if not (project / out.path).exists()]
        names = ", ".join(missing or [out.path for out in needed])
        raise RefusalError(
            f"expected {names} in the DVC cache of {original.name} or in its default remote, "
            f"got neither; take a clone in which dvc pull succeeds. It ended here with:\n{error}"
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


def git(folder: Path, *arguments: str) -> str:
    """Return what a Git command prints in a folder."""
    return _run(["git", "-c", "core.quotePath=false", *arguments], folder)


def _run(command: Sequence[str], folder: Path, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        message = os.fsdecode(done.stderr or done.stdout).strip()
        raise RefusalError(message or f"{' '.join(command)} ended with {done.returncode}")
    return os.fsdecode(done.stdout)
