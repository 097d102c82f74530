"""The two arithmetics of a network.

exact: the same bits on every computer; fast: plain floating point, without that promise.
"""

from typing import Literal

Numerics = Literal["exact", "fast"]
