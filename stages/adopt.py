"""Adopt a data set: look at it, and write settings that suit it into params.yaml."""

import math
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import numpy as np
from typer import Argument, Option

from nncore.data.splits import train_validation_split
from nncore.errors import NncoreError, PreprocessingError, as_line, format_shape
from nncore.text_tables import format_table
from stages.formats.dataset import FetchError
from stages.formats.pictures import MAX_SUGGESTED_SIDE
from stages.formats.source import refuse_url
from stages.formats.survey import Survey, survey_source
from stages.formats.tabular.adoption import (
    TableSurvey,
    class_weight,
    is_table,
    no_distortion,
    survey_table,
    table_settings,
    training_counts,
)
from stages.shared import yaml12
from stages.shared.command import run
from stages.shared.data_params import FetchSettings, ValidationSettings
from stages.shared.dotted_keys import flatten, format_value
from stages.shared.files import write_text
from stages.shared.params import Params, load_params, validate
from stages.shared.table_defaults import STUDIES, Choice

# Training images up to which a network is small, or of medium size.
SMALL: Final = 2_000
MEDIUM: Final = 20_000
# Images that would take more bytes as float32 are kept as bytes.
MAX_FLOAT32_BYTES: Final = 1 << 30

_VALIDATION: Final = ValidationSettings()

T = TypeVar("T")


def adopt(
    path: Annotated[
        str,
        Argument(metavar="PATH", help="Folder of pictures, .npz file, .csv file or table."),
    ],
    params: Annotated[Path, Option(metavar="FILE", help="Parameters to change.")] = Path(
        "params.yaml"
    ),
    target: Annotated[
        str | None,
        Option(metavar="HEADING", help="Column of a table to predict.", show_default=False),
    ] = None,
) -> None:
    """Look at a data set and write settings that suit it into params.yaml.

    It prints every setting that it writes, with the reason. It sets the sections model and train
    back to their defaults first, but for the seed. Other settings stay as they are, unless they
    don't fit the data.
    """
    refuse_url(path)
    settings = load_params(params)
    if target or is_table(Path(path)):
        table = survey_table(Path(path), target)
        counts, test_size = _with_test_size(settings, partial(training_counts, table))
        choices = list(table_settings(Path(path), table, sum(counts)))
        _check_validation(settings, path, counts, "rows")
        defaults = _defaults(settings, counts, test_size)
        _apply(params, choices, defaults, _table_summary(path, table), STUDIES)
        return
    survey, test_size = _with_test_size(settings, partial(_survey, Path(path), settings))
    counts = list(survey.train_counts.values())
    choices = [
        *_fetch_choices(Path(path), survey),
        *_preprocess_choices(survey),
        *_training_choices(survey),
    ]
    _check_validation(settings, path, counts, "images")
    summary = (
        f"{path}: {survey.train_images:,} training and {survey.test_images:,} test images in "
        f"{len(survey.train_counts)} classes, {format_shape(survey.shape)}"
    )
    _apply(params, choices, _defaults(settings, counts, test_size), summary)


def _apply(
    params: Path, choices: list[Choice], defaults: dict[str, Any], summary: str, note: str = ""
) -> None:
    """Write settings into a file, and defaults for the keys that they leave; print both."""
    changes = {key: value for key, value, _ in choices}
    others = {key: value for key, value in defaults.items() if key not in changes}
    text = yaml12.updated(params.read_text(encoding="utf-8"), changes | others)
    validate(Params, yaml12.load(text), params)
    print(as_line(summary))
    rows = [(key, format_value(value, ensure_ascii=False), why) for key, value, why in choices]
    print(format_table(rows, "<"))
    if note:
        print(note)
    if others:
        values = (f"{key}: {format_value(value)}" for key, value in others.items())
        print(as_line(f"set back to the defaults: {', '.join(values)}"))
    write_text(params, text)
    print(f"{params} has these settings now; dvc repro trains with them")


def _table_summary(path: str, table: TableSurvey) -> str:
    rows = f"{table.surveys[table.target].present:,} rows"
    if table.test_rows is not None:
        rows = f"{rows} to train with and {table.test_rows:,} to test with"
    kind = "numbers" if table.is_regression else f"{len(table.class_counts)} classes"
    return f"{path}: {rows}, {len(table.surveys)} columns, {kind} to predict"


def _survey(path: Path, settings: Params, fetch: FetchSettings) -> Survey:
    with tempfile.TemporaryDirectory(prefix="adopt-") as folder:
        return survey_source(path, fetch, settings.preprocess.image_size, Path(folder))


def _with_test_size(settings: Params, look: Callable[[FetchSettings], T]) -> tuple[T, float]:
    """Return what `look` finds, and `fetch.test_size`, the default one if only it fits."""
    sizes = dict.fromkeys((settings.fetch.test_size, FetchSettings().test_size))
    for test_size in sizes:
        try:
            return look(settings.fetch.model_copy(update={"test_size": test_size})), test_size
        except NncoreError as error:
            fault = error
    raise fault


