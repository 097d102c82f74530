"""The golden test: two runs from nothing, in unlike circumstances, give the committed bytes.

`make verify` clones HEAD twice, deletes dvc.lock and the reports there, and runs the whole pipeline
without any cache: once with all cores, once on one core under another path, time zone, locale, hash
seed and environment of the libraries. Both must bring back exactly what is committed.
"""

import locale
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Timer

import psutil

from tools.golden_files import ROOT, artefacts, differences, git, telling_words, traces

# Seconds; a run takes about a fortieth of it.
LIMIT = 900
# All that may reach into the numbers from outside: libraries' threads and kernels, NumPy's vector
# instructions, the C library's choice of functions. Any x86-64 processor has Nehalem's kernels.
HOSTILE = {
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4",
    "MKL_CBWR": "COMPATIBLE",
    "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
    "OMP_NUM_THREADS": "2",
    "OPENBLAS_CORETYPE": "Nehalem",
    "OPENBLAS_NUM_THREADS": "2",
}


@dataclass(frozen=True)
class Run:
    """Where and how the pipeline runs."""

    folder: str
    cores: int
    zone: str
    locale: str
    seed: str
    numerics: Mapping[str, str]
    umask: int

    @property
    def kind(self) -> str:
        """Tell the two runs apart."""
        return "hostile" if self.numerics else "plain"


def runs() -> list[Run]:
    """Return the two runs, as unlike each other as this machine allows."""
    return [
        Run("a", len(os.sched_getaffinity(0)), "UTC0", "C.UTF-8", "0", {}, 0o022),
        Run("another folder", 1, "XYZ-14", _other_locale(), "4711", HOSTILE, 0o077),
    ]


def _other_locale() -> str:
    known = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=False).stdout
    others = [name for name in known.split() if name.partition(".")[0] not in {"C", "POSIX"}]
    return others[0] if others else "C"


def environment(run: Run, home: Path) -> dict[str, str]:
    """Return the environment of a run: nothing of this user's but the search path."""
    rc = home / "matplotlibrc"
    rc.parent.mkdir(parents=True)
    rc.write_text("lines.linewidth: 7\nsavefig.dpi: 50\n", encoding="utf-8")
    return {
        "DVC_GLOBAL_CONFIG_DIR": str(home / "global"),
        "DVC_NO_ANALYTICS": "1",
        "DVC_SITE_CACHE_DIR": str(home / "site"),
        "DVC_SYSTEM_CONFIG_DIR": str(home / "system"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "HOME": str(home),
        "LC_ALL": run.locale,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONHASHSEED": run.seed,
        "TZ": run.zone,
        **({"MATPLOTLIBRC": str(rc)} if run.numerics else {}),
        **run.numerics,
    }


def clone(run: Run, workspace: Path) -> Path:
    """Return a clone of HEAD without anything that the pipeline makes."""
    folder = workspace / run.folder
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, folder], check=True)
    # What stands there already might pass for made.
    for path in (folder / "dvc.lock", *(folder / "reports").rglob("*.*")):
        path.unlink(missing_ok=True)
    return folder


def reproduce(run: Run, folder: Path, home: Path) -> float:
    """Run the whole pipeline in `folder`, and print its stages; return the seconds that it took."""
    cores = sorted(os.sched_getaffinity(0))[-run.cores :]
    start = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-m", "tools.verify", ",".join(map(str, cores))],
        cwd=folder,
        env=environment(run, home),
        umask=run.umask,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        limit = Timer(LIMIT, kill_tree, [process.pid])
        limit.start()
        lines = []
        try:
            for line in process.stdout or ():
                lines.append(line)
                if stage := re.match("Running stage '(.*)'", line):
                    seconds = time.monotonic() - start
                    print(f"{seconds:7.0f} s  {run.kind}: {stage[1]}", flush=True)
        finally:
            limit.cancel()
    if process.returncode == -signal.SIGKILL:
        raise SystemExit(f"verify: dvc repro took more than {LIMIT} s in {run.folder!r}")
    if process.returncode:
        sys.stdout.write("".join(lines))
        raise SystemExit(f"verify: dvc repro ended with {process.returncode} in {run.folder!r}")
    return time.monotonic() - start


def kill_tree(pid: int) -> None:
    """Kill a process and those below it, which would keep its pipes open."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        # A stopped process starts no other one while those below it are listed.
        process.suspend()
        for descendant in process.children(recursive=True):
            descendant.kill()
        process.kill()


def verify() -> int:
    """Run twice, compare, search; return the exit code."""
    if sys.platform != "linux":
        print(f"verify: needs Linux, got {sys.platform}")
        return 1
    commit = git(ROOT, "log", "-1", "--format=%h").strip()
    print(f"verify {commit}: two runs from nothing")
    if git(ROOT, "status", "--porcelain"):
        print("       verify ignores changes that are not committed")
    faults = []
    with tempfile.TemporaryDirectory(prefix="verify-") as name:
        workspace = Path(name).resolve()
        planned = runs()
        words = telling_words(workspace, datetime.now(UTC))
        folders = [clone(run, workspace) for run in planned]
        homes = [workspace / f"home {number}" for number in range(len(planned))]
        with ThreadPoolExecutor() as pool:
            seconds = list(pool.map(reproduce, planned, folders, homes))
        print("cores  zone    locale   hash seed  environment  umask  seconds  result")
        for run, folder, took in zip(planned, folders, seconds, strict=True):
            found = differences(folder) + traces(artefacts(folder), words)
            print(
                f"{run.cores:5}  {run.zone:6}  {run.locale:7}  {run.seed:>9}  {run.kind:11}  "
                f"{run.umask:>05o}  {took:7.0f}  {'DIFFERS' if found else 'as committed'}"
            )
            faults += found
        count = len(artefacts(folders[0]))
    for fault in dict.fromkeys(faults):
        print(f"  {fault}")
    if not faults:
        print(f"{count} files, each as committed; no path, host, user or date in any of them")
    return 1 if faults else 0


def _repro_on(cores: Iterable[int]) -> None:
    """Become `dvc repro`, on these cores alone."""
    os.sched_setaffinity(0, cores)
    os.execvp("dvc", ["dvc", "repro", "--no-run-cache"])  # noqa: S606  no shell


if __name__ == "__main__":
    locale.setlocale(locale.LC_ALL, "C")
    if len(sys.argv) > 1:
        _repro_on(map(int, sys.argv[1].split(",")))
    raise SystemExit(verify())
