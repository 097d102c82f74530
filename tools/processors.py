"""The reduced pipeline in many circumstances must come to the same bytes in each.

`make processors` prints a Markdown table: OpenBLAS's kernels on one, two and four threads, NumPy's
loops and the C library with fewer instructions, x86-64 and AArch64 processors under qemu-user,
other Pythons on PATH, other releases of NumPy; then `numerics: fast`, which the contract leaves
out. What it downloads, it says first. The exit code is 1 where a row differs from
tools/reduced_pipeline.json or fails, or where fast does not say that it keeps no promise.

    python -m tools.processors                 # all rows
    python -m tools.processors --only AArch64  # those with this word in their name
    python -m tools.processors --here NAME     # one row: this Python, under a name

A dash: this processor does not know the instructions. qemu-user emulates no AVX-512.
"""

import hashlib
import json
import os
import shutil
import signal
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tools import aarch64
from tools.interpreters import (
    download_numpy,
    install_python_packages,
    numpy_folder,
    other_pythons,
    python_environment,
)
from tools.kernels import KERNELS, LOOPS
from tools.reduced_pipeline import EXPECTED, Result, StageError, run

QEMU = "qemu-x86_64"
WITHOUT_AVX2 = ("Nehalem", "Denverton", "SandyBridge")
WITH_AVX2 = ("Haswell", "Skylake-Client", "Icelake-Server", "EPYC", "EPYC-Rome", "EPYC-Milan")
# The first without vectors of variable length, the last with SVE.
AARCH64_KERNELS = ("ARMV8", "NEOVERSEN1", "NEOVERSEV1", "A64FX")
# Each release that pyproject.toml allows: the last patch of each minor one.
LAST_PATCHES = {"2.1": 3, "2.2": 6, "2.3": 5, "2.4": 6}
NUMPYS = [f"{minor}.{patch}" for minor, last in LAST_PATCHES.items() for patch in range(last + 1)]
PICTURES = "pictures"


class Row(NamedTuple):
    """One circumstance: the words that start Python there."""

    name: str
    python: tuple[str, ...] = (sys.executable,)
    cores: int | None = None
    numerics: str = "exact"
    pictures: bool = True
    # The processor may not know the instructions.
    may_be_unknown: bool = False


def rows(qemu: str) -> list[Row]:
    """Return all circumstances in which the bytes must be the same, this processor first."""
    return [
        Row("this processor"),
        *kernel_rows(),
        *loop_rows(),
        *emulated_rows(qemu),
        *arm_rows(),
        *release_rows(),
    ]


def kernel_rows() -> list[Row]:
    """Return OpenBLAS's kernels, each with one, two and four threads of nncore."""
    return [
        Row(
            f"OpenBLAS's {kernel} kernels, {threads} thread{'s' * (threads > 1)}",
            ("env", f"OPENBLAS_CORETYPE={kernel}", sys.executable),
            cores=threads,
            pictures=False,
            may_be_unknown=True,
        )
        for kernel in KERNELS
        for threads in (1, 2, 4)
    ]


def loop_rows() -> list[Row]:
    """Return NumPy's loops with fewer instructions, and the C library's functions likewise."""
    tunables = "GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4"
    return [
        *(
            Row(
                f"NumPy's loops with {loops} at most",
                ("env", f"NPY_DISABLE_CPU_FEATURES={disabled}", sys.executable),
            )
            for loops, disabled in LOOPS.items()
            if disabled
        ),
        Row("C library without AVX2 and FMA", ("env", tunables, sys.executable)),
    ]


def emulated_rows(qemu: str) -> list[Row]:
    """Return x86-64 processors under qemu-user."""
    named = {f"{model}, emulated: no AVX2": model for model in WITHOUT_AVX2}
    named |= {f"{model}, emulated": model for model in WITH_AVX2}
    return [Row(name, (qemu, "-cpu", model, sys.executable)) for name, model in named.items()]


def arm_rows() -> list[Row]:
    """Return AArch64 under qemu-user: the kernels that OpenBLAS chooses there, and others."""
    others = (
        Row(f"AArch64, emulated: {kernel} kernels", aarch64.command(kernel), pictures=False)
        for kernel in AARCH64_KERNELS
    )
    return [Row("AArch64, emulated", aarch64.command()), *others]


