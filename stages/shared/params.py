"""params.yaml as frozen, validated settings."""

import json
from datetime import date
from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import Field, JsonValue, ValidationError, model_validator

from nncore.config.architecture import Architecture
from nncore.config.numerics import Numerics
from nncore.config.training import TrainingSettings
from nncore.errors import NncoreError
from stages.shared import yaml12
from stages.shared.data_params import FetchSettings, PreprocessSettings, Section
from stages.shared.params_errors import describe

_Settings = TypeVar("_Settings", bound="Section")


class ParamsError(NncoreError):
    """Parameters are invalid; the message has one line for each fault."""


class ReportSettings(Section):
    """What the report shows."""

    # Whether report.html and mistakes.png have images of the data, or values of rows, which may be
    # private.
    embed_images: bool = True


class Params(Section):
    """All of params.yaml; these are the defaults of missing keys."""

    numerics: Numerics = "exact"
    fetch: FetchSettings = FetchSettings()
    preprocess: PreprocessSettings = PreprocessSettings()
    model: Architecture = Architecture()
    train: TrainingSettings = TrainingSettings()
    report: ReportSettings = ReportSettings()
    # Only the sweep validates the keys of this section, so that a new key of a sweep does not
    # change the source files of `train` and make every model stale.
    sweep: dict[str, JsonValue] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _sweep_is_finite(self) -> Self:
        try:
            json.dumps(self.sweep, allow_nan=False)
        except ValueError:
            raise ValueError("sweep must hold finite numbers, got an infinite one or NaN") from None
        return self

    @model_validator(mode="after")
    def _the_monitor_exists(self) -> Self:
        watchers = " and ".join(self.train.monitor_users())
        needs_validation = watchers and self.train.monitor.startswith("validation")
        if needs_validation and self.preprocess.validation.held_out == 0:
            raise ValueError(
                "train.monitor must be train_loss or train_accuracy where "
                f"preprocess.validation.held_out is 0 (used by {watchers}), "
                f"got {self.train.monitor!r}"
            )
        return self


def load_params(path: Path, section: str = "") -> Params:
    """Read and validate the parameters in a file, or in a section of it such as `recipes.simard`.

    Raises
    ------
    ParamsError
        Unreadable file, invalid YAML, missing section, unknown key, wrong type, value out of range.
    """
    raw = read_params(path, section)
    return validate(Params, {} if raw is None else raw, f"{path}, {section}" if section else path)


def read_params(path: Path, section: str = "") -> Any:  # noqa: ANN401  YAML holds anything
    """Read a file, or a section of it, without validating its values.

    Raises
    ------
    ParamsError
        Unreadable file, invalid YAML, missing section.
    """
    try:
        raw = yaml12.load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ParamsError(f"{path} can't be read: {error.strerror}") from error
    except ValueError as error:
        raise ParamsError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    for name in section.split(".") if section else ():
        if not isinstance(raw, dict) or name not in raw:
            raise ParamsError(f"{path}: expected a section {section}, got none")
        raw = raw[name]
    return raw


def _json_default(value: object) -> str:
    """Return a date as it is written; raise for all else that is no JSON value."""
    if type(value) is date:
        return value.isoformat()
    raise TypeError(f"expected numbers, texts, lists and mappings, got {type(value).__name__}")


def validate(settings: type[_Settings], raw: object, source: str | Path) -> _Settings:
    """Return plain values as settings; error messages begin with `source`.

    Raises
    ------
    ParamsError
        Unknown key, wrong type, value out of range.
    """
    try:
        # In JSON, pydantic's strict mode accepts lists as tuples and mappings as dataclasses.
        text = json.dumps(raw, default=_json_default)
    except (RecursionError, TypeError, ValueError) as error:
        raise ParamsError(f"{source} must hold plain YAML values: {error}") from None
    try:
        return settings.model_validate_json(text)
    except ValidationError as error:
        faults = dict.fromkeys(describe(error, json.loads(text), settings()))
        raise ParamsError("\n".join(f"{source}: {fault}" for fault in faults)) from None
