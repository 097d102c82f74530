"""What a verification prints: circumstances, differences, traces and the verdict."""

from collections.abc import Iterable, Mapping, Sequence

from tools.verification.clones import Stage
from tools.verification.commit import CommitComparison
from tools.verification.comparison import (
    INPUTS,
    Difference,
    artefacts,
    between_runs,
    count,
    stage_differences,
)
from tools.verification.reproduction import Reproduction, StageError
from tools.verification.traces import Search, traces

# Lines of a stage that are shown.
SHOWN = 10
BETWEEN_RUNS = "run 1 | run 2"
AGAINST_COMMIT = "the commit | now"
WARNING = "warning, a fault with --strict: "


def report(
    runs: Sequence[Reproduction],
    stages: Sequence[Stage],
    commit: str,
    search: Search,
    *,
    strict: bool,
) -> int:
    """Compare two runs with each other and with the commit, search and print; return the exit code.

    The code is 0 if all is the same, else 1.
    """
    first, second = projects = [run.project for run in runs]
    commits = [CommitComparison(project, commit, stages) for project in projects]
    unequal = stage_differences(stages, between_runs(first, second, stages, commits[0].tracked))
    against = [stage_differences(stages, one.differences) for one in commits]
    changes = [one.others() if one.has_lock else [] for one in commits]
    same = "as committed" if commits[0].has_lock else f"runs {'differ' if unequal else 'agree'}"
    results = [
        "DIFFERS" if differing or (strict and rest) else same
        for differing, rest in zip(against, changes, strict=True)
    ]
    print(*_table(runs, results), sep="\n")
    if not commits[0].has_lock:
        print("no dvc.lock in the commit: of the commit, only outputs that Git tracks are compared")

    known = {one.stage for one in unequal}
    # Runs that agree differ from the commit alike.
    stale = [one for one in against[0] if one.stage not in known]
    stale += [one for one in against[1] if one.stage not in known | {two.stage for two in stale}]
    _print_stages(BETWEEN_RUNS, unequal)
    compared = {stage.name for stage in stages if commits[0].has_entry(stage)}
    _print_stages(AGAINST_COMMIT, stale, compared)
    paths, words = _trace_lines(runs, stages, search)
    others = list(dict.fromkeys(line for lines in changes for line in lines))
    for line in paths:
        print(f"  {line}")
    for line in (*words, *others):
        print(f"  {'' if strict else WARNING}{line}")
    print(search)
    faults = {
        "stages that differ between the runs": len(unequal),
        "stages that differ from the commit": len(stale),
        "outputs with a path": len(paths),
    }
    warnings = {"outputs with a name or date": len(words), "other changes": len(others)}
    if strict:
        faults, warnings = {**faults, **warnings}, {}
    noted = f"; warnings: {_counts(warnings)}" if any(warnings.values()) else ""
    if any(faults.values()):
        print(f"exit code 1 because of {_counts(faults)}{noted}")
        return 1
    same = "each as committed" if commits[0].has_lock else "the same in both runs"
    print(f"{count(artefacts(first, stages), stages)}, {same}{noted}")
    return 0


def _counts(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ({number})" for name, number in numbers.items() if number)


def _table(runs: Sequence[Reproduction], results: Sequence[str] = ()) -> list[str]:
    """Return the circumstances of two runs, and what came of them if they have ended."""
    rows = [("", *(run.circumstances.name for run in runs))]
    circumstances = (run.circumstances.rows() for run in runs)
    rows += [(a[0], a[1], b[1]) for a, b in zip(*circumstances, strict=True)]
    if results:
        rows.append(("seconds", *(f"{run.seconds:.0f}" for run in runs)))
        rows.append(("result", *results))
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    return [f"{name:{widths[0]}}  {one:{widths[1]}}  {other}".rstrip() for name, one, other in rows]


def _print_stages(
    how: str, differences: Sequence[Difference], compared: Iterable[str] = ()
) -> None:
    """Print the stages that differ though their inputs are equal, and the ones that follow."""
    for cause in (one for one in differences if not one.causes):
        print(f"  {cause.stage} differs: {how}")
        lines = list(cause.lines.get(INPUTS, []))
        for out, differing in cause.lines.items():
            if out != INPUTS:
                lines.append(_output_line(out, differing))
        for line in lines[:SHOWN]:
            print(f"    {line}")
        if len(lines) > SHOWN:
            print(f"    and {len(lines) - SHOWN} more")
        if how == AGAINST_COMMIT and (reason := _reason(cause, compared)):
            print(f"    {reason}")
        if following := [one.stage for one in differences if cause.stage in one.causes]:
            print(f"    follow from it: {', '.join(following)}")


def _output_line(out: str, lines: Sequence[str]) -> str:
    """Return one line for an output: that of its only file, or of the first of several."""
    if len(lines) == 1:
        return lines[0]
    return f"{out}: {len(lines)} files differ, first {lines[0].removeprefix(f'{out}/')}"


def _reason(cause: Difference, compared: Iterable[str]) -> str:
    """Return why the committed result of a stage is another one than that of both runs."""
    if INPUTS in cause.lines:
        return "somebody committed a change without dvc repro"
    if cause.stage not in compared:
        return ""
    return (
        "its dependencies are as committed; so the committed result came from another environment "
        "(a variable: --env, packages, the processor) or from a file that is no dependency"
    )


def _trace_lines(
    runs: Sequence[Reproduction], stages: Sequence[Stage], search: Search
) -> tuple[list[str], list[str]]:
    """Return a line for each output that holds a path, and for each that holds another word."""
    names_of_runs: dict[tuple[str, str, bool], list[str]] = {}
    locks = {stage.lock for stage in stages}
    for run in runs:
        for name, file in artefacts(run.project, stages).items():
            # DVC writes locks, from what the commit has and from hashes.
            held = traces(file, search.paths if name in locks else search.words)
            for words in (
                [word for word in held if word in search.paths],
                [word for word in held if word not in search.paths],
            ):
                if words:
                    key = (name, ", ".join(map(repr, words)), words[0] in search.paths)
                    names_of_runs.setdefault(key, []).append(run.circumstances.name)
    lines: tuple[list[str], list[str]] = ([], [])
    for (name, shown, are_paths), names in names_of_runs.items():
        where = "both runs" if len(names) == len(runs) else names[0]
        lines[0 if are_paths else 1].append(f"{name}: holds {shown} ({where})")
    return lines


def explain_failure(
    runs: Sequence[Reproduction], stages: Iterable[Stage], error: StageError
) -> str:
    """Return what may have made a stage fail in one of the runs."""
    (stage,) = (one for one in stages if one.name == error.stage)
    missing = [
        written
        for path, written in zip(stage.deps, stage.written_deps, strict=True)
        if not (error.run.project / path).exists()
    ]
    if missing:
        return "\n".join(
            f"{path} is a dependency, but not in the commit, which has no ignored files, none "
            "outside of the repository and none of a submodule"
            for path in missing
        )
    passed = [run.circumstances.name for run in runs if stage.name in run.passed]
    if not passed:
        return "a stage gets none of your environment variables; --env NAME passes one"
    lines = [f"{passed[0]} passed this stage, so one of these circumstances is the cause:"]
    lines += _table(runs)
    if error.run.circumstances.faketime:
        # Most certificates have expired then.
        lines.append("--real-clock leaves the clock as it is, for a stage that downloads")
    return "\n".join(lines)
