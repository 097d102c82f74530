"""What the stages of two runs have made, held against each other."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tools.verification.clones import Output, Stage
from tools.verification.differences import contents, first_difference
from tools.verification.lock import Key, lock_differences

# By the path of an output, or INPUTS for what a lock has of a stage's command and inputs.
Lines = dict[str, list[str]]
INPUTS = "inputs"


@dataclass(frozen=True)
class Difference:
    """A stage that differs, with the lines of each output, of its lock and of its inputs.

    If its inputs differ too, `causes` are the stages from which that comes.
    """

    stage: str
    lines: Lines
    causes: set[str]


def artefacts(project: Path, stages: Iterable[Stage]) -> dict[str, Path]:
    """Return the locks and every file that the stages have made, by path."""
    files = {}
    for stage in stages:
        if stage.lock and (project / stage.lock).is_file():
            files[stage.lock] = project / stage.lock
        for out in outputs(stage):
            for name, file in contents(project / out.path).items():
                files[file_path(out.path, name)] = file
    return dict(sorted(files.items()))


def count(files: Iterable[str], stages: Iterable[Stage]) -> str:
    """Return in words how many files of outputs and how many locks the artefacts are."""
    files, locks = set(files), {stage.lock for stage in stages}
    made, written = len(files - locks), len(files & locks)
    lock = "" if not written else " and dvc.lock" if written == 1 else f" and {written} dvc.lock"
    return f"{made} file{'s' * (made != 1)}{lock}"


def outputs(stage: Stage) -> list[Output]:
    """Return the outputs that a run of the pipeline makes in the project's folder."""
    return [out for out in stage.outs if stage.runs and out.inside]


def file_path(out: str, name: str) -> str:
    """Return the path of a file of an output."""
    return out if name == "." else f"{out}/{name}"


def stage_differences(
    stages: Iterable[Stage], differences: Callable[[Stage], Lines]
) -> list[Difference]:
    """Return the stages for which `differences` has a line, in their order."""
    result: list[Difference] = []
    origins: dict[str, set[str]] = {}
    for stage in stages:
        if stage.runs and (lines := differences(stage)):
            causes = [
                names
                for path, names in origins.items()
                if any(_overlap(dep, path) for dep in stage.deps)
            ]
            result.append(Difference(stage.name, lines, set().union(*causes)))
            for out in outputs(stage):
                origins[out.path] = result[-1].causes or {stage.name}
    return result


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def between_runs(
    old: Path, new: Path, stages: Iterable[Stage], tracked: set[str]
) -> Callable[[Stage], Lines]:
    """Return a function that compares a stage in two projects: its outputs and its lock."""
    out_paths = [out.path for stage in stages for out in outputs(stage)]

    @cache
    def entries(lock: str) -> dict[Key, str]:
        texts = [(project / lock).read_text(encoding="utf-8") for project in (old, new)]
        return lock_differences(*texts)

    def differences(stage: Stage) -> Lines:
        # Those that no stage makes. Any others differ because of the stage that makes them.
        inputs = {
            written
            for path, written in zip(stage.deps, stage.written_deps, strict=True)
            if not any(_overlap(path, out) for out in out_paths)
        }
        lines = {
            INPUTS: [
                f"{stage.lock}: {' '.join(filter(None, key))}: {text}"
                for key, text in (entries(stage.lock) if stage.lock else {}).items()
                if key[0] == stage.entry and (key[1] in {"cmd", "params"} or key[2] in inputs)
            ]
        }
        for out in outputs(stage):
            lines[out.path] = list(_output_differences(out.path, old, new, tracked))
        return {name: differing for name, differing in lines.items() if differing}

    return differences


def _output_differences(out: str, old: Path, new: Path, tracked: set[str]) -> Iterator[str]:
    a, b = contents(old / out), contents(new / out)
    for name in sorted(a.keys() | b):
        path = file_path(out, name)
        if name not in a or name not in b:
            yield f"{path}: {'only in run 1' if name in a else 'only in run 2'}"
        elif difference := first_difference((a[name], old), (b[name], new), modes=path in tracked):
            yield f"{path}: {difference}"
