"""Images of a source that holds arrays, in the size and colour that the settings ask for."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from nncore.arrays import Bytes
from nncore.config.pictures import Colour
from nncore.data.pictures import convert_image
from nncore.errors import format_shape
from stages.formats.dataset import RawDataset, RawSplit
from stages.shared.data_params import PreprocessSettings


def conform(dataset: RawDataset, settings: PreprocessSettings) -> RawDataset:
    """Return the data set with images of `preprocess.size` and `preprocess.colour`.

    Images that have both already are not touched. No picture becomes one of them as a digit of
    MNIST any more if they have colours or another size.
    """
    shape, got = _shape(dataset.train, settings), dataset.train.shape
    if shape != got:
        print(
            f"images of {format_shape(got)} become {format_shape(shape)}, as preprocess.size and "
            "preprocess.colour say"
        )
    pictures = dataset.pictures
    if pictures != "as-is" and (len(shape) == 3 or shape[:2] != got[:2]):
        pictures = "as-is"
        print(
            f"predict takes pictures as they are: images of {format_shape(shape)} are no longer "
            "made as MNIST's digits"
        )
    return replace(
        dataset,
        train=_conform(dataset.train, settings),
        test=_conform(dataset.test, settings),
        pictures=pictures,
    )


def _conform(split: RawSplit, settings: PreprocessSettings) -> RawSplit:
    shape = _shape(split, settings)
    if shape == split.shape:
        return split
    return RawSplit(shape, _convert(split, (shape[0], shape[1]), settings.colour))


def _shape(split: RawSplit, settings: PreprocessSettings) -> tuple[int, ...]:
    size = settings.image_size or split.shape[:2]
    return (*size, 3) if settings.colour == "rgb" else size


def _convert(
    split: RawSplit, size: tuple[int, int], colour: Colour
) -> Iterator[tuple[Bytes, Bytes]]:
    for images, labels in split.batches:
        yield np.stack([convert_image(image, size, colour) for image in images]), labels
