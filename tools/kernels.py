"""What the bytes of a training would depend on if nothing were pinned.

`make kernels` trains one network on this processor with each of OpenBLAS's kernels, one thread and
two, with and without NumPy's AVX-512 and AVX2 loops, and prints a Markdown table of the parameters'
hashes. Only nncore takes part: stages would pin it all. A dash: this processor can't do it.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from itertools import product
from pathlib import Path

ROOT = Path(__file__).parents[1]
KERNELS = ("Haswell", "Zen", "SkylakeX", "Sandybridge", "Nehalem")
AVX512 = "X86_V4 AVX512_ICL AVX512_SPR"
LOOPS = {"all": "", "AVX2": AVX512, "SSE": f"X86_V3 {AVX512}"}
THREADS = (1, 2)


def trained() -> str:
    """Return a digest of the parameters after a small training."""
    sys.path.insert(0, str(ROOT))
    import numpy as np  # noqa: PLC0415  its environment is this process's

    from nncore.config.architecture import Architecture  # noqa: PLC0415  likewise
    from nncore.config.optimizer import OptimizerSettings  # noqa: PLC0415  likewise
    from nncore.config.training import TrainingSettings  # noqa: PLC0415  likewise
    from nncore.data.dataset import Data  # noqa: PLC0415  likewise
    from nncore.network.network import Network  # noqa: PLC0415  likewise
    from nncore.training.fit import fit  # noqa: PLC0415  likewise

    rng = np.random.default_rng(1)
    images = rng.random((512, 784), np.float32)
    targets = np.eye(10, dtype=np.float32)[rng.integers(10, size=512)]
    architecture = Architecture(hidden=(400, 96, 48), activation=("relu", "sigmoid", "tanh"))
    network = Network(architecture, inputs=784, outputs=10)
    adam = OptimizerSettings(name="adam")
    settings = TrainingSettings(epochs=3, batch_size=128, lr=0.002, optimizer=adam)
    fit(network, settings, Data(images, targets))
    return hashlib.sha256(network.parameters.tobytes()).hexdigest()


def hash_in(environment: Mapping[str, str]) -> str:
    """Return the beginning of the digest that a process with this environment comes to."""
    done = subprocess.run(
        [sys.executable, "-m", "tools.kernels", "train"],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    # Below 0: the processor does not know an instruction, which ended the process.
    if done.returncode > 0:
        raise SystemExit(done.stderr)
    return done.stdout[:12] or "-"


def main() -> None:
    """Print the table."""
    threads = [f"{count} thread{'s' * (count > 1)}" for count in THREADS]
    print(f"| OpenBLAS | NumPy's loops | {' | '.join(threads)} |")
    print("|---" * (2 + len(THREADS)) + "|")
    for kernel, (loops, disabled) in product(KERNELS, LOOPS.items()):
        chosen = {"OPENBLAS_CORETYPE": kernel, "NPY_DISABLE_CPU_FEATURES": disabled}
        row = [hash_in(chosen | {"OPENBLAS_NUM_THREADS": str(count)}) for count in THREADS]
        print(f"| {kernel} | {loops} | {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    print(trained()) if sys.argv[1:] == ["train"] else main()
