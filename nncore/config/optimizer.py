"""Settings of the optimizer."""

from dataclasses import dataclass
from typing import Literal

from nncore.errors import STRICT, require_above_zero, require_choice, require_fraction, to_python

OptimizerName = Literal["adam", "adamw", "momentum", "nesterov", "rmsprop", "sgd"]


@dataclass(frozen=True, kw_only=True)
class OptimizerSettings:
    """The optimizer and its constants; it ignores the constants of other optimizers.

    Attributes
    ----------
    name : sgd, momentum, nesterov, rmsprop, adam or adamw
    momentum : decay of the velocity in momentum and nesterov
    decay : decay of the mean of squared gradients in rmsprop
    beta1, beta2 : decays of the two means in adam and adamw
    epsilon : added to the root in rmsprop, adam and adamw
    """

    __pydantic_config__ = STRICT

    name: OptimizerName = "momentum"
    momentum: float = 0.9
    decay: float = 0.9
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        to_python(self)
        require_choice("name", OptimizerName, self.name)
        for key in ("momentum", "decay", "beta1", "beta2"):
            require_fraction(key, getattr(self, key))
        require_above_zero("epsilon", self.epsilon)
