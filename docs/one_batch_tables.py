"""Format arrays as text: symbol, name in the code, shape, dtype and numbers."""

import numpy as np

from docs.one_batch_arrays import Walk
from nncore.arrays import Floats
from nncore.text_tables import format_table

AXES = {
    "image": ["image 0", "image 1"],
    "pixel": [f"pixel {number}" for number in range(4)],
    "unit": ["unit 0", "unit 1", "unit 2"],
    "class": ["upright", "level"],
    "": [""],
}
# For each array its symbol, its name in the code and its axes.
ARRAYS = {
    "a0": ("a₀", "images", ("image", "pixel")),
    "y": ("y", "targets", ("image", "class")),
    "W1": ("W₁", "network.weights[0]", ("pixel", "unit")),
    "b1": ("b₁", "network.biases[0]", ("", "unit")),
    "W2": ("W₂", "network.weights[1]", ("unit", "class")),
    "b2": ("b₂", "network.biases[1]", ("", "class")),
    "z1": ("z₁", "_hidden[0].z", ("image", "unit")),
    "a1": ("a₁", "_hidden[0].a", ("image", "unit")),
    "z2": ("z₂", "logits", ("image", "class")),
    "a2": ("a₂", "outputs", ("image", "class")),
    "delta2": ("δ₂", "_last.z", ("image", "class")),
    "dW2": ("∂C/∂W₂", "_last.weight_grad.T", ("unit", "class")),
    "db2": ("∂C/∂b₂", "_last.bias_grad", ("", "class")),
    "da1": ("∂C/∂a₁", "_hidden[0].z", ("image", "unit")),
    "mask": ("f'(z₁)", "_hidden[0].work", ("image", "unit")),
    "delta1": ("δ₁", "_hidden[0].z", ("image", "unit")),
    "dW1": ("∂C/∂W₁", "_hidden[0].weight_grad.T", ("pixel", "unit")),
    "db1": ("∂C/∂b₁", "_hidden[0].bias_grad", ("", "unit")),
}


def format_number(value: float, digits: int = 4) -> str:
    """Return a number without the sign of a zero."""
    return f"{round(float(value), digits) + 0.0:.{digits}f}"


def format_factor(value: float) -> str:
    """Return a number without trailing zeros."""
    return format_number(value).rstrip("0").rstrip(".")


def format_arrays(arrays: Walk, *names: str) -> str:
    """Return arrays one below the other: symbol, name, shape, dtype and numbers."""
    parts = []
    for name in names:
        symbol, code, (down, across) = ARRAYS[name]
        array = arrays[name]
        rows = [
            [label, *map(format_number, row)]
            for label, row in zip(AXES[down], np.atleast_2d(array), strict=True)
        ]
        parts.append(f"{symbol}   {code}   {array.shape} {array.dtype}")
        parts.append(format_table([["", *AXES[across]], *rows], "<>") + "\n")
    return "\n".join(parts).rstrip()


def format_products(left: Floats, right: Floats, *more: float) -> str:
    """Return the sum of the products of (n,) and (n,), and of more terms, as text."""
    terms = [f"{format_factor(a)}·{format_factor(b)}" for a, b in zip(left, right, strict=True)]
    terms += map(format_factor, more)
    return " + ".join(terms).replace("+ -", "- ")
