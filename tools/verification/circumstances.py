"""The circumstances of the two runs, as unlike each other as the machine allows."""

import glob
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

SITECUSTOMIZE = Path(__file__).parent / "second_run" / "sitecustomize.py"
# What a program needs to reach the network, and Windows to start one. All else is withheld.
HANDED_ON = (
    *("all_proxy", "http_proxy", "https_proxy", "no_proxy"),
    *("ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
    *("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE"),
    *("COMSPEC", "PATHEXT", "SYSTEMROOT", "WINDIR"),
)
# All that may reach into the numbers from outside: libraries' threads and kernels, NumPy's vector
# instructions, the C library's choice of functions. Any x86-64 processor has Nehalem's kernels.
HOSTILE = {
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4",
    "MKL_CBWR": "COMPATIBLE",
    # The second line has the names before NumPy 2.4. A release ignores those that it does not know.
    "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR "
    "AVX2 FMA3 AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL",
    "OMP_NUM_THREADS": "2",
    "OPENBLAS_CORETYPE": "Nehalem",
    "OPENBLAS_NUM_THREADS": "2",
}
OTHER_LIBRARIES = "other kernels, two threads, other Matplotlib settings"
MATPLOTLIBRC = "lines.linewidth: 7\nsavefig.dpi: 50\n"
# Another day, month and year.
SHIFT_DAYS = 400
FAKETIME = (
    "/usr/lib/*/faketime/libfaketimeMT.so.1",
    "/usr/lib*/faketime/libfaketimeMT.so.1",
    "/usr/local/lib*/faketime/libfaketimeMT.so.1",
)


@dataclass(frozen=True)
class Circumstances:
    """Where and how the pipeline runs."""

    name: str
    folder: str
    cores: tuple[int, ...]
    zone: str
    locale: str
    seed: str
    umask: int
    reverse: bool = False
    clock: str = "as it is"
    faketime: str = ""
    libraries: Mapping[str, str] = field(default_factory=dict)

    def rows(self) -> list[tuple[str, str]]:
        """Return the lines of the table: a circumstance, and what it is in this run."""
        return [
            ("cores", str(len(self.cores) or os.cpu_count())),
            ("folder, HOME, TMPDIR", self.folder),
            ("time zone", self.zone),
            ("locale", self.locale),
            ("hash seed", self.seed),
            ("umask", f"{self.umask:03o}" if os.name == "posix" else "as it is"),
            ("file order", "reversed" if self.reverse else "as it is"),
            ("clock", self.clock),
            ("libraries", OTHER_LIBRARIES if self.libraries else "as they are"),
        ]

    def environment(self, home: Path, handed_on: Iterable[str]) -> dict[str, str]:
        """Return the environment of a run: nothing of this user's but the search path.

        `home` is a folder of the run's own, outside the clone. It is made here.
        """
        for folder in ("global", "python", "tmp"):
            (home / folder).mkdir(parents=True)
        settings = "[core]\n    analytics = false\n    check_update = false\n"
        (home / "global" / "config").write_text(settings, encoding="utf-8")
        named = {name: os.environ[name] for name in handed_on}
        result = {
            **{name: os.environ[name] for name in HANDED_ON if name in os.environ},
            **named,
            "DVC_GLOBAL_CONFIG_DIR": str(home / "global"),
            "DVC_NO_ANALYTICS": "1",
            "DVC_SITE_CACHE_DIR": str(home / "site"),
            "DVC_SYSTEM_CONFIG_DIR": str(home / "system"),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "LC_ALL": self.locale,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONHASHSEED": self.seed,
            "TZ": self.zone,
            **dict.fromkeys(("HOME", "USERPROFILE"), str(home)),
            **dict.fromkeys(("TEMP", "TMP", "TMPDIR"), str(home / "tmp")),
            **self.libraries,
        }
        if self.reverse:
            copy = home / "python" / "sitecustomize.py"
            copy.write_bytes(SITECUSTOMIZE.read_bytes())
            paths = (str(copy.parent), named.get("PYTHONPATH", ""))
            result["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
        if self.faketime:
            result |= clock_environment(self.faketime)
        if self.libraries:
            (home / "matplotlibrc").write_text(MATPLOTLIBRC, encoding="utf-8")
            result["MATPLOTLIBRC"] = str(home / "matplotlibrc")
        return result


def two_runs(*, strict: bool = False, shift_clock: bool = True) -> tuple[Circumstances, ...]:
    """Return the two runs; without `strict` the second one leaves the libraries' settings alone."""
    # macOS and Windows tie no process to cores.
    cores = tuple(sorted(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else ()
    library = find_faketime() if shift_clock else ""
    clock = "as it is (install faketime to shift it)" if shift_clock else "as it is"
    return (
        Circumstances("run 1", "a", cores, "UTC0", "C.UTF-8", "0", 0o022),
        Circumstances(
            *("run 2", other_folder(), cores[-1:], "XYZ-14", other_locale(), "4711", 0o077),
            reverse=True,
            clock=f"{SHIFT_DAYS} days ahead" if library else clock,
            faketime=library,
            libraries=HOSTILE if strict else {},
        ),
    )


def other_folder() -> str:
    """Return a name with a space and, where the file system takes it, a letter beyond ASCII."""
    unicode = sys.getfilesystemencoding().lower().replace("-", "") == "utf8"
    return "another földer" if unicode else "another folder"


def other_locale() -> str:
    """Return another locale of this machine: in UTF-8 and not English, if there is one."""
    try:
        listed = subprocess.run(["locale", "-a"], capture_output=True, check=False).stdout
    except FileNotFoundError:  # Windows has no such program
        listed = b""
    # Old names in Latin-1 are left out.
    known = listed.decode("ascii", errors="ignore")
    others = [name for name in known.split() if name.partition(".")[0] not in {"C", "POSIX"}]
    return max(others, key=lambda name: ("utf" in name.lower(), name[:2] != "en"), default="C")


@cache
def find_faketime() -> str:
    """Return the path of a libfaketime that works here, or ""."""
    if sys.platform != "linux":  # macOS withholds such libraries from /bin/sh, and so from stages
        return ""
    # A library that does not fit might also make each wait one of 400 days.
    ask = "import threading, time; threading.Event().wait(0.001); print(time.time())"
    for path in (path for pattern in FAKETIME for path in glob.glob(pattern)):  # noqa: PTH207
        with suppress(subprocess.SubprocessError, ValueError):
            clock = subprocess.run(
                [sys.executable, "-c", ask],
                capture_output=True,
                text=True,
                check=True,
                timeout=60,
                env=clock_environment(path),
            ).stdout
            if float(clock) > time.time() + (SHIFT_DAYS - 1) * 86400:
                return path
    return ""


def clock_environment(library: str) -> dict[str, str]:
    """Return the variables with which libfaketime shifts the date, and nothing else."""
    return {
        "FAKETIME": f"+{SHIFT_DAYS}d",
        "FAKETIME_DISABLE_SHM": "1",
        # Waiting and measuring go by the monotonic clock.
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "LD_PRELOAD": library,
        # A file that was unpacked with a fixed date keeps it.
        "NO_FAKE_STAT": "1",
    }