def release_rows() -> list[Row]:
    """Return other Pythons with the locked packages, and this one with other NumPys."""
    pythons = [Row(f"Python {v}", (python_environment(v),)) for v in other_pythons()]
    numpys = ((v, f"PYTHONPATH={numpy_folder(v)}") for v in NUMPYS)
    return [*pythons, *(Row(f"NumPy {v}", ("env", path, sys.executable)) for v, path in numpys)]


def prepare(chosen: Sequence[Row]) -> None:
    """Download what the rows need and is not there."""
    names = {row.name for row in chosen}
    if names & {row.name for row in arm_rows()}:
        aarch64.prepare()
    for version in other_pythons():
        if f"Python {version}" in names:
            install_python_packages(version)
    for version in NUMPYS:
        if f"NumPy {version}" in names:
            download_numpy(version)


def attempt(row: Row, folder: Path) -> Result:
    """Run a row; a failure stands in the notes."""
    try:
        return run(
            folder,
            python=row.python,
            cores=row.cores,
            numerics=row.numerics,
            pictures=row.pictures,
        )
    except StageError as error:
        if row.may_be_unknown and error.exit_code == -signal.SIGILL:
            return Result({}, "")
        return Result({}, f"failed: {error}")


def hash_cells(result: Result) -> list[str]:
    """Return the beginnings of one hash of all numbers, and of that of the pictures."""
    if not result.hashes:
        return ["-", "-"]
    numbers = sorted(item for item in result.hashes.items() if item[0] != PICTURES)
    together = hashlib.sha256(json.dumps(numbers).encode()).hexdigest()
    return [together[:12], result.hashes.get(PICTURES, "-")[:12]]


def verdict(row: Row, result: Result, expected: dict[str, str]) -> tuple[str, bool]:
    """Return the last column, and whether it is as it should be."""
    if not result.hashes:
        return result.notes or "not on this processor", not result.notes
    other = sorted(name for name, digest in result.hashes.items() if digest != expected[name])
    if row.numerics == "exact":
        word = f"DIFFERS: {', '.join(other)}" if other else "same"
        return word, not other and not result.notes
    word = "differs" if other else "same"
    return f"{word}, and says so" if result.notes else f"{word}, SAYS NOTHING", bool(result.notes)


def print_table(planned: Sequence[Row]) -> bool:
    """Run all rows, print the table, return whether all is as it should be."""
    expected = json.loads(EXPECTED.read_text(encoding="utf-8"))
    print("| circumstance | data, models, metrics, curves | pictures | |")
    print("|---|---|---|---|", flush=True)
    right = True
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(os.cpu_count()) as pool:
        folders = [Path(name, str(number)) for number in range(len(planned))]
        for row, result in zip(planned, pool.map(attempt, planned, folders), strict=True):
            word, fine = verdict(row, result, expected)
            right &= fine
            print(f"| {row.name} | {' | '.join(hash_cells(result))} | {word} |", flush=True)
    return right


def main() -> int:
    """Run the rows that are asked for; return the exit code."""
    parser = ArgumentParser(
        prog="processors",
        description="Run the reduced pipeline in many circumstances, compare its hashes with "
        "tools/reduced_pipeline.json, print a Markdown table. All rows take half an hour and need "
        f"{QEMU} (Debian: qemu-user).",
    )
    parser.add_argument(
        "--only", default="", metavar="WORD", help="run only the rows whose name contains WORD"
    )
    parser.add_argument(
        "--here", metavar="NAME", help="run this Python only; NAME is the row's name"
    )
    options = parser.parse_args()
    if options.here:
        return int(not print_table([Row(options.here)]))
    qemu = shutil.which(QEMU)
    if qemu is None:
        print(f"processors: needs {QEMU} (Debian: qemu-user), got none")
        return 1
    planned = [*rows(qemu), Row("`numerics: fast`", numerics="fast")]
    chosen = [row for row in planned if options.only in row.name]
    if not chosen:
        parser.error(f"--only: expected a word of a row's name, got {options.only!r}")
    prepare(chosen)
    return int(not print_table(chosen))


if __name__ == "__main__":
    sys.exit(main())
