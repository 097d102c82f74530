"""Settings of the learning-rate schedule."""

from dataclasses import dataclass
from typing import Literal

from nncore.errors import (
    STRICT,
    require,
    require_choice,
    require_count,
    require_finite,
    require_fraction,
    to_python,
)

ScheduleName = Literal["constant", "cosine", "exponential", "one_cycle", "plateau", "step"]


@dataclass(frozen=True, kw_only=True)
class ScheduleSettings:
    """The learning-rate schedule; `nncore.functions.schedules` has the formulas.

    Attributes
    ----------
    name : constant, step, exponential, cosine, one_cycle or plateau
    warmup_epochs : epochs of linear warm-up before any schedule
    factor : factor on the rate in each cut of step and plateau and each epoch of exponential
    every : epochs between two cuts of step
    patience : epochs without improvement before a cut of plateau
    floor : last rate of cosine and lowest rate of plateau, as a fraction of the initial rate
    """

    __pydantic_config__ = STRICT

    name: ScheduleName = "constant"
    warmup_epochs: int = 0
    factor: float = 0.5
    every: int = 10
    patience: int = 5
    floor: float = 0.0

    def __post_init__(self) -> None:
        to_python(self)
        require_choice("name", ScheduleName, self.name)
        require_count("warmup_epochs", 0, self.warmup_epochs)
        require_finite("factor", self.factor)
        require(0 < self.factor <= 1, "factor", "above 0 and at most 1", self.factor)
        require_count("every", 1, self.every)
        require_count("patience", 1, self.patience)
        require_fraction("floor", self.floor)
