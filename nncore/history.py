"""What is written down after every epoch."""

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from nncore.activations import Floats
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
    dropout, as it happens; the validation columns are taken after the epoch. Accuracies are in
    [0, 1]; `lr` is the rate of the epoch's last step.
    """

    epoch: int
    lr: float
    train_loss: float
    train_accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None
    layers: tuple[Movement, ...]

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Return the record of which `dataclasses.asdict` made `values`."""
        return cls(**values | {"layers": tuple(Movement(**layer) for layer in values["layers"])})


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


def _norm(weight: Floats) -> float:
    # In float64, where the square of no float32 overflows.
    return math.sqrt(float(np.einsum("ij,ij->", weight, weight, dtype=np.float64)))


def _share(moved: Floats, of: Floats) -> float:
    norm = _norm(of)
    return _norm(moved) / norm if norm else 0.0
