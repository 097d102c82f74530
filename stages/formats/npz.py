"""Reader of .npz files with the names of Keras: x_train, y_train, x_test and y_test."""

from functools import partial
from pathlib import Path
from typing import Final

from nncore.errors import as_line
from stages.formats.class_labels import collect_labels
from stages.formats.dataset import FetchError, RawDataset
from stages.formats.npz_arrays import NpzArray, list_arrays
from stages.formats.npz_values import as_bytes, image_shape, label_chunks, pixel_factor
from stages.formats.splits import LabelledImages, make_dataset
from stages.shared.data_params import FetchSettings

NAMES: Final = ("x_train", "y_train", "x_test", "y_test")


def read_npz(settings: FetchSettings) -> RawDataset:
    """Return the data set in the .npz file `settings.path`.

    If the file has no test images, `settings.test_size` of the training images become these.

    Raises
    ------
    NncoreError
        The file is no .npz file, an array is missing or has another shape or type, images and
        labels differ in number, or a value is out of range. The batches raise it for a pixel.
    OSError
        The file can't be opened.
    """
    path = Path(settings.path)
    arrays = _arrays(path)
    factor = pixel_factor(arrays["x_train"])
    if arrays["x_train"].dtype.kind == "f":
        pixel = "the float" if factor == 1 else f"{factor} times the float"
        print(
            f"{path}: x_train has floats from 0 to {255 // factor}; a pixel is {pixel}, "
            "rounded to an integer, halves to even"
        )
    train, class_names = _with_labels(arrays["x_train"], arrays["y_train"], factor)
    test = None
    if "x_test" in arrays:
        test, _ = _with_labels(arrays["x_test"], arrays["y_test"], factor, class_names)
    return make_dataset(train, test, class_names, settings)


def _arrays(path: Path) -> dict[str, NpzArray]:
    """Return the two or four arrays; print the names of all else in the file."""
    arrays, others = list_arrays(path, NAMES)
    missing = [name for name in NAMES if name not in arrays]
    if missing not in ([], ["x_test", "y_test"]):
        got = ", ".join([*arrays, *others]) or "none"
        raise FetchError(
            f"{path}: expected the arrays x_train and y_train, with or without x_test and y_test, "
            f"got {got}; save them by these names"
        )
    if others:
        print(f"{path}: {as_line(', '.join(others))} not used")
    return arrays


def _with_labels(
    images: NpzArray, labels: NpzArray, factor: int, class_names: tuple[str, ...] | None = None
) -> tuple[LabelledImages, tuple[str, ...]]:
    """Return images with their labels, and the classes, which are `class_names` unless None."""
    shape = image_shape(images)
    names, codes = collect_labels(label_chunks(labels), str(labels), class_names)
    if len(codes) != images.shape[0]:
        raise FetchError(
            f"{labels}: expected {images.shape[0]} labels, one for each image, got {len(codes)}"
        )
    return LabelledImages(shape, codes, partial(as_bytes, images, factor)), names
