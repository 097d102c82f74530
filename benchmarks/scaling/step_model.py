"""What a step of several ranks takes: measured, modelled, and the one held against the other.

    python -m benchmarks.scaling [FILE]

FILE holds what `make scaling` has measured; by default benchmarks/results/scaling.jsonl.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nncore.text_tables import format_markdown_table

RECORDS_FILE = Path(__file__).parents[1] / "results" / "scaling.jsonl"
# Seconds for a message each way between two ranks: 4 bytes through the cable, a median.
MESSAGE = 11e-6
# What the constants of the wire are fitted to; the rest is there to check them.
FITTED = ("784-1024-1024-10", ("1 Gbit/s", "10 Gbit/s"))
NETWORKS = {
    "784-256-128-10": 235_146,
    "784-1024-1024-10": 1_863_690,
    "784-4096-4096-10": 20_037_642,
}
RANKS = (2, 4, 8, 16, 32, 64, 128, 256)


def sent_bytes(parameters: int, ranks: int, size: int) -> float:
    """Return the bytes that a rank sends in a step, and gets; `size` are those of a parameter."""
    return 2 * (ranks - 1) / ranks * size * parameters


@dataclass(frozen=True)
class Model:
    """Seconds of a step, from constants of the machine.

    Attributes
    ----------
    row, layer : of one row's way forward and back, for each parameter, and what does not grow with
        the rows
    update : for each parameter
    wire : how many times the time of the bare bytes at the network's rate they take
    byte : what a byte takes apart from the wire: copies, TCP
    size : bytes of a parameter on the wire
    """

    row: float
    layer: float
    update: float
    wire: float
    byte: float
    size: int

    def step(self, parameters: int, batch: int, ranks: int = 1, rate: float = 1e9) -> float:
        """Return the seconds of a step at `rate` bits a second."""
        computed = parameters * (self.row * batch / ranks + self.layer + self.update)
        return computed + self.exchange(parameters, ranks, rate)

    def exchange(self, parameters: int, ranks: int, rate: float) -> float:
        """Return the seconds of a step's messages."""
        moved = sent_bytes(parameters, ranks, self.size) * (8 * self.wire / rate + self.byte)
        return moved + 2 * (ranks - 1) * MESSAGE

    def least_batch(self, rate: float) -> float:
        """Return the images from which ranks are faster than one, whatever the layers.

        Without the messages' own times, both what is saved and what it costs grow with the
        parameters and with (R - 1) / R: row B = 2 size (8 wire / rate + byte).
        """
        return 2 * self.size * (8 * self.wire / rate + self.byte) / self.row


def fit_model(records: list[dict[str, Any]]) -> Model:
    """Return the model with constants from the least of the rounds."""
    rows = np.array([[r["batch"] / r["ranks"], 1.0] for r in records])
    shares = np.array([r["least"]["share"] / r["parameters"] / 1e3 for r in records])
    row, layer = solve(rows, shares)
    update = np.median([r["least"]["update"] / r["parameters"] / 1e3 for r in records])
    name, rates = FITTED
    some = [r for r in records if r["network"] == name and r["where"] in rates]
    seconds = np.array([r["least"]["sum"] / 1e3 - 2 * MESSAGE for r in some])
    bits = [[8 * moved / rate_of(r["where"]), moved] for r in some if (moved := exchanged_bytes(r))]
    wire, byte = solve(np.array(bits), seconds)
    return Model(row, layer, float(update), wire, byte, records[0]["parameter_bytes"])


def solve(terms: np.ndarray, seconds: np.ndarray) -> tuple[float, float]:
    """Return the two factors that come closest, as shares of the seconds."""
    factors, *_ = np.linalg.lstsq(terms / seconds[:, np.newaxis], np.ones(len(seconds)), rcond=None)
    return float(factors[0]), float(factors[1])


def rate_of(where: str) -> float:
    """Return the bits a second of "10 Gbit/s"."""
    return float(where.split(maxsplit=1)[0]) * 1e9


def exchanged_bytes(record: dict[str, Any]) -> float:
    """Return the bytes that each rank of a measurement sends in a step."""
    return sent_bytes(record["parameters"], record["ranks"], record["parameter_bytes"])


def measured_table(records: list[dict[str, Any]]) -> str:
    """Return the medians in milliseconds."""
    head = ("where", "R", "network", "batch", "one process", "threads", "ranks", "of it sums")
    rows = [
        (
            *(r["where"], str(r["ranks"]), r["network"], str(r["batch"])),
            *(f"{r['median'][k]:.1f}" for k in ("one process", "threads", "ranks", "sum")),
            f"{r['ratio'][1]:.2f} ({r['ratio'][0]:.2f} to {r['ratio'][2]:.2f})",
        )
        for r in records
    ]
    return format_markdown_table([(*head, "threads / ranks"), *rows], "<")


def bytes_table(records: list[dict[str, Any]]) -> str:
    """Return what the cable has counted beside what the formula says."""
    rows = [
        (
            *(r["where"], r["network"], str(r["batch"]), f"{exchanged_bytes(r):,.0f}"),
            *(f"{r[way]:,.0f}" for way in ("out", "in")),
            f"{r['out'] / exchanged_bytes(r) - 1:+.1%}",
        )
        for r in records
        if r["out"]
    ]
    head = ("where", "network", "batch", "formula", "sent", "got", "sent - formula")
    return format_markdown_table([head, *rows], "<")


def check_table(model: Model, records: list[dict[str, Any]]) -> str:
    """Return the model's steps beside the least measured ones, in milliseconds."""
    rows = []
    for r in records:
        if not r["out"]:
            continue
        modelled = 1e3 * model.step(r["parameters"], r["batch"], r["ranks"], rate_of(r["where"]))
        got = r["least"]["ranks"]
        row = (r["where"], r["network"], str(r["batch"]), f"{modelled:.1f}", f"{got:.1f}")
        rows.append((*row, f"{modelled / got - 1:+.0%}"))
    return format_markdown_table(
        [("where", "network", "batch", "model", "measured", "model - measured"), *rows], "<"
    )


def prediction_table(model: Model, rate: float, batches: tuple[int, ...]) -> str:
    """Return the milliseconds of a step, and how many times as fast as one process it is."""
    rows = []
    for name, parameters in NETWORKS.items():
        for batch in batches:
            one = model.step(parameters, batch)
            steps = [model.step(parameters, batch, ranks, rate) for ranks in RANKS]
            cells = (f"{_short(1e3 * step)} ({one / step:.1f})" for step in steps)
            rows.append((name, f"{batch:,}", _short(1e3 * one), *cells))
    return format_markdown_table([("network", "batch", "1", *map(str, RANKS)), *rows], "<")


def _short(milliseconds: float) -> str:
    return f"{milliseconds:,.0f}" if milliseconds >= 100 else f"{milliseconds:.1f}"


def read(file: Path) -> list[dict[str, Any]]:
    """Return the records of a file, without other lines of the launcher."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def main() -> None:
    """Print all tables."""
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else RECORDS_FILE
    records = read(file)
    model = fit_model(records)
    print(measured_table(records), bytes_table(records), check_table(model, records), sep="\n\n")
    print(f"\n{model}\n")
    for gigabits in (1, 10, 100):
        print(f"{gigabits} Gbit/s: from {model.least_batch(gigabits * 1e9):.0f} images a batch")
    for gigabits in (10, 100):
        print(f"\n{gigabits} Gbit/s\n")
        print(prediction_table(model, gigabits * 1e9, (1024, 8192, 65_536)))
