"""How a picture in a file, of any size, becomes an image of a network."""

from typing import Literal

# `as-is`: it is stretched to the size of the image. `digit`: it holds a digit, which is cropped,
# scaled and centred as in MNIST, see `nncore.cli.digits`.
Pictures = Literal["as-is", "digit"]

# grey: (rows, columns). rgb: (rows, columns, 3).
Colour = Literal["grey", "rgb"]
# A row of a matrix holds an image row by row, each pixel with its red, green and blue.
ImageShape = tuple[int, int] | tuple[int, int, int]


def is_image_shape(shape: object) -> bool:
    """Return whether a tuple is (rows, columns) or (rows, columns, 3)."""
    return (
        isinstance(shape, tuple)
        and (len(shape) == 2 or (len(shape) == 3 and shape[2] == 3))
        and all(type(side) is int and side >= 1 for side in shape)
    )
