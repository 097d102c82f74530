"""The history of a training: a record for each epoch, and the state at its end."""

import math
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

from nncore.arrays import Array, Floats
from nncore.functions.arithmetic import choose_arithmetic
from nncore.network.network import Network


@dataclass(frozen=True)
class WeightNorms:
    """Euclidean norms of a layer's weights W after an epoch.

    Attributes
    ----------
    norm : ‖W‖
    distance_from_init : ‖W - W(0)‖ / ‖W(0)‖, with the initial weights W(0); 0 if these are 0
    update_size : the same relative to the weights of the epoch before
    """

    norm: float
    distance_from_init: float
    update_size: float


@dataclass(frozen=True)
class EpochRecord:
    """One row of the history.

    Epoch 0 is the state before training; its columns are evaluated on the whole data sets. In later
    epochs, the training columns are means over the samples, computed in each step before its
    update, with dropout, augmentation and smoothed labels and without penalties. With sample
    weights, the training loss is the mean of weight times loss, which the steps minimise. The
    validation columns are evaluated after the epoch, without dropout, label smoothing and sample
    weights; with averaged weights, they are those of the average. Accuracies are in [0, 1] and
    count each sample once; a regression has none. `lr` is the rate of the last step.
    """

    epoch: int
    lr: float
    train_loss: float
    train_accuracy: float | None
    validation_loss: float | None
    validation_accuracy: float | None
    layers: tuple[WeightNorms, ...]


class TrainingState(NamedTuple):
    """Everything needed to continue a training.

    Attributes
    ----------
    arrays : arrays by name
    values : JSON values
    """

    arrays: dict[str, Array]
    values: dict[str, Any]


def parse_history(
    values: list[dict[str, Any]], initial: EpochRecord, epochs: int
) -> list[EpochRecord]:
    """Return the records whose JSON values are `values`.

    Parameters
    ----------
    values : results of `dataclasses.asdict` of the records
    initial : the record of epoch 0 of the training to continue
    epochs : maximum number of epochs after epoch 0

    Raises
    ------
    LookupError, TypeError, ValueError
        `values` are malformed or belong to another training.
    """
    history = []
    for epoch, entry in enumerate(values):
        layers = tuple(WeightNorms(**layer) for layer in entry["layers"])
        record = EpochRecord(**entry | {"layers": layers})
        numbers = _numbers(record)
        if list(map(type, numbers)) != list(map(type, _numbers(initial))):
            raise TypeError(f"epoch {epoch} with other types")
        if not all(math.isfinite(number) for number in numbers if number is not None):
            raise ValueError(f"numbers that are not finite in epoch {epoch}")
        _check_range(record)
        if type(record.epoch) is not int or record.epoch != epoch:
            raise ValueError(f"epoch {record.epoch!r} instead of {epoch}")
        history.append(record)
    if history[0] != initial:
        raise ValueError("another epoch 0, so the history of another training")
    if len(history) > epochs + 1:
        raise ValueError(f"{len(history) - 1} epochs, expected at most {epochs}")
    return history


def monitor_values(history: list[EpochRecord], name: str) -> list[float]:
    """Return a column by its name, with accuracies negated so that smaller is better.

    A validation column is empty without validation data, and an accuracy for a regression.
    """
    values = [getattr(record, name) for record in history]
    sign = -1 if name.endswith("accuracy") else 1
    return [sign * value for value in values if value is not None]


def weight_norms(network: Network, initial: Floats, previous: Floats) -> tuple[WeightNorms, ...]:
    """Return each layer's norms, relative to the initial and the previous parameters, (size,)."""
    vectors = (network.parameters, initial, previous)
    layers = zip(*(network.views(vector)[0] for vector in vectors), strict=True)
    sum_of_squares = choose_arithmetic(network.numerics, network.parameters.dtype).sum_of_squares

    def norm(weight: Floats) -> float:
        return math.sqrt(sum_of_squares(weight))

    def relative_norm(difference: Floats, weight: Floats) -> float:
        return norm(difference) / length if (length := norm(weight)) else 0.0

    return tuple(
        WeightNorms(norm(w), relative_norm(w - w_init, w_init), relative_norm(w - w_prev, w_prev))
        for w, w_init, w_prev in layers
    )


def _check_range(record: EpochRecord) -> None:
    accuracies = (record.train_accuracy, record.validation_accuracy)
    if any(number is not None and number < 0 for number in _numbers(record)) or any(
        accuracy is not None and accuracy > 1 for accuracy in accuracies
    ):
        raise ValueError(f"numbers out of range in epoch {record.epoch}")


def _numbers(record: EpochRecord) -> list[float | None]:
    numbers = [value for key, value in vars(record).items() if key not in {"epoch", "layers"}]
    return [*numbers, *chain.from_iterable(vars(layer).values() for layer in record.layers)]