def _defaults(settings: Params, counts: list[int], test_size: float) -> dict[str, Any]:
    """Return the dotted keys that have another value than their default, with this default.

    They are those of model and train, and of the test and validation sets if these don't fit
    training samples of so many in each class.
    """
    defaults = Params().model_dump(mode="json")
    sections: dict[str, Any] = {"fetch": {}, "preprocess": {}}
    if settings.fetch.test_size != test_size:
        sections["fetch"]["test_size"] = test_size
    if not _fits(settings.preprocess.validation, counts):
        sections["preprocess"]["validation"] = defaults["preprocess"]["validation"]
    sections |= {name: defaults[name] for name in ("model", "train")}
    del sections["train"]["seed"]
    # Without elastic distortions it has no effect; with them it must not be 0, its default.
    del sections["train"]["augment"]["sigma"]
    return {key: value for key, value in flatten(sections) if attrgetter(key)(settings) != value}


def _check_validation(settings: Params, path: str, counts: list[int], samples: str) -> None:
    if not any(_fits(part, counts) for part in (settings.preprocess.validation, _VALIDATION)):
        raise FetchError(
            f"{path}: expected training {samples} for a validation set too, got {sum(counts)}; use "
            "at least ten of each class"
        )


def _fits(validation: ValidationSettings, counts: list[int]) -> bool:
    """Return whether preprocess can hold these samples out, and leaves at least as many."""
    labels = np.repeat(np.arange(len(counts), dtype=np.uint8), counts)
    # The last samples may be all of one class.
    if validation.method == "last":
        return False
    try:
        train, held_out = train_validation_split(
            labels, validation.held_out, validation.method, validation.seed
        )
    except PreprocessingError:
        return False
    return len(held_out) <= len(train)


def _fetch_choices(path: Path, survey: Survey) -> Iterator[Choice]:
    sources = {
        "folder": "pictures in class folders",
        "npz": "NumPy arrays",
        "csv": "a row of pixels for each image",
    }
    yield "fetch.dataset", survey.dataset, sources[survey.dataset]
    yield "fetch.path", path.as_posix(), "DVC runs fetch again when its content changes"


def _preprocess_choices(survey: Survey) -> Iterator[Choice]:
    (first, count), *others = survey.sizes.most_common()
    if others:
        limit = MAX_SUGGESTED_SIDE
        why = f"{len(survey.sizes):,} sizes; the median of the shorter sides, at most {limit}"
    elif survey.size == first:
        why = "the rows and columns of the table's images"
    elif survey.size:
        limit = MAX_SUGGESTED_SIDE
        why = f"all have {format_shape(first)} pixels; sides of at most {limit} train faster"
    else:
        why = f"all {count:,} have {format_shape(first)} pixels"
    yield "preprocess.size", survey.size and list(survey.size), why
    is_colour = len(survey.shape) == 3
    why = "the images have colours" if is_colour else "the images are grey"
    yield "preprocess.colour", "rgb" if is_colour else "grey", why
    yield "preprocess.scaling", "standard", "suits light and dark pictures alike"
    pixels = math.prod(survey.shape)
    size = 4 * pixels * (survey.train_images + survey.test_images)
    is_large = size > MAX_FLOAT32_BYTES
    why = (
        f"as float32, the images would take {size / 2**30:.1f} GiB"
        if is_large
        else "faster than uint8"
    )
    yield "preprocess.dtype", "uint8" if is_large else "float32", why
    yield "preprocess.train_size", None, "all images"


def _training_choices(survey: Survey) -> Iterator[Choice]:
    images = survey.train_images
    if images <= SMALL:
        hidden, batch_size, epochs, why = [128], 16, 100, "few images, small batches"
    elif images <= MEDIUM:
        hidden, batch_size, epochs, why = [256, 128], 32, 50, "some thousands of images"
    else:
        hidden, batch_size, epochs, why = [512, 256], 128, 20, "many images, large batches"
    yield "model.hidden", hidden, f"a network for {images:,} training images"
    steps = epochs * math.ceil(images / batch_size)
    yield "train.epochs", epochs, f"{steps:,} steps"
    yield "train.batch_size", batch_size, why
    yield "train.lr", 0.001, "the usual rate of Adam"
    yield "train.optimizer.name", "adam", "works with one learning rate for most data"
    yield "train.schedule.name", "cosine", "the rate falls, so the last steps are small"
    yield "train.regularization.dropout", 0.2, "against overfitting: units are left out at random"
    yield from no_distortion("no distortions: those of digits may not suit these")
    yield class_weight(survey.train_counts.values(), "images")


if __name__ == "__main__":
    run(adopt)
