"""What distorting 60,000 images of 28 x 28 pixels costs, beside copying them, on one core.

taskset --cpu-list 0 python -m benchmarks.speed.distortions
"""

import statistics
import time
from collections.abc import Callable

import numpy as np

from nncore.config.augment import AugmentSettings
from nncore.data.augment import Augmenter
from nncore.data.batches import DISTORTED_PER_GATHER
from nncore.data.resampling import ImageGrid
from nncore.parallel import one_blas_thread

IMAGES, ROUNDS = 60_000, 5
SETTINGS = {
    "affine": AugmentSettings(rotation=12, scale=0.1, shear=0.1, shift=1.5),
    "elastic": AugmentSettings(alpha=34, sigma=4),
    "both": AugmentSettings(rotation=12, scale=0.1, shear=0.1, shift=1.5, alpha=34, sigma=4),
}


def seconds(work: Callable[[], object]) -> float:
    """Return the processor time that `work` takes, as in a training."""
    with one_blas_thread():
        begin = time.process_time()
        work()
        return time.process_time() - begin


def main() -> None:
    """Print a table: medians of the times, and of their ratios to a copy made right before."""
    images = np.random.default_rng(1).random((IMAGES, 784), np.float32)
    copies = images.copy()
    print("| distortions | seconds | times a copy |\n|---|---|---|")
    for name, settings in SETTINGS.items():
        distorter = Augmenter(settings, ImageGrid(28, 28, 0.0), np.random.SeedSequence(1))

        def distort(distorter: Augmenter = distorter) -> None:
            for part, start in enumerate(range(0, IMAGES, DISTORTED_PER_GATHER)):
                distorter.distort(
                    copies[start : start + DISTORTED_PER_GATHER], epoch=1, gather=part
                )

        pairs = [
            (seconds(lambda: np.copyto(copies, images)), seconds(distort)) for _ in range(ROUNDS)
        ]
        time_taken = statistics.median(taken for _, taken in pairs)
        ratio = statistics.median(taken / copied for copied, taken in pairs)
        print(f"| {name} | {time_taken:.2f} | {ratio:.0f} |")


if __name__ == "__main__":
    main()
