"""A training for `growth`: seconds of its epochs, its memory and its loss, as JSON.

Arguments: the folder that preprocess wrote, `mapped` or `in_memory`, the number of timed epochs.
"""

import json
import resource
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.growth.own_memory import OwnMemory, process_status
from benchmarks.speed.networks import CONTESTS
from benchmarks.system import megabytes
from nncore.data.dataset import Data, Uint8Images
from nncore.data.preprocessing import Normalization
from nncore.training.loop import Training

NETWORK = "784-30-10"


def main() -> None:
    """Train for one epoch more than are timed; the first warms up."""
    folder, place, epochs = sys.argv[1:]
    data = part(Path(folder), mapped=place == "mapped")
    contest = CONTESTS[NETWORK]
    # Evaluates epoch 0: what is mapped has been seen once.
    training = Training(contest.network(), contest.settings, data)
    training.run_epoch()
    seconds, read = [], _disk_reads()
    # During the epochs: what one has of its own, its order of the images for one, is freed after.
    with OwnMemory() as own:
        for _ in range(int(epochs)):
            begin = time.perf_counter()
            training.run_epoch()
            seconds.append(time.perf_counter() - begin)
    answer = {
        "seconds": seconds,
        "peak": megabytes(process_status(), "VmHWM"),
        "own": own.most,
        "disk_reads": _disk_reads() - read,
        "loss": training.history[-1].train_loss,
    }
    print(json.dumps(answer))


def part(folder: Path, *, mapped: bool) -> Data:
    """Return what is trained on, mapped as the stage train has it, or else read into memory."""
    paths = (folder / f"train_{kind}.npy" for kind in ("images", "labels"))
    images, labels = (np.load(path, mmap_mode="r" if mapped else None) for path in paths)
    if images.dtype != np.uint8:
        return Data(images, labels)
    described = json.loads((folder / "preprocessing.json").read_bytes())
    scaling = Normalization(described["pixel_mean"], described["pixel_std"])
    return Data(Uint8Images(images, scaling.table()), labels)


def _disk_reads() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_majflt


if __name__ == "__main__":
    main()
