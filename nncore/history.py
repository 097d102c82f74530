"""What is written down after every epoch."""

import math
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from nncore.arrays import Floats
from nncore.network import Network


@dataclass(frozen=True)
class Movement:
    """One layer's weights after an epoch, in Euclidean norms; moves as a share of the norm before.

    `from_start` is ‖W - W(0)‖ / ‖W(0)‖ and `from_last` the same against the epoch before.
    """

    norm: float
    from_start: float
    from_last: float


@dataclass(frozen=True)
class EpochRecord:
    """One row of the history.

    Epoch 0 is the state before training, both losses evaluated on the whole sets. Afterwards the
    training columns are means over the epoch's steps, each taken before its update and under
    dropout, as it happens, on smoothed labels and without penalties; the validation columns are
    taken after the epoch, on the labels as they are. Accuracies are in [0, 1]; `lr` is the rate of
    the epoch's last step.
    """

    epoch: int
    lr: float
    train_loss: float
    train_accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None
    layers: tuple[Movement, ...]


def history_from(
    values: list[dict[str, Any]], first: EpochRecord, epochs: int
) -> list[EpochRecord]:
    """Return the records of which `dataclasses.asdict` made `values`.

    Parameters
    ----------
    first : the record of epoch 0, which the same training has made anew
    epochs : at most, after epoch 0

    Raises
    ------
    LookupError, TypeError, ValueError
        `values` are of another training, or no history.
    """
    history = []
    for epoch, entry in enumerate(values):
        layers = tuple(Movement(**layer) for layer in entry["layers"])
        record = EpochRecord(**entry | {"layers": layers})
        numbers = _numbers(record)
        if list(map(type, numbers)) != list(map(type, _numbers(first))):
            raise TypeError(f"another form of epoch {epoch}")
        if not all(math.isfinite(number) for number in numbers if number is not None):
            raise ValueError(f"numbers that are not finite in epoch {epoch}")
        if type(record.epoch) is not int or record.epoch != epoch:
            raise ValueError(f"epoch {record.epoch!r} in the place of {epoch}")
        history.append(record)
    if history[0] != first:
        raise ValueError("another beginning, so the history of another training")
    if len(history) > epochs + 1:
        raise ValueError(f"{len(history) - 1} epochs where there are at most {epochs}")
    return history


def monitored(history: list[EpochRecord], name: str) -> list[float]:
    """Return a column by its name, accuracies negated so that smaller is better.

    Empty where there is no such column, for want of validation data.
    """
    values = [getattr(record, name) for record in history]
    sign = -1 if name.endswith("accuracy") else 1
    return [sign * value for value in values if value is not None]


def movements(network: Network, start: Floats, last: Floats) -> tuple[Movement, ...]:
    """Compare each layer's weights with two earlier parameter vectors, (size,) each."""
    vectors = (network.parameters, start, last)
    layers = zip(*(network.views(vector)[0] for vector in vectors), strict=True)
    return tuple(
        Movement(_norm(now), _share(now - w_start, w_start), _share(now - w_last, w_last))
        for now, w_start, w_last in layers
    )


def _numbers(record: EpochRecord) -> list[float | None]:
    numbers = [value for key, value in vars(record).items() if key not in {"epoch", "layers"}]
    return [*numbers, *chain.from_iterable(vars(layer).values() for layer in record.layers)]


def _norm(weight: Floats) -> float:
    # In float64, where the square of no float32 overflows.
    return math.sqrt(float(np.einsum("ij,ij->", weight, weight, dtype=np.float64)))


def _share(moved: Floats, of: Floats) -> float:
    norm = _norm(of)
    return _norm(moved) / norm if norm else 0.0
