"""Write the numbers into docs/one-batch.md: one batch forward and backward through a small network.

python -m docs.one_batch

The prose of the page is written by hand. This program writes every block that opens with three
backticks, `text` and a name, from the arrays of `nncore`.
"""

import re
from pathlib import Path

import numpy as np

from docs.one_batch_arrays import PIXELS, Walk, losses, small_batch, small_network, walk
from docs.one_batch_tables import (
    ARRAYS,
    AXES,
    format_arrays,
    format_factor,
    format_number,
    format_products,
)
from nncore.config.architecture import Architecture
from nncore.network.network import Network
from nncore.text_tables import format_table
from nncore.training.optimizers import SGD

PAGE = Path(__file__).parent / "one-batch.md"
LR = 1.0
EPSILON = 0.001


def shapes() -> str:
    """Return the shapes in the small network and in 784-30-10 with a batch of 32."""
    large = Network(Architecture(hidden=(30,)), inputs=784, outputs=10)
    many = np.zeros((32, 784), np.float32), np.zeros((32, 10), np.float32)
    small, other = walk(small_network(), *small_batch()), walk(large, *many)
    rows = [["array", "4-3-2, 2 images", "784-30-10, 32 images"]]
    for name, (symbol, _, _) in ARRAYS.items():
        rows.append([symbol, str(small[name].shape), str(other[name].shape)])
    name = "gradient"
    return format_table([*rows, [name, str(small[name].shape), str(other[name].shape)]], "<>")


def vector(arrays: Walk) -> str:
    """Return the gradient as one vector."""
    network = small_network()
    weights, biases = network.views(np.arange(network.parameters.size, dtype=np.float64))
    pieces = [
        *((f"W₁ into {unit}", row) for unit, row in zip(AXES["unit"], weights[0].T, strict=True)),
        *((f"W₂ into {name}", row) for name, row in zip(AXES["class"], weights[1].T, strict=True)),
        *(("b₁", biases[0]), ("b₂", biases[1])),
    ]
    longest = max(len(indices) for _, indices in pieces)
    rows = []
    for name, positions in pieces:
        indices = positions.astype(np.int64)
        numbers = [format_number(value) for value in arrays["gradient"][indices]]
        index_range = f"[{indices[0]}:{indices[-1] + 1}]"
        rows.append([name, index_range, *numbers, *[""] * (longest - len(numbers))])
    return format_table(rows, "<>")


def step(arrays: Walk) -> str:
    """Return the parameters after a step of gradient descent, and the losses before and after."""
    network, batch = small_network(), small_batch()
    before = losses(network, *batch)
    SGD().step(network.parameters, LR * arrays["gradient"], LR)
    after = losses(network, *batch)
    updated = {"W1": network.weights[0], "b1": network.biases[0]}
    updated |= {"W2": network.weights[1], "b2": network.biases[1]}
    rows = [["loss", *AXES["image"], "mean"]]
    for name, values in (("before", before), ("after", after)):
        rows.append([name, *map(format_number, values), format_number(values.mean())])
    return f"{format_arrays(updated, *updated)}\n\n{format_table(rows, '<>')}"


def difference_quotients(arrays: Walk) -> str:
    """Return difference quotients of the loss, in float64, beside entries of the gradient."""
    rows = [["parameter", f"C(p + {EPSILON})", f"C(p - {EPSILON})", "slope", "gradient"]]
    for symbol, name, index in (("W₂", "W2", (0, 0)), ("W₁", "W1", (0, 2)), ("W₁", "W1", (0, 1))):
        ends = []
        for sign in (1, -1):
            network = small_network(np.float64)
            network.weights[int(name[1]) - 1][index] += sign * EPSILON
            ends.append(losses(network, *small_batch()).mean())
        slope = (ends[0] - ends[1]) / (2 * EPSILON)
        cells = (
            *(format_number(end, 8) for end in ends),
            format_number(slope),
            format_number(arrays[f"d{name}"][index]),
        )
        rows.append([f"{symbol}[{index[0]}, {index[1]}]", *cells])
    return format_table(rows, "<>")


