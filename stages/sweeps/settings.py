"""The section `sweep` of params.yaml: what is tried, and what decides which was best."""

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, JsonValue, model_validator

from stages.params import Section

# Parameters by their dotted keys, in the order in which the sweep names them.
Assignment = dict[str, JsonValue]


class Range(Section):
    """Numbers from `low` to `high`, both of them included; whole ones where both are."""

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


# What a parameter may be: one of these values, or any number of a range.
Domain: TypeAlias = tuple[JsonValue, ...] | Range


class SearchSettings(Section):
    """How the methods random and optuna draw.

    Attributes
    ----------
    trials : settings to try
    seed : of the draws
    batch : settings that optuna draws at a time; the result depends on it, never on the workers
    """

    trials: Annotated[int, Field(ge=1)] = 20
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 1
    batch: Annotated[int, Field(ge=1)] = 4


class SweepSettings(Section):
    """The section as it is written.

    Attributes
    ----------
    space : parameters of model and train, each with a list of values or a range
    settings : of the method list, the parameters that each of them changes
    seeds : each setting is trained with all of them; none: with train.seed
    """

    method: Literal["grid", "list", "optuna", "random"] = "grid"
    objective: Literal["validation_accuracy", "validation_loss"] = "validation_accuracy"
    seeds: tuple[Annotated[int, Field(ge=0)], ...] = ()
    space: dict[str, JsonValue] = Field(default_factory=dict)
    settings: tuple[dict[str, JsonValue], ...] = ()
    search: SearchSettings = SearchSettings()

    @model_validator(mode="after")
    def _something_is_tried(self) -> Self:
        wanted, other = ("settings", "space") if self.method == "list" else ("space", "settings")
        if not getattr(self, wanted) or getattr(self, other):
            given = [name for name in ("space", "settings") if getattr(self, name)]
            raise ValueError(
                f"{wanted} must say what is tried by the method {self.method}, and {other} "
                f"nothing, got {' and '.join(given) or 'neither'}"
            )
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError(f"seeds must be different, got {list(self.seeds)}")
        return self
