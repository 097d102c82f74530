"""Settings of the averaged weights."""

from dataclasses import dataclass
from typing import Literal

from nncore.errors import STRICT, require_choice, require_count, require_fraction, to_python

AverageName = Literal["epochs", "exponential", "none"]


@dataclass(frozen=True, kw_only=True)
class AverageSettings:
    """The average of a training's weights that becomes the model; `nncore.training.averaging`.

    Attributes
    ----------
    name : none; epochs: the mean of the weights at the ends of the last `epochs` epochs;
        exponential: the moving average over the steps
    epochs : number of the last epochs
    decay : factor on the moving average in each step
    """

    __pydantic_config__ = STRICT

    name: AverageName = "none"
    epochs: int = 10
    decay: float = 0.999

    def __post_init__(self) -> None:
        to_python(self)
        require_choice("name", AverageName, self.name)
        require_count("epochs", 1, self.epochs)
        require_fraction("decay", self.decay)
