"""How a picture in a file, of any size, becomes an image of a network."""

from typing import Literal

# `as-is`: it is an image already. `digit`: it holds a digit, which is cropped, scaled and centred
# as in MNIST, see `nncore.cli.digits`.
Pictures = Literal["as-is", "digit"]

# grey: (rows, columns). rgb: (rows, columns, 3).
Colour = Literal["grey", "rgb"]
