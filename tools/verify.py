"""The golden test: two runs from nothing, in unlike circumstances, give the committed bytes.

It takes any Git repository with a DVC pipeline. It clones HEAD twice, deletes there all that the
pipeline makes, and runs the whole pipeline without any cache: once in a plain environment, once on
one core in another folder, time zone, locale and so on. Both runs must give the same files, and
those that are committed. See docs/verify.md.
"""

import argparse
import importlib.util
import locale
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from pathlib import Path

if __name__ == "__main__":
    # Also as `python nncore/tools/verify.py`, from any folder.
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from tools.verification import clones, comparison, reproduction
from tools.verification.circumstances import SHIFT_DAYS, Circumstances, two_runs
from tools.verification.commit import CommitComparison
from tools.verification.traces import telling_words, traces

# Seconds between the runs: a ZIP file counts time in steps of two.
APART = 2
# Lines of a stage that are shown.
SHOWN = 10
# Windows has no SIGHUP, the signal of a terminal that closes.
ENDING_SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        prog="verify", description="Run a DVC pipeline twice from nothing and compare the bytes."
    )
    parser.add_argument(
        *("--repo", "-r"), default=".", metavar="PATH", help="a Git repository, or its URL"
    )
    parser.add_argument(
        *("--strict", "-s"),
        action="store_true",
        help="the second run also has other settings of BLAS, NumPy, the C library and Matplotlib; "
        "whatever else is not as committed is a fault too",
    )
    parser.add_argument(
        "--env", action="append", default=[], metavar="NAME", help="hand on a variable, repeatable"
    )
    parser.add_argument(
        "--timeout", type=float, metavar="SECONDS", help="end a run that takes longer"
    )
    parser.add_argument("--real-clock", action="store_true", help="never shift the clock")
    options = parser.parse_args(argv)
    for name in options.env:
        if name not in os.environ:
            parser.error(f"--env: expected the name of a variable that is set, got {name!r}")
    if options.timeout is not None and not options.timeout > 0:
        parser.error(f"--timeout: expected a positive number, got {options.timeout:g}")
    return options


class Verification:
    """The two runs of a commit, in clones below a workspace, and what they have made."""

    def __init__(self, options: argparse.Namespace, workspace: Path) -> None:
        self._options = options
        self._workspace = workspace
        self._environment = {**os.environ, "DVC_SITE_CACHE_DIR": str(workspace / "site")}
        self._original = clones.find_original(options.repo, workspace)
        self._stages: list[clones.Stage] = []
        self._reproductions: list[reproduction.Reproduction] = []
        self._started = datetime.now(UTC)

    def run(self) -> None:
        """Run the pipeline in both clones, and end both when one fails."""
        runs = two_runs(strict=self._options.strict, shift_clock=not self._options.real_clock)
        futures: list[Future[None]] = []
        with ThreadPoolExecutor() as pool:
            try:
                for run in runs:
                    if futures:
                        _await(futures, APART)
                    prepared = self._prepare(run)
                    self._reproductions.append(prepared)
                    futures.append(pool.submit(prepared.run, self._options.timeout))
                _await(futures)
            finally:
                for prepared in self._reproductions:
                    prepared.end()

    def _prepare(self, run: Circumstances) -> reproduction.Reproduction:
        project = self._original.clone(self._workspace / run.folder)
        if not self._stages:
            self._stages = clones.read_stages(project, self._original, self._environment)
            self._introduce()
        clones.refuse_outputs_outside(project, self._stages)
        clones.use_own_cache(project)
        # The second clone takes its inputs from the first one.
        earlier = [prepared.project / ".dvc" / "cache" for prepared in self._reproductions]
        clones.bring_inputs(project, self._stages, self._original, self._environment, earlier)
        clones.delete_outputs(project, self._stages)
        home = self._workspace / f"home of {run.name}"
        environment = run.environment(home, self._options.env)
        return reproduction.Reproduction(run, project, home, environment)

    def _introduce(self) -> None:
        print(f"verify {self._original.commit[:7]}: two runs from nothing")
        if clones.git(self._original.repository, "status", "--porcelain"):
            print("       verify ignores changes that are not committed")
        frozen = [stage.name for stage in self._stages if stage.frozen]
        if frozen:
            print(f"       frozen, so not run: {', '.join(frozen)}")

    def report(self) -> int:
        """Compare, search and print; return the exit code."""
        first, second = projects = [prepared.project for prepared in self._reproductions]
        commits = [
            CommitComparison(project, self._original.commit, self._stages) for project in projects
        ]
        strict = self._options.strict
        runs = comparison.stage_differences(
            self._stages, comparison.between_runs(first, second, self._stages, commits[0].tracked)
        )
        against = [
            comparison.stage_differences(self._stages, commit.differences) for commit in commits
        ]
        others = [commit.others() if commit.has_lock else [] for commit in commits]
        artefacts = [comparison.artefacts(project, self._stages) for project in projects]
        words = self._words()
        telling = [
            line
            for files in artefacts
            for name in files
            for line in traces(name, files[name], words)
        ]
        wrong = [
            bool(stages or (strict and rest)) for stages, rest in zip(against, others, strict=True)
        ]
        self._print_table(wrong, committed=commits[0].has_lock)

        known = {stage.stage for stage in runs}
        _print_stages("run 1 | run 2", runs)
        stale = [stage for stages in against for stage in stages if stage.stage not in known]
        _print_stages("the commit | now", stale)
        for line in dict.fromkeys(telling):
            print(f"  {line}")
        for line in dict.fromkeys(line for lines in others for line in lines):
            print(f"  {line}" if strict else f"  no fault without --strict: {line}")
        if runs or any(wrong) or telling:
            return 1
        same = "each as committed" if commits[0].has_lock else "the same in both runs"
        print(f"{len(artefacts[0])} files, {same}; no path, host, user or date in any of them")
        return 0

    def _words(self) -> set[str]:
        places = [self._workspace, self._original.repository, Path.home()]
        days = [self._started, datetime.now(UTC)]
        days += [day + timedelta(days=SHIFT_DAYS) for day in days]
        return telling_words(places, days, strict=self._options.strict)

    def _print_table(self, wrong: list[bool], *, committed: bool) -> None:
        runs = [prepared.circumstances for prepared in self._reproductions]
        rows = [("", *(run.name for run in runs))]
        rows += [(a[0], a[1], b[1]) for a, b in zip(*(run.rows() for run in runs), strict=True)]
        rows.append(("seconds", *(f"{prepared.seconds:.0f}" for prepared in self._reproductions)))
        if committed:
            rows.append(("result", *("DIFFERS" if w else "as committed" for w in wrong)))
        widths = [max(len(row[column]) for row in rows) for column in range(2)]
        for name, one, other in rows:
            print(f"{name:{widths[0]}}  {one:{widths[1]}}  {other}".rstrip())
        if not committed:
            print("no dvc.lock in the commit: it holds only the outputs that Git tracks")


