"""The sections of params.yaml about the data: fetch and preprocess."""

from pathlib import PurePath
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from nncore.config.pictures import Colour, Pictures
from nncore.errors import MAX_VALUE_LENGTH, as_line
from stages.shared.class_names import MAX_CLASSES, NAME_RULE, comparison_key, is_class_name

DataFile = Literal["train_images", "train_labels", "test_images", "test_labels"]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
DatasetName = Literal[
    "mnist-5k",
    "mnist",
    "fashion-mnist",
    "kmnist",
    "qmnist",
    "emnist-letters",
    "emnist-balanced",
    "folder",
    "npz",
    "csv",
    "table",
    "custom",
]
# The most rows or columns of an image. A network has an input for each pixel.
MAX_SIDE = 4096


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
    # Exchange rows and columns, as EMNIST's files need.
    transpose: bool = False
    # The label of the first class.
    first_label: Annotated[int, Field(ge=0, le=255)] = 0
    # How a picture becomes an image like those of the data set: what `nncore predict` does with it.
    pictures: Pictures = "as-is"

    @model_validator(mode="after")
    def _class_names_differ(self) -> Self:
        names = self.class_names
        if names is None:
            return self
        if not 2 <= len(names) <= MAX_CLASSES:
            raise ValueError(f"class_names must be 2 to {MAX_CLASSES} names, got {len(names)}")
        spellings: dict[str, str] = {}
        for name in names:
            if not is_class_name(name):
                got = as_line(repr(name), MAX_VALUE_LENGTH)
                raise ValueError(f"class_names must be names of {NAME_RULE}, got {got}")
            first = spellings.get(comparison_key(name))
            if first is not None:
                got = f"{name!r} twice" if first == name else f"{first!r} and {name!r}"
                raise ValueError(f"class_names must be different names, got {got}")
            spellings[comparison_key(name)] = name
        return self


class TableSettings(Section):
    """The columns of a table, by their headings."""

    # The column to predict.
    target: str | None = None
    # Columns to leave out.
    drop: tuple[str, ...] | None = None
    # Columns of numbers that name categories, such as postal codes.
    categorical: tuple[str, ...] | None = None


class FetchSettings(Section):
    """The data set."""

    dataset: DatasetName = "mnist-5k"
    # What DVC tracks: the folder of the committed data sets, or the folder or file of your data.
    path: str = "data/samples"
    custom: CustomData | None = None
    table: TableSettings = TableSettings()
    # The test images of a source that has none: their number, or their fraction.
    test_size: int | float = 0.2
    seed: Annotated[int, Field(ge=0)] = 1

    @property
    def title(self) -> str:
        """Return a name of the data: that of the data set, or of the folder or file."""
        is_path = self.dataset in {"folder", "npz", "csv", "table"}
        return PurePath(self.path).name if is_path else self.dataset

    @model_validator(mode="after")
    def _custom_is_described(self) -> Self:
        if self.dataset == "custom" and self.custom is None:
            raise ValueError("custom must name the four files of the data set, got None")
        return self

    @model_validator(mode="after")
    def _path_is_a_path(self) -> Self:
        if not self.path or "\0" in self.path:
            raise ValueError(f"path must name a folder or a file, got {self.path!r}")
        return self

    @model_validator(mode="after")
    def _test_size_is_a_count_or_a_fraction(self) -> Self:
        if self.test_size <= 0 or (isinstance(self.test_size, float) and self.test_size >= 1):
            raise ValueError(
                "test_size must be a number of images, or a fraction above 0 and below 1, "
                f"got {self.test_size!r}"
            )
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
    """How pictures become raw images, which fetch does, and raw images become arrays."""

    # Rows and columns, one number for both; null to keep the size that all images have.
    size: int | tuple[int, ...] | None = None
    colour: Colour = "grey"
    scaling: Literal["standard", "unit"] = "unit"
    # dtype of the image files: float32 pixels are scaled when written, uint8 pixels when read.
    dtype: Literal["float32", "uint8"] = "float32"
    # Number of training images after the validation set is held out; null for all.
    train_size: Annotated[int, Field(ge=1)] | None = None
    validation: ValidationSettings = ValidationSettings()

    @property
    def image_size(self) -> tuple[int, int] | None:
        """Return rows and columns, or None."""
        if self.size is None:
            return None
        rows, columns = (self.size, self.size) if isinstance(self.size, int) else self.size
        return rows, columns

    @model_validator(mode="after")
    def _size_is_two_sides(self) -> Self:
        size = self.size
        sides = (size, size) if isinstance(size, int) else size
        if sides is not None and (
            len(sides) != 2 or not all(1 <= side <= MAX_SIDE for side in sides)
        ):
            got = list(size) if isinstance(size, tuple) else size
            raise ValueError(
                f"size must be a number of pixels or [rows, columns], 1 to {MAX_SIDE}, got {got}"
            )
        return self
