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

from tools.verification import clones, reproduction
from tools.verification.circumstances import SHIFT_DAYS, Circumstances, two_runs
from tools.verification.commands import RefusalError, git
from tools.verification.original import find_original
from tools.verification.report import explain_failure, report
from tools.verification.traces import Search, make_search

# Seconds between the runs: a ZIP file counts time in steps of two.
APART = 2
# As of a program that SIGPIPE ends, which Windows lacks.
EXIT_BROKEN_PIPE = 128 + 13
# Windows has no SIGHUP, the signal of a terminal that closes.
ENDING_SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        prog="verify",
        description="Run a DVC pipeline twice from nothing and compare the bytes.",
        epilog="exit codes: 0 same, 1 something differs or a stage fails, 2 the repository "
        "can't be verified, 130 interrupted, 141 nobody reads the output. More: docs/verify.md",
    )
    parser.add_argument(
        *("--repo", "-r"),
        default=".",
        metavar="PATH",
        help="a Git repository, the folder of a DVC project in one, or a repository's URL "
        "(default: the current folder)",
    )
    parser.add_argument(
        *("--strict", "-s"),
        action="store_true",
        help="the second run also has other settings of BLAS, NumPy, the C library and Matplotlib; "
        "tracked files that a stage changes without listing them are faults too, and so are names "
        "and dates in outputs",
    )
    parser.add_argument(
        "--env",
        action="append",
        default=[],
        metavar="NAME",
        help="pass environment variable NAME to the stages; may be given several times",
    )
    parser.add_argument(
        "--timeout", type=float, metavar="SECONDS", help="end a run that takes longer"
    )
    parser.add_argument("--real-clock", action="store_true", help="run 2 uses the real date")
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
        self._original = find_original(options.repo, workspace)
        self._stages: list[clones.Stage] = []
        self._reproductions: list[reproduction.Reproduction] = []
        self._started = datetime.now(UTC)

    def run(self) -> None:
        """Run the pipeline in both clones, and end both when one fails."""
        try:
            self._run_both()
        except reproduction.StageError as error:
            explanation = explain_failure(self._reproductions, self._stages, error)
            raise reproduction.RunError(f"{error}\n{explanation}") from None

    def _run_both(self) -> None:
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
        if changes := git(self._original.repository, "status", "--porcelain").splitlines():
            number = f"{len(changes)} change{'s' * (len(changes) > 1)}"
            print(f"       verify ignores {number} that git status shows: not committed")
        frozen = [stage.name for stage in self._stages if stage.frozen]
        if frozen:
            print(f"       frozen, so not run: {', '.join(frozen)}")

    def report(self) -> int:
        """Compare, search and print; return the exit code."""
        strict = self._options.strict
        search = self._search(strict=strict)
        commit = self._original.commit
        return report(self._reproductions, self._stages, commit, search, strict=strict)

    def _search(self, *, strict: bool) -> Search:
        places = {self._workspace, self._original.repository, Path.home(), Path(sys.prefix)}
        days = [self._started, datetime.now(UTC)]
        if any(prepared.circumstances.faketime for prepared in self._reproductions):
            days += [day + timedelta(days=SHIFT_DAYS) for day in days]
        return make_search(places, days, strict=strict)


def _await(futures: Iterable[Future[None]], seconds: float | None = None) -> None:
    """Wait until all runs have ended, or exactly some seconds; raise the error of a failed one."""
    begin = time.monotonic()
    ended, _ = wait(futures, seconds, FIRST_EXCEPTION)
    for future in futures:
        if future in ended:
            future.result()
    if seconds is not None:
        time.sleep(max(0, begin + seconds - time.monotonic()))


def _interrupt(*_: object) -> None:
    """Begin to clean up, and let no second signal disturb it."""
    for number in ENDING_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _require_programs() -> None:
    if importlib.util.find_spec("dvc") is None:
        raise RefusalError(
            f"expected DVC in {sys.executable}, got none; "
            "take the Python in which your pipeline runs"
        )
    if shutil.which("git") is None:
        raise RefusalError("expected the program git in PATH, got none; install Git")


def verify(options: argparse.Namespace) -> int:
    """Verify a repository; return the exit code: 0, 1 for a fault, 2 if it can't be verified."""
    try:
        _require_programs()
        with tempfile.TemporaryDirectory(prefix="verify-") as name:
            verification = Verification(options, Path(name).resolve())
            verification.run()
            return verification.report()
    except RefusalError as error:
        print(f"verify: {error}")
        return 2
    except reproduction.RunError as error:
        print(f"verify: {error}")
        return 1
    except KeyboardInterrupt:
        print("verify: interrupted; both runs are ended and their folders deleted")
        return 128 + signal.SIGINT


def main(argv: Sequence[str] | None = None) -> int:
    """Verify what the command line names; return the exit code."""
    options = arguments(argv)
    locale.setlocale(locale.LC_ALL, "C")
    for number in ENDING_SIGNALS:
        signal.signal(number, _interrupt)
    try:
        code = verify(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # Nobody reads the output any more. Python flushes the rest of it when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_BROKEN_PIPE
    return code


if __name__ == "__main__":
    raise SystemExit(main())
