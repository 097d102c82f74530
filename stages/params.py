"""params.yaml as frozen, checked configuration; the only reader of YAML."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    ValidationError,
    model_validator,
)

from nncore.architecture import Architecture
from nncore.errors import NncoreError
from nncore.settings import TrainingSettings
from stages import yaml12
from stages.faults import describe
from stages.numerics import Numerics

# What PyYAML's constructors and json raise for values that are not what their tags say.
_MALFORMED = (AttributeError, LookupError, RecursionError, TypeError, ValueError)

DataFile = Literal["train_images", "train_labels", "test_images", "test_labels"]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]

_Settings = TypeVar("_Settings", bound="Section")


class ParamsError(NncoreError):
    """A params.yaml that can't be used; the message has one line for each fault."""


class Section(BaseModel):
    """Frozen settings that take no unknown key, no wrong type and no number that is not finite."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class CustomData(Section):
    """A data set of one's own: paths or URLs of four IDX files, gzipped or not."""

    train_images: str
    train_labels: str
    test_images: str
    test_labels: str
    # Of the decompressed content.
    sha256: dict[DataFile, Sha256] = {}
    class_names: tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _class_names_differ(self) -> Self:
        names = self.class_names
        if names is not None and (len(names) < 2 or len(set(names)) < len(names)):
            raise ValueError(f"class_names must be at least 2 different names, got {list(names)!r}")
        return self


class FetchSettings(Section):
    """Which data set."""

    dataset: Literal["mnist-5k", "mnist", "fashion-mnist", "custom"] = "mnist-5k"
    custom: CustomData | None = None

    @model_validator(mode="after")
    def _custom_is_described(self) -> Self:
        if self.dataset == "custom" and self.custom is None:
            raise ValueError("custom must name the four files of the data set, got None")
        return self


class ValidationSettings(Section):
    """Which training images are held out: a count, or a share below 1."""

    method: Literal["stratified", "last"] = "stratified"
    held_out: int | float = 0.1
    seed: Annotated[int, Field(ge=0)] = 1

    @model_validator(mode="after")
    def _held_out_is_a_count_or_a_share(self) -> Self:
        if self.held_out < 0 or (isinstance(self.held_out, float) and self.held_out >= 1):
            raise ValueError(
                "held_out must be a number of images, or a share of at least 0 and below 1, "
                f"got {self.held_out!r}"
            )
        return self


class PreprocessSettings(Section):
    """From raw images to normalised arrays."""

    scaling: Literal["standard", "unit"] = "unit"
    # Of the images that are written: float32, scaled, or uint8, to be scaled when they are read.
    dtype: Literal["float32", "uint8"] = "float32"
    # Training images left after the validation set is held out; null keeps all.
    train_size: Annotated[int, Field(ge=1)] | None = None
    validation: ValidationSettings = ValidationSettings()


class Params(Section):
    """The whole of params.yaml; a key that is left out has the default given here."""

    numerics: Numerics = "portable"
    fetch: FetchSettings = FetchSettings()
    preprocess: PreprocessSettings = PreprocessSettings()
    model: Architecture = Architecture()
    train: TrainingSettings = TrainingSettings()
    # Of no concern to a training, so the stage that reads it knows its keys: a sweep that learns
    # something new makes no model stale.
    sweep: dict[str, JsonValue] = {}

    @model_validator(mode="after")
    def _sweep_is_finite(self) -> Self:
        try:
            json.dumps(self.sweep, allow_nan=False)
        except ValueError:
            raise ValueError("sweep must hold finite numbers, got one that is not") from None
        return self

    @model_validator(mode="after")
    def _the_monitor_exists(self) -> Self:
        watchers = " and ".join(self.train.watchers())
        needs_validation = watchers and self.train.monitor.startswith("validation")
        if needs_validation and self.preprocess.validation.held_out == 0:
            raise ValueError(
                "train.monitor must be train_loss or train_accuracy where "
                f"preprocess.validation.held_out is 0 ({watchers} looks at it), "
                f"got {self.train.monitor!r}"
            )
        return self


def load_params(path: Path, section: str = "") -> Params:
    """Read and check every parameter of a file, or of one section of it, as in `recipes.simard`.

    Raises
    ------
    ParamsError
        Unreadable file, invalid YAML, no such section, unknown key, wrong type, value out of range.
    """
    raw = read_params(path, section)
    return checked(Params, {} if raw is None else raw, f"{path}, {section}" if section else path)


def read_params(path: Path, section: str = "") -> Any:  # noqa: ANN401  YAML holds anything
    """Read a file, or one section of it, without a look at its values.

    Raises
    ------
    ParamsError
        Unreadable file, invalid YAML, no such section.
    """
    try:
        raw = yaml12.load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ParamsError(f"{path} can't be read: {error.strerror}") from error
    except (*_MALFORMED, yaml.YAMLError) as error:
        raise ParamsError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    for name in section.split(".") if section else ():
        if not isinstance(raw, dict) or name not in raw:
            raise ParamsError(f"{path}: expected a section {section}, got none")
        raw = raw[name]
    return raw


def checked(kind: type[_Settings], raw: object, place: str | Path) -> _Settings:
    """Return `raw`, plain values, as settings of a kind; `place` is where they stand.

    Raises
    ------
    ParamsError
        Unknown key, wrong type, value out of range.
    """
    try:
        # By way of JSON, where pydantic's strict mode takes lists for tuples, and mappings for
        # the settings' dataclasses.
        text = json.dumps(raw)
    except _MALFORMED as error:
        raise ParamsError(f"{place} must hold plain YAML values: {error}") from None
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        faults = dict.fromkeys(describe(error, json.loads(text), kind()))
        raise ParamsError("\n".join(f"{place}: {fault}" for fault in faults)) from None
