"""Reader of tables of pixels: one .csv file, or a folder with train.csv and test.csv."""

from pathlib import Path
from typing import Final

from nncore.errors import as_line
from stages.formats.class_labels import collect_labels
from stages.formats.csv_table import CsvTable, read_csv
from stages.formats.dataset import FetchError, RawDataset
from stages.formats.splits import LabelledImages, make_dataset
from stages.shared.data_params import FetchSettings, PreprocessSettings

TABLE_FILES: Final = ("train.csv", "test.csv")


def read_csv_images(settings: FetchSettings, images: PreprocessSettings) -> RawDataset:
    """Return the data set in the file or folder `settings.path`.

    `settings.test_size` of the images of a single file become the test images.

    Parameters
    ----------
    images : the size of images that are not square

    Raises
    ------
    NncoreError
        A file holds no table of images with labels. The batches raise it for a pixel.
    OSError
        A file can't be opened.
    """
    size = images.image_size
    path = Path(settings.path)
    if not path.is_dir():
        train, class_names = _with_labels(read_csv(path, size))
        return make_dataset(train, None, class_names, settings)
    if missing := [name for name in TABLE_FILES if not (path / name).exists()]:
        remedy = (
            rename_advice(path)
            or "fetch.path may also name a file, part of which becomes the test images"
        )
        raise FetchError(
            as_line(
                f"{path}: expected {' and '.join(TABLE_FILES)} in this folder, "
                f"got no {missing[0]}; {remedy}"
            )
        )
    train, class_names = _with_labels(read_csv(path / TABLE_FILES[0], size))
    test, _ = _with_labels(read_csv(path / TABLE_FILES[1], size), class_names)
    return make_dataset(train, test, class_names, settings)


def rename_advice(folder: Path) -> str:
    """Return how to rename tables such as fashion-mnist_train.csv, an empty string without one."""
    names = sorted(path.name for path in folder.iterdir() if path.suffix.lower() == ".csv")
    renamed = []
    for expected in TABLE_FILES:
        others = [name for name in names if name.lower().endswith(expected) and name != expected]
        if expected not in names and len(others) == 1:
            renamed.append(f"{others[0]} to {expected}")
    return f"rename {' and '.join(renamed)}" if renamed else ""


def _with_labels(
    table: CsvTable, class_names: tuple[str, ...] | None = None
) -> tuple[LabelledImages, tuple[str, ...]]:
    """Return images with their labels, and the classes, which are `class_names` unless None."""
    source = f"{table.path}: the labels"
    names, labels = collect_labels(table.labels(), source, class_names)
    return LabelledImages(table.image_shape, labels, table.images), names