def _await(futures: Iterable[Future[None]], seconds: float | None = None) -> None:
    """Wait until all runs have ended, or exactly some seconds; raise the error of a failed one."""
    begin = time.monotonic()
    ended, _ = wait(futures, seconds, FIRST_EXCEPTION)
    for future in futures:
        if future in ended:
            future.result()
    if seconds is not None:
        time.sleep(max(0, begin + seconds - time.monotonic()))


def _print_stages(how: str, stages: Iterable[comparison.Difference]) -> None:
    """Print the stages that differ though their inputs are equal, and the ones that follow."""
    stages = list({stage.stage: stage for stage in stages}.values())
    for cause in (stage for stage in stages if not stage.causes):
        print(f"  {cause.stage} differs: {how}")
        for line in cause.lines[:SHOWN]:
            print(f"    {line}")
        if len(cause.lines) > SHOWN:
            print(f"    and {len(cause.lines) - SHOWN} more")
        if following := [stage.stage for stage in stages if cause.stage in stage.causes]:
            print(f"    follow from it: {', '.join(following)}")


def _interrupt(*_: object) -> None:
    """Begin to clean up, and let no second signal disturb it."""
    for number in ENDING_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _require_programs() -> None:
    if importlib.util.find_spec("dvc") is None:
        raise clones.RefusalError(
            f"expected DVC in {sys.executable}, got none; "
            "take the Python in which your pipeline runs"
        )
    if shutil.which("git") is None:
        raise clones.RefusalError("expected the program git in PATH, got none; install Git")


def main(argv: Sequence[str] | None = None) -> int:
    """Verify a repository; return the exit code: 0, 1 for a fault, 2 if it can't be verified."""
    options = arguments(argv)
    locale.setlocale(locale.LC_ALL, "C")
    for number in ENDING_SIGNALS:
        signal.signal(number, _interrupt)
    try:
        _require_programs()
        with tempfile.TemporaryDirectory(prefix="verify-") as name:
            verification = Verification(options, Path(name).resolve())
            verification.run()
            return verification.report()
    except clones.RefusalError as error:
        print(f"verify: {error}")
        return 2
    except reproduction.RunError as error:
        print(f"verify: {error}")
        return 1
    except KeyboardInterrupt:
        print("verify: interrupted; both runs are ended and their folders deleted")
        return 128 + signal.SIGINT


if __name__ == "__main__":
    raise SystemExit(main())
