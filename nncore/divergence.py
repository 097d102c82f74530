"""Divergence: a training whose numbers are no longer finite."""

import math

from nncore.errors import NncoreError


class DivergenceError(NncoreError):
    """A loss or a weight is infinite or not a number."""


def check_finite(value: float, epoch: int, lr: float) -> None:
    """Raise `DivergenceError`, with what to do about it, unless `value` is finite."""
    if not math.isfinite(value):
        raise DivergenceError(
            f"training diverged in epoch {epoch}: expected finite losses and weights, "
            f"got {value}; lower the learning rate (lr is {lr:g}) or set clip_norm"
        )