def blocks() -> dict[str, str]:
    """Return the text of every block of the page, by name."""
    arrays = walk(small_network(), *small_batch())
    a0, y, a1, a2, da1 = (arrays[name] for name in ("a0", "y", "a1", "a2", "da1"))
    z2, w1, w2, delta1, delta2 = (arrays[name] for name in ("z2", "W1", "W2", "delta1", "delta2"))
    image_losses = losses(small_network(), *small_batch())
    exponentials = [f"exp({format_factor(z)})" for z in z2[0]]
    worked = {
        "z1": f"z₁[0, 0] = {format_products(a0[0], w1[:, 0], arrays['b1'][0])}",
        "z2": f"z₂[0, 0] = {format_products(a1[0], w2[:, 0], arrays['b2'][0])}",
        "a2": f"a₂[0, 0] = {exponentials[0]} / ({' + '.join(exponentials)})",
        "delta2": f"δ₂[0, 0] = ({format_factor(a2[0, 0])} - {format_factor(y[0, 0])}) / 2",
        "dW2": f"∂C/∂W₂[0, 0] = {format_products(a1[:, 0], delta2[:, 0])}",
        "da1": f"∂C/∂a₁[0, 0] = {format_products(delta2[0], w2[0])}",
        "delta1": f"δ₁[0, 1] = {format_factor(da1[0, 1])}·{format_factor(arrays['mask'][0, 1])}",
        "dW1": f"∂C/∂W₁[0, 2] = {format_products(a0[:, 0], delta1[:, 2])}",
    }
    entries = {"delta1": (0, 1), "dW1": (0, 2)}
    for name in worked:
        worked[name] += f" = {format_number(arrays[name][entries.get(name, (0, 0))])}"
    loss = "\n".join(
        f"-log {format_number(a2[row, label])} = {format_number(value)}   {AXES['image'][row]}"
        for row, (label, value) in enumerate(zip(y.argmax(axis=1), image_losses, strict=True))
    )
    pictures = "\n".join(
        f"{name}:  " + "   ".join(" ".join(f"{pixel:3}" for pixel in line) for line in image)
        for name, image in zip(AXES["image"], PIXELS.reshape(2, 2, 2).tolist(), strict=True)
    )
    return {
        "pixels": pictures,
        "shapes": shapes(),
        "batch": format_arrays(arrays, "a0", "y"),
        "parameters": format_arrays(arrays, "W1", "b1", "W2", "b2"),
        "z1": f"{format_arrays(arrays, 'z1')}\n\n{worked['z1']}",
        "a1": format_arrays(arrays, "a1"),
        "z2": f"{format_arrays(arrays, 'z2')}\n\n{worked['z2']}",
        "a2": f"{format_arrays(arrays, 'a2')}\n\n{worked['a2']}",
        "loss": f"{loss}\n{' ' * 7}C = {format_number(image_losses.mean())}   their mean",
        "delta2": f"{format_arrays(arrays, 'delta2')}\n\n{worked['delta2']}",
        "gradient2": f"{format_arrays(arrays, 'dW2', 'db2')}\n\n{worked['dW2']}",
        "da1": f"{format_arrays(arrays, 'da1')}\n\n{worked['da1']}",
        "delta1": f"{format_arrays(arrays, 'mask', 'delta1')}\n\n{worked['delta1']}",
        "gradient1": f"{format_arrays(arrays, 'dW1', 'db1')}\n\n{worked['dW1']}",
        "vector": vector(arrays),
        "step": step(arrays),
        "differences": difference_quotients(arrays),
    }


def render(page: str) -> str:
    """Return the page with every block replaced.

    Raises
    ------
    KeyError
        The page has a block whose name is unknown.
    """
    texts = blocks()
    return re.sub(
        r"(?<=^```text )(\w+)\n.*?^```$",
        lambda block: f"{block[1]}\n{texts[block[1]]}\n```",
        page,
        flags=re.DOTALL | re.MULTILINE,
    )


def main() -> None:
    """Write every block of the page."""
    PAGE.write_text(render(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
