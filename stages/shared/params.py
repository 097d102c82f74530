"""params.yaml as frozen, validated settings; the only reader of YAML."""

import json
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    ValidationError,
    model_validator,
)

from nncore.config.architecture import Architecture
from nncore.config.numerics import Numerics
from nncore.config.pictures import Pictures
from nncore.config.training import TrainingSettings
from nncore.errors import NncoreError
from stages.shared import yaml12
from stages.shared.params_errors import describe

DataFile = Literal["train_images", "train_labels", "test_images", "test_labels"]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]

_Settings = TypeVar("_Settings", bound="Section")


class ParamsError(NncoreError):
    """Parameters are invalid; the message has one line for each fault."""


class Section(BaseModel):
    """Frozen settings that refuse unknown keys, wrong types and numbers that are not finite."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class CustomData(Section):
    """A data set outside the catalogue: paths or URLs of four IDX files, gzipped or not."""

    train_images: str
    train_labels: str
    test_images: str
    test_labels: str
    # Digests of the decompressed files.
    sha256: dict[DataFile, Sha256] = {}
    class_names: tuple[str, ...] | None = None
    # How a picture becomes an image like those of the data set: what `nncore predict` does with it.
    pictures: Pictures = "as-is"

    @model_validator(mode="after")
    def _class_names_differ(self) -> Self:
        names = self.class_names
        if names is None:
            return self
        # Labels are bytes.
        if not 2 <= len(names) <= 256:
            raise ValueError(f"class_names must be 2 to 256 names, got {len(names)}")
        if len(set(names)) < len(names):
            twice = next(name for index, name in enumerate(names) if name in names[:index])
            raise ValueError(f"class_names must be different names, got {twice!r} twice")
        return self


class FetchSettings(Section):
    """The data set."""

    dataset: Literal["mnist-5k", "mnist", "fashion-mnist", "custom"] = "mnist-5k"
    custom: CustomData | None = None

    @model_validator(mode="after")
    def _custom_is_described(self) -> Self:
        if self.dataset == "custom" and self.custom is None:
            raise ValueError("custom must name the four files of the data set, got None")
        return self


class ValidationSettings(Section):
    """The training images to hold out: a number of images, or a fraction below 1."""

    method: Literal["stratified", "last"] = "stratified"
    held_out: int | float = 0.1
    seed: Annotated[int, Field(ge=0)] = 1

    @model_validator(mode="after")
    def _held_out_is_a_count_or_a_fraction(self) -> Self:
        if self.held_out < 0 or (isinstance(self.held_out, float) and self.held_out >= 1):
            raise ValueError(
                "held_out must be a number of images, or a fraction of at least 0 and below 1, "
                f"got {self.held_out!r}"
            )
        return self


class PreprocessSettings(Section):
    """How raw images become arrays."""

    scaling: Literal["standard", "unit"] = "unit"
    # dtype of the image files: float32 pixels are scaled when written, uint8 pixels when read.
    dtype: Literal["float32", "uint8"] = "float32"
    # Number of training images after the validation set is held out; null for all.
    train_size: Annotated[int, Field(ge=1)] | None = None
    validation: ValidationSettings = ValidationSettings()


class Params(Section):
    """All of params.yaml; these are the defaults of missing keys."""

    numerics: Numerics = "exact"
    fetch: FetchSettings = FetchSettings()
    preprocess: PreprocessSettings = PreprocessSettings()
    model: Architecture = Architecture()
    train: TrainingSettings = TrainingSettings()
    # Only the sweep validates the keys of this section, so that a new key of a sweep does not
    # change the source files of `train` and make every model stale.
    sweep: dict[str, JsonValue] = {}

    @model_validator(mode="after")
    def _sweep_is_finite(self) -> Self:
        try:
            json.dumps(self.sweep, allow_nan=False)
        except ValueError:
            raise ValueError("sweep must hold finite numbers, got an infinite one or NaN") from None
        return self

    @model_validator(mode="after")
    def _the_outputs_are_classes(self) -> Self:
        if self.model.output == "identity":
            # The other stages know no numbers to predict yet.
            raise ValueError(
                "model.output must be softmax, sigmoid, tanh, relu or leaky_relu for the classes "
                "of fetch.dataset, got 'identity', which is for numbers"
            )
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
