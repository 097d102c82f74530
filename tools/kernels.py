"""What the bytes of a training depend on, in plain floating point and in exact arithmetic.

`make kernels` trains one network on this x86-64 processor with each of OpenBLAS's kernels, with and
without NumPy's AVX-512 and AVX2 loops, on one thread, two and four, and prints a Markdown table of
the parameters' hashes. A dash: this processor can't do it. The exit code is 1 if two exact ones
differ.
"""

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from nncore.config.architecture import Architecture
from nncore.config.optimizer import OptimizerSettings
from nncore.config.training import TrainingSettings
from nncore.data.dataset import Data
from nncore.network.network import Network
from nncore.training.fit import fit

ROOT = Path(__file__).parents[1]
KERNELS = ("Haswell", "Zen", "SkylakeX", "Sandybridge", "Nehalem")
AVX512 = "X86_V4 AVX512_ICL AVX512_SPR"
LOOPS = {"all": "", "AVX2": AVX512, "SSE": f"X86_V3 {AVX512}"}
# Arithmetic and threads: on several, the last bits of fast may differ.
WAYS = (("fast", 1), ("exact", 1), ("exact", 2), ("exact", 4))
# Large enough for four threads.
BATCH = 512


def training_digest(numerics: Any, workers: int) -> str:  # noqa: ANN401  its name, from the command line
    """Return a digest of the parameters after a small training."""
    rng = np.random.default_rng(1)
    images = rng.random((1024, 784), np.float32)
    targets = np.eye(10, dtype=np.float32)[rng.integers(10, size=1024)]
    architecture = Architecture(hidden=(400, 96, 48), activation=("relu", "sigmoid", "tanh"))
    network = Network(architecture, inputs=784, outputs=10, numerics=numerics)
    adam = OptimizerSettings(name="adam")
    settings = TrainingSettings(epochs=6, batch_size=BATCH, lr=0.002, optimizer=adam)
    fit(network, settings, Data(images, targets), workers=workers)
    return hashlib.sha256(network.parameters.tobytes()).hexdigest()


def hash_in(environment: Mapping[str, str], numerics: str, workers: int) -> str:
    """Return the beginning of the digest that a process with this environment comes to."""
    done = subprocess.run(
        [sys.executable, "-m", "tools.kernels", numerics, str(workers)],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    # SIGILL: the processor does not know an instruction.
    if done.returncode not in {0, -signal.SIGILL}:
        raise SystemExit(done.stderr or f"expected a digest, got exit code {done.returncode}")
    return done.stdout[:12] or "-"


def main() -> int:
    """Print the table, return the exit code."""
    heads = [f"{numerics}, {count} thread{'s' * (count > 1)}" for numerics, count in WAYS]
    print(f"| OpenBLAS | NumPy's loops | {' | '.join(heads)} |")
    print("|---" * (2 + len(WAYS)) + "|")
    exact = set()
    for kernel, (loops, disabled) in product(KERNELS, LOOPS.items()):
        chosen = {"OPENBLAS_CORETYPE": kernel, "NPY_DISABLE_CPU_FEATURES": disabled}
        row = [hash_in(chosen, *way) for way in WAYS]
        exact |= {digest for digest, way in zip(row, WAYS, strict=True) if way[0] == "exact"}
        print(f"| {kernel} | {loops} | {' | '.join(row)} |", flush=True)
    return int(len(exact - {"-"}) != 1)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(training_digest(sys.argv[1], int(sys.argv[2])))
    else:
        sys.exit(main())
