"""The reduced pipeline on other processors, emulated, must come to the same bytes as on this one.

`make processors` prints a Markdown table of hashes: this processor with all cores and with one,
with other functions of the C library, models under qemu-user's `-cpu`, with AVX2 and without; then
what the contract leaves out, numerics: fast. The exit code is 1 where a row of the first kind
differs, or one of the second fails or does not say that it keeps no promise.

qemu-user emulates no AVX-512: an Icelake-Server comes without it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tools.reduced_pipeline import Result, StageError, run

QEMU = "qemu-x86_64"
WITHOUT_AVX2 = ("Nehalem", "SandyBridge")
WITH_AVX2 = ("Haswell", "Skylake-Client", "Icelake-Server", "EPYC", "EPYC-Rome", "EPYC-Milan")
COLUMNS = ("adam model", "momentum model", "data", "reports", "pictures")


class Row(NamedTuple):
    """One circumstance."""

    name: str
    prefix: tuple[str, ...] = ()
    numerics: str = "exact"


def rows(qemu: str) -> list[Row]:
    """Return the circumstances, the reference first."""
    core = str(min(os.sched_getaffinity(0)))
    tunables = "GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4"
    return [
        Row("this processor"),
        Row("this processor, one core", ("taskset", "--cpu-list", core)),
        Row("this processor, C library without AVX2 and FMA", ("env", tunables)),
        *(Row(f"{m}, emulated: no AVX2", (qemu, "-cpu", m)) for m in WITHOUT_AVX2),
        *(Row(f"{model}, emulated", (qemu, "-cpu", model)) for model in WITH_AVX2),
        Row("this processor, `numerics: fast`", numerics="fast"),
    ]


def attempt(row: Row, folder: Path) -> Result:
    """Run a row; a failure stands in the notes."""
    try:
        return run(folder, prefix=row.prefix, numerics=row.numerics)
    except StageError as error:
        return Result({}, f"failed: {error}")


def shown(result: Result) -> list[str]:
    """Return the beginnings of the hashes, in the order of `COLUMNS`."""
    if not result.hashes:
        return ["-"] * len(COLUMNS)
    return [result.hashes[column][:12] for column in COLUMNS]


def verdict(row: Row, result: Result, reference: Result) -> tuple[str, bool]:
    """Return the last column, and whether it is as it should be."""
    if not result.hashes:
        return result.notes, False
    same = result.hashes == reference.hashes
    if row.numerics == "exact":
        return ("same" if same else "DIFFERS"), same and not result.notes
    word = "same" if same else "differs"
    return f"{word}, and says so" if result.notes else f"{word}, SAYS NOTHING", bool(result.notes)


def main() -> int:
    """Run all rows, print the table, return the exit code."""
    qemu = shutil.which(QEMU)
    if qemu is None:
        print(f"processors: needs {QEMU} (Debian: qemu-user), got none")
        return 1
    version = subprocess.run([qemu, "--version"], capture_output=True, text=True, check=True)
    print(version.stdout.splitlines()[0], end="\n\n")
    print(f"| processor | {' | '.join(COLUMNS)} | |", flush=True)
    print("|---" * (len(COLUMNS) + 2) + "|", flush=True)
    planned = rows(qemu)
    right = True
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name, str(number)) for number in range(len(planned))]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            results = pool.map(attempt, planned, folders)
            reference = None
            for row, result in zip(planned, results, strict=True):
                reference = reference or result
                word, fine = verdict(row, result, reference)
                right &= fine
                print(f"| {row.name} | {' | '.join(shown(result))} | {word} |", flush=True)
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
