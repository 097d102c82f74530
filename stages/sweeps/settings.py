"""The section `sweep` of params.yaml: the settings to try and the objective that ranks them."""

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, JsonValue, model_validator

from stages.shared.data_params import Section

# Parameters by their dotted keys, in the order in which the sweep names them.
Assignment = dict[str, JsonValue]


class Range(Section):
    """Numbers from `low` to `high`, inclusive; integers if both are integers."""

    low: int | float = 0
    high: int | float = 1
    log: bool = False

    @model_validator(mode="after")
    def _the_ends_are_in_order(self) -> Self:
        if not self.low < self.high:
            raise ValueError(f"high must be above low ({self.low}), got {self.high}")
        if self.log and self.low <= 0:
            raise ValueError(f"low must be above 0 where log is true, got {self.low}")
        return self


# The values that a sweep tries for a parameter: a list, or a range.
Domain: TypeAlias = tuple[JsonValue, ...] | Range


class SearchSettings(Section):
    """How the methods random and optuna draw settings.

    Attributes
    ----------
    trials : number of settings
    seed : seed of the draws
    batch : settings that optuna draws at a time; results depend on it and not on the workers
    """

    trials: Annotated[int, Field(ge=1)] = 20
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 1
    batch: Annotated[int, Field(ge=1)] = 4


class SweepSettings(Section):
    """The section `sweep`.

    Attributes
    ----------
    space : parameters of model and train with their lists of values or ranges
    settings : for the method list, the parameters that each setting changes
    seeds : seeds of the trials of each setting; without any, train.seed
    """

    method: Literal["grid", "list", "optuna", "random"] = "grid"
    objective: Literal["validation_accuracy", "validation_loss"] = "validation_accuracy"
    seeds: tuple[Annotated[int, Field(ge=0)], ...] = ()
    space: dict[str, JsonValue] = Field(default_factory=dict)
    settings: tuple[dict[str, JsonValue], ...] = ()
    search: SearchSettings = SearchSettings()

    @model_validator(mode="after")
    def _something_is_tried(self) -> Self:
        required, other = ("settings", "space") if self.method == "list" else ("space", "settings")
        if not getattr(self, required) or getattr(self, other):
            names = [name for name in ("space", "settings") if getattr(self, name)]
            raise ValueError(
                f"{required} must list what the method {self.method} tries, and {other} must be "
                f"empty, got {' and '.join(names) or 'neither'}"
            )
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError(f"seeds must be different, got {list(self.seeds)}")
        return self
