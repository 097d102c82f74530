"""nncore's estimator and scikit-learn's MLPClassifier: what a fit takes, and how well it predicts.

    python -m benchmarks.speed.classifiers --help

The digits are those of the repository, 4,000 to learn from and 1,000 to be tested on. Both fit in
turns, with the same arguments and another seed in each round, on one thread. Seconds are the
processor's, which other programs disturb less than those of the clock.
"""

import argparse
import json
import os
import time
import warnings
from pathlib import Path
from typing import Any

# Read while NumPy is imported.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier as Theirs

from benchmarks.speed.classifiers_table import Fits, table
from benchmarks.speed.options import add_out, positive
from benchmarks.system import machine
from nncore.adapters.sklearn import MLPClassifier as Ours
from nncore.data.idx import read_images, read_labels
from nncore.data.preprocessing import Normalization, apply_lookup

DIGITS = Path(__file__).parents[2] / "data" / "samples" / "mnist-5k"
# All of them are run: neither stops before.
EPOCHS = {"max_iter": 20, "n_iter_no_change": 20}
CONTESTS: dict[str, dict[str, Any]] = {
    "784-30-10, sgd, batch 16": {
        "hidden_layer_sizes": (30,),
        "solver": "sgd",
        "batch_size": 16,
        "learning_rate_init": 0.01,
    },
    "784-256-10, sgd, batch 32": {
        "hidden_layer_sizes": (256,),
        "solver": "sgd",
        "batch_size": 32,
        "learning_rate_init": 0.01,
    },
    "784-100-10, adam, batch 200 (the defaults)": {},
}


def digits(part: str) -> tuple[np.ndarray, np.ndarray]:
    """Return (n, 784) float32 pixels in [0, 1] and (n,) labels; `part` is train or t10k."""
    images = read_images(DIGITS / f"{part}-images-idx3-ubyte.gz").reshape(-1, 784)
    scaled = np.empty(images.shape, np.float32)
    apply_lookup(images, Normalization().table(), out=scaled)
    return scaled, read_labels(DIGITS / f"{part}-labels-idx1-ubyte.gz")


def measure(arguments: dict[str, Any], rounds: int) -> Fits:
    """Return each one's seconds of a fit, accuracies on the test digits and last losses."""
    train, test = digits("train"), digits("t10k")
    peers = {"nncore": Ours, "scikit-learn": Theirs}
    fits: Fits = {name: {"seconds": [], "accuracies": [], "losses": []} for name in peers}
    for seed in range(rounds + 1):
        turn = list(peers)[:: 1 if seed % 2 else -1]
        for name in turn:
            model = peers[name](random_state=seed, **EPOCHS, **arguments)
            begin = time.process_time()
            model.fit(*train)
            seconds = time.process_time() - begin
            # The first round warms up.
            if seed:
                fits[name]["seconds"].append(seconds)
                fits[name]["accuracies"].append(model.score(*test))
                fits[name]["losses"].append(model.loss_curve_[-1])
    return fits


def main() -> None:
    """Measure, print the table and write a JSON."""
    parser = argparse.ArgumentParser(
        description="A fit of nncore's estimator and of scikit-learn's MLPClassifier, in turns."
    )
    parser.add_argument(
        "--rounds", type=positive, default=7, metavar="N", help="timed fits of each (default: 7)"
    )
    add_out(parser)
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    contests = {}
    for name, arguments in CONTESTS.items():
        contests[name] = measure(arguments, options.rounds)
        print(f"{name}: measured", flush=True)
    print(f"\n{table(contests)}")
    report = {**machine(), "version": f"scikit-learn {sklearn.__version__}", "results": contests}
    options.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(report, indent=2) + "\n"
    (options.out / "classifiers.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
