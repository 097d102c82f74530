"""How weights and biases begin."""

import math

import numpy as np
from numpy.typing import NDArray

from nncore.architecture import InitializerName


def draw(
    name: InitializerName,
    scale: float,
    shape: tuple[int, ...],
    *,
    fan_in: int,
    fan_out: int,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Return `scale` times an array drawn from the named distribution.

    ========  ========================================================================
    constant  1, so that `scale` is the value
    fan_in    normal, standard deviation 1/√fan_in: LeCun, Bottou, Orr, Müller,
              Efficient BackProp (1998), equation 16
    glorot    uniform within ±√(6 / (fan_in + fan_out)): Glorot & Bengio,
              Understanding the difficulty of training deep feedforward neural
              networks (2010), equation 16
    he        normal, standard deviation √(2/fan_in): He, Zhang, Ren, Sun, Delving
              deep into rectifiers (2015), equation 10
    normal    standard normal
    uniform   uniform within ±1
    ========  ========================================================================

    Drawn in float64 whatever the network's dtype, so that float32 and float64 networks begin alike.
    """
    match name:
        case "constant":
            return np.full(shape, float(scale))
        case "fan_in":
            return scale / math.sqrt(fan_in) * rng.standard_normal(shape)
        case "glorot":
            limit = math.sqrt(6 / (fan_in + fan_out))
            return scale * rng.uniform(-limit, limit, shape)
        case "he":
            return scale * math.sqrt(2 / fan_in) * rng.standard_normal(shape)
        case "normal":
            return scale * rng.standard_normal(shape)
        case "uniform":
            return scale * rng.uniform(-1, 1, shape)
