"""What portable numerics cost: training steps a second against native ones, run in turn.

Each measurement is a process of its own, because the libraries read their environment once.
"""

import statistics
import subprocess
import sys
import time

MODES = ("portable", "native")
# Hidden units, images in a step, epochs over 4,000 images.
NETWORKS = ((30, 16, 40), (800, 128, 12))
ROUNDS = 9
# Importing stages settles the numerics, before NumPy is loaded: native in a process marked so.
START = """
import os, runpy, sys
mode = sys.argv.pop(1)
os.environ["NNCORE_NATIVE_PROCESS"] = str(os.getpid()) if mode == "native" else ""
import stages
if ("OPENBLAS_CORETYPE" in os.environ) != (mode == "portable"):
    sys.exit(f"expected the kernels of {mode}, got {os.environ.get('OPENBLAS_CORETYPE')}")
runpy.run_path(sys.argv.pop(1), run_name="measured")
"""


def seconds(hidden: int, batch_size: int, epochs: int) -> float:
    """Return the processor time of a training."""
    import numpy as np  # noqa: PLC0415  its environment is this process's

    from nncore.config.architecture import Architecture  # noqa: PLC0415  likewise
    from nncore.config.training import TrainingSettings  # noqa: PLC0415  likewise
    from nncore.data.dataset import Data  # noqa: PLC0415  likewise
    from nncore.network.network import Network  # noqa: PLC0415  likewise
    from nncore.training.fit import fit  # noqa: PLC0415  likewise

    rng = np.random.default_rng(1)
    images = rng.random((4000, 784), np.float32)
    targets = np.eye(10, dtype=np.float32)[rng.integers(10, size=4000)]
    network = Network(Architecture(hidden=(hidden,)), inputs=784, outputs=10)
    settings = TrainingSettings(epochs=epochs, batch_size=batch_size)
    start = time.process_time()
    fit(network, settings, Data(images, targets))
    return time.process_time() - start


def measured(mode: str, network: tuple[int, int, int]) -> float:
    """Return `seconds` of a process in this mode."""
    command = [sys.executable, "-c", START, mode, __file__, *map(str, network)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603  this file
    return float(done.stdout)


def main() -> None:
    """Print a line for each network: medians, and the median of the pairs' ratios."""
    print(f"{'network':<14}{'batch':>6}{'portable s':>12}{'native s':>10}{'ratio':>7}  (from, to)")
    for network in NETWORKS:
        pairs = [[measured(mode, network) for mode in MODES] for _ in range(ROUNDS)]
        ratios = sorted(portable / native for portable, native in pairs)
        portable, native = map(statistics.median, zip(*pairs, strict=True))
        print(
            f"{f'784-{network[0]}-10':<14}{network[1]:>6}{portable:>12.2f}{native:>10.2f}"
            f"{statistics.median(ratios):>7.2f}  ({ratios[0]:.2f}, {ratios[-1]:.2f})"
        )


if __name__ == "__main__":
    main()
elif __name__ == "measured":
    print(seconds(*map(int, sys.argv[1:])))
