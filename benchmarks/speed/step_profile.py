"""Where the time of one training step goes, call by call, against the floor.

    python -m benchmarks.speed.step_profile --help

A step's NumPy calls are recorded once and then done again, in their order and on their arrays, with
a clock around each; in turns with whole steps and whole epochs. What a step takes beyond its
calls is nncore's own Python, and colder caches; what an epoch takes beyond its steps is the
gathering of the images, the epoch's loss and accuracy, and their record.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import get_args

import numpy as np

from benchmarks.speed.dataset import images_for, made_up
from benchmarks.speed.networks import CONTESTS, Contest
from benchmarks.speed.op_recorder import Call, record_step
from nncore.config.numerics import Numerics
from nncore.data.batches import Batches
from nncore.data.dataset import Data
from nncore.parallel import one_blas_thread
from nncore.text_tables import format_markdown_table
from nncore.training.loop import Training
from nncore.training.step import TrainStep

NETWORKS = ("784-30-10", "784-800-10")
IMAGES, ROUNDS = 20_480, 15
# Of the calls in each round; their median counts.
REPEATS = 20


def profile(contest: Contest, numerics: Numerics) -> str:
    """Return a table of a step's calls, in microseconds, and of what stands around them."""
    images, targets = made_up(IMAGES)
    data = Data(images_for(contest.inputs, images), targets)
    calls, _ = record_step(lambda: _steps(contest, data, numerics)[0])
    steps = _steps(contest, data, numerics)
    training = Training(contest.network(numerics), contest.settings, data)
    rounds = []
    for _ in range(ROUNDS):
        whole = _seconds(lambda: [step() for step in steps]) / len(steps)
        epoch = _seconds(training.run_epoch) / (IMAGES / contest.settings.batch_size)
        rounds.append([*_each(calls), whole, epoch])
    *each, whole, epoch = (1e6 * statistics.median(times) for times in zip(*rounds, strict=True))
    return _table(calls, each, whole, epoch)


def _steps(contest: Contest, data: Data, numerics: Numerics) -> list[Callable[[], None]]:
    """Return the steps of the first gathered images."""
    network, rng = contest.network(numerics), np.random.default_rng(1)
    network.initialize(rng)
    train_step = TrainStep(network, contest.settings, rng)
    _, batches = next(Batches(data, contest.settings.batch_size).shuffle(rng))
    for batch in batches[:2]:
        train_step.step(batch, contest.settings.lr)
    return [partial(train_step.step, batch, contest.settings.lr) for batch in batches]


def _each(calls: list[Call]) -> list[float]:
    """Return the seconds of each call, the clock's own taken off."""
    clock = time.perf_counter
    times = []
    for _ in range(REPEATS):
        row = []
        for _, function, inputs, options in calls:
            begin = clock()
            function(*inputs, **options)
            row.append(clock() - begin)
        times.append(row)
    idle = min(_seconds(lambda: None) for _ in range(100))
    return [statistics.median(column) - idle for column in zip(*times, strict=True)]


def _seconds(call: Callable[[], object]) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def _table(calls: list[Call], each: list[float], whole: float, epoch: float) -> str:
    # Products with a vector of ones are sums, and the square matrix of ones is softmax's.
    floor = sum(t for call, t in zip(calls, each, strict=True) if _is_product(call))
    rows: list[Sequence[str]] = [("call", "arrays", "µs", "fraction of the step")]
    rows += [_row(call.name, call.shapes, t, whole) for call, t in zip(calls, each, strict=True)]
    rows += [
        _row("**products, the floor**", "", floor, whole),
        _row("**other calls**", "", sum(each) - floor, whole),
        _row("**nncore's Python, colder caches**", "", whole - sum(each), whole),
        _row("**the step**", "", whole, whole),
        _row("**gather, loss, accuracy, record**", "per step", epoch - whole, whole),
    ]
    return format_markdown_table(rows, "<")


def _is_product(call: Call) -> bool:
    matrices = [array for array in call.inputs if np.ndim(array) == 2]
    is_product = call.name in {"dot", "matmul"} and len(matrices) == 2
    return is_product and not (matrices[1] == 1).all()


def _row(name: str, arrays: str, microseconds: float, whole: float) -> tuple[str, ...]:
    return name, arrays, f"{microseconds:.1f}", f"{microseconds / whole:.0%}"


def main() -> None:
    """Print a table for each network."""
    parser = argparse.ArgumentParser(
        description="Where the time of one training step goes, call by call."
    )
    parser.add_argument(
        "--networks",
        nargs="+",
        default=NETWORKS,
        choices=list(CONTESTS),
        metavar="NAME",
        help=f"of {', '.join(CONTESTS)} (default: {' '.join(NETWORKS)})",
    )
    names = get_args(Numerics)
    parser.add_argument("--numerics", default=names[0], choices=names, help=f"default: {names[0]}")
    options = parser.parse_args()
    for name in options.networks:
        contest = CONTESTS[name]
        # A call that works in place may overflow when it is done again and again.
        with one_blas_thread(), np.errstate(all="ignore"):
            table = profile(contest, options.numerics)
        print(f"{name}, batch {contest.settings.batch_size}, {options.numerics}\n\n{table}\n")


if __name__ == "__main__":
    main()
