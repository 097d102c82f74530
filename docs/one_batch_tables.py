"""Arrays as text: each with its symbol, its name in the code, shape, dtype and numbers."""

from collections.abc import Sequence

import numpy as np

from docs.one_batch_arrays import Walk
from nncore.arrays import Floats

AXES = {
    "image": ["image 0", "image 1"],
    "pixel": [f"pixel {number}" for number in range(4)],
    "unit": ["unit 0", "unit 1", "unit 2"],
    "class": ["upright", "level"],
    "": [""],
}
# Each array: its symbol, its name in the code, its axes.
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
    "mask": ("f'(z₁)", "_hidden[0].a", ("image", "unit")),
    "delta1": ("δ₁", "_hidden[0].z", ("image", "unit")),
    "dW1": ("∂C/∂W₁", "_hidden[0].weight_grad.T", ("pixel", "unit")),
    "db1": ("∂C/∂b₁", "_hidden[0].bias_grad", ("", "unit")),
}


def number(value: float, digits: int = 4) -> str:
    """Return a number without the sign of a zero."""
    return f"{round(float(value), digits) + 0.0:.{digits}f}"


def short(value: float) -> str:
    """Return a factor of a sum as a person would write it."""
    return number(value).rstrip("0").rstrip(".")


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows with their first column to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def shown(seen: Walk, *names: str) -> str:
    """Return arrays one below the other: symbol, name, shape, dtype, and the numbers."""
    parts = []
    for name in names:
        symbol, code, (down, across) = ARRAYS[name]
        array = seen[name]
        rows = [
            [label, *map(number, row)]
            for label, row in zip(AXES[down], np.atleast_2d(array), strict=True)
        ]
        parts.append(f"{symbol}   {code}   {array.shape} {array.dtype}")
        parts.append(table([["", *AXES[across]], *rows]) + "\n")
    return "\n".join(parts).rstrip()


def products(left: Floats, right: Floats, *more: float) -> str:
    """Return a sum of products, (n,) and (n,), written out."""
    terms = [f"{short(a)}·{short(b)}" for a, b in zip(left, right, strict=True)]
    terms += map(short, more)
    return " + ".join(terms).replace("+ -", "- ")
