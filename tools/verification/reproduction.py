"""Runs the whole pipeline of a clone, and ends it with everything that it started."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Lock, Thread

from tools.verification.circumstances import Circumstances
from tools.verification.commands import DVC

REPRODUCE = (*DVC, "repro", "--all-pipelines", "--force", "--no-run-cache")
# Lines of a failed stage's output that are shown.
SHOWN = 20
# On macOS and Windows, what a stage left behind may hold the pipe for long.
READER_SECONDS = 5


class RunError(Exception):
    """A run did not come to its end."""


class StageError(RunError):
    """A stage of a run failed."""

    def __init__(self, message: str, run: "Reproduction", stage: str) -> None:
        super().__init__(message)
        self.run = run
        self.stage = stage


class Reproduction:
    """A `dvc repro` from nothing, in its circumstances."""

    def __init__(
        self, circumstances: Circumstances, project: Path, home: Path, environment: dict[str, str]
    ) -> None:
        self.circumstances = circumstances
        self.project = project
        self.seconds = 0.0
        self.passed: set[str] = set()
        self._home = home
        self._environment = environment
        self._process: subprocess.Popen[str] | None = None
        self._ended = False
        self._lock = Lock()
        self._stage = ""
        self._output: list[str] = []
        self._output_error: OSError | None = None

    def run(self, timeout: float | None = None) -> None:
        """Run the pipeline and print each stage as it begins. Call this in a thread of its own."""
        start = time.monotonic()
        process = self._start()
        reader = Thread(target=self._read, args=(process, start), daemon=True)
        reader.start()
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            where = f"in stage {self._stage!r}" if self._stage else "before a stage began"
            raise RunError(
                f"{self._name}: expected an end within {timeout:g} s, got none {where}; "
                "it was ended. --timeout sets the limit"
            ) from None
        finally:
            self.end()
            # At once on Linux, where no process holds the pipe any more.
            reader.join(READER_SECONDS)
        self.seconds = time.monotonic() - start
        if self._output_error:
            raise self._output_error
        if code:
            raise self._failure(code)
        self.passed.add(self._stage)

    def end(self) -> None:
        """Kill the run and whatever it started. It does not start any more."""
        with self._lock:
            self._ended = True
            # A second call must not meet a stranger that has the number by then.
            process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:  # Windows has no such groups: what DVC started goes on there
                process.kill()
        # What left the group has its variables still.
        while pids := list(processes_with(str(self._home))):
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)

    @property
    def _name(self) -> str:
        return self.circumstances.name

    def _start(self) -> subprocess.Popen[str]:
        with self._lock:
            if self._ended:
                raise RunError(f"{self._name}: ended before it began")
            if self.circumstances.cores:
                # Those of this thread. What it starts inherits them.
                os.sched_setaffinity(0, self.circumstances.cores)
            self._process = subprocess.Popen(
                REPRODUCE,
                cwd=self.project,
                env=self._environment,
                # Windows has neither of the two, and ignores them.
                umask=self.circumstances.umask if os.name == "posix" else -1,
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
            )
            return self._process

    def _read(self, process: subprocess.Popen[str], start: float) -> None:
        for line in process.stdout or ():
            self._output.append(line)
            if begun := re.match("Running stage '(.*)'", line):
                self.passed.add(self._stage)
                self._stage, self._output = begun[1], []
                seconds = time.monotonic() - start
                try:
                    print(f"{seconds:7.0f} s  {self._name}: {self._stage}", flush=True)
                except OSError as error:  # nobody reads it any more
                    self._output_error = error
                    self.end()
                    return

    def _failure(self, code: int) -> RunError:
        output = "".join(self._output).rstrip().splitlines()
        failed = re.findall("failed to reproduce '(.*?)'", "\n".join(output))
        stage = f"stage {failed[-1]!r} failed" if failed else f"dvc repro ended with {code}"
        shown = "\n".join(f"    {line}" for line in output[-SHOWN:])
        message = f"{self._name}: {stage}; the end of its output:\n{shown}"
        return StageError(message, self, failed[-1]) if failed else RunError(message)


def processes_with(word: str) -> Iterator[int]:
    """Return the processes of this user in whose environment a word stands. Linux lists them."""
    for file in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if os.fsencode(word) in file.read_bytes():
                yield int(file.parent.name)
