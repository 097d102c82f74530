"""Epochs for `table_rows`: microseconds of the processor for each row, and MB, as JSON.

Argument: the folder that preprocess wrote.
"""

import json
import sys
import time
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np

from benchmarks.growth.own_memory import OwnMemory
from nncore.config.architecture import Architecture
from nncore.config.optimizer import OptimizerSettings
from nncore.config.training import TrainingSettings
from nncore.data.dataset import Data
from nncore.network.network import Network
from nncore.training.loop import Training
from stages.shared.prepared import read_split

ARCHITECTURE: Final = Architecture(hidden=(256, 128), output="identity", loss="half_squared_error")
SETTINGS: Final = TrainingSettings(
    epochs=10_000, batch_size=128, lr=0.001, optimizer=OptimizerSettings(name="adam")
)
ROWS_IN_MEMORY: Final = 60_000
ROUNDS: Final = 3


def main() -> None:
    """Train one epoch to warm up and then three, of each kind in turns."""
    table = read_split(Path(sys.argv[1]), "train")
    rng = np.random.default_rng(2)
    rows = min(ROWS_IN_MEMORY, len(table.inputs))
    inputs = rng.normal(size=(rows, table.inputs.shape[1])).astype(np.float32)
    data = {"mapped": table, "in_memory": Data(inputs, inputs[:, :1].copy())}
    trainings = {}
    for name, part in data.items():
        network = Network(ARCHITECTURE, inputs=inputs.shape[1], outputs=1)
        trainings[name] = Training(network, SETTINGS, part)
        trainings[name].run_epoch()
    rates: dict[str, list[float]] = {name: [] for name in data}
    with OwnMemory() as own:
        for _ in range(ROUNDS):
            for name, training in trainings.items():
                begin = time.process_time()
                training.run_epoch()
                seconds = time.process_time() - begin
                rates[name].append(seconds / len(data[name].inputs) * 1e6)
    answer = {name: median(values) for name, values in rates.items()}
    print(json.dumps(answer | {"own": own.most}))


if __name__ == "__main__":
    main()
