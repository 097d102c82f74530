"""Progress of a training: a line for each epoch, and on a terminal a bar with the time left."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

from nncore.training.history import EpochRecord


@contextmanager
def epoch_lines(done: int, epochs: int) -> Iterator[Callable[[EpochRecord], None]]:
    """Yield a function that prints a line for a record, and headings above the first one.

    On a terminal a bar below the lines shows the epochs and the time left.

    Parameters
    ----------
    done : epochs that were trained before, for a training that resumes
    epochs : epochs of the whole training
    """
    terminal = sys.stdout.isatty()
    bar_format = "  {n}/{total} epochs |{bar:30}| {elapsed} elapsed, {remaining} left"
    with tqdm(
        initial=done,
        total=epochs,
        file=sys.stdout,
        disable=not terminal,
        leave=False,
        bar_format=bar_format,
    ) as bar:
        is_first = True

        def show(record: EpochRecord) -> None:
            nonlocal is_first
            if is_first:
                # A regression has none.
                accuracy = "" if record.train_accuracy is None else "  accuracy"
                head = f"epoch        lr   train loss{accuracy}   validation loss{accuracy}"
                tqdm.write(head, file=sys.stdout)
                is_first = False
            tqdm.write(_line(record), file=sys.stdout)
            sys.stdout.flush()
            bar.update(record.epoch - bar.n)

        yield show


def _line(record: EpochRecord) -> str:
    line = (
        f"{record.epoch:5}  {record.lr:8.2g}   {_loss(record.train_loss, 10)}"
        f"{_percent(record.train_accuracy)}"
    )
    if record.validation_loss is None:
        return line
    return f"{line}   {_loss(record.validation_loss, 15)}{_percent(record.validation_accuracy)}"


def _loss(loss: float, width: int) -> str:
    """Return a loss with four decimals, or with an exponent where it would need more room."""
    return f"{loss:{width}.4f}" if loss < 1e5 else f"{loss:{width}.3e}"


def _percent(accuracy: float | None) -> str:
    return "" if accuracy is None else f"  {accuracy:8.2%}"
