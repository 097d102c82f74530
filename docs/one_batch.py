"""Writes the numbers into docs/one-batch.md: one batch through a small network, forward and back.

python -m docs.one_batch

The prose stands there, written by hand. Every block that opens with three backticks, `text` and a
name is written here, from the arrays of `nncore` itself.
"""

import re
from pathlib import Path

import numpy as np

from docs.one_batch_arrays import PIXELS, Walk, losses, small_batch, small_network, walk
from docs.one_batch_tables import ARRAYS, AXES, number, products, short, shown, table
from nncore.architecture import Architecture
from nncore.network import Network
from nncore.optimizers import Sgd

PAGE = Path(__file__).parent / "one-batch.md"
LR = 1.0
NUDGE = 0.001


def shapes() -> str:
    """Return the shapes in the small network and in 784-30-10 with a batch of 32."""
    large = Network(Architecture(hidden=(30,)), inputs=784, outputs=10)
    many = np.zeros((32, 784), np.float32), np.zeros((32, 10), np.float32)
    small, other = walk(small_network(), *small_batch()), walk(large, *many)
    rows = [["array", "4-3-2, 2 images", "784-30-10, 32 images"]]
    for name, (symbol, _, _) in ARRAYS.items():
        rows.append([symbol, str(small[name].shape), str(other[name].shape)])
    name = "gradient"
    return table([*rows, [name, str(small[name].shape), str(other[name].shape)]])


def vector(seen: Walk) -> str:
    """Return the gradient as the one vector that it is."""
    network = small_network()
    weights, biases = network.views(np.arange(network.parameters.size))
    pieces = [
        *((f"W₁ into {unit}", row) for unit, row in zip(AXES["unit"], weights[0].T, strict=True)),
        *((f"W₂ into {name}", row) for name, row in zip(AXES["class"], weights[1].T, strict=True)),
        *(("b₁", biases[0]), ("b₂", biases[1])),
    ]
    most = max(len(places) for _, places in pieces)
    rows = []
    for name, places in pieces:
        numbers = [number(value) for value in seen["gradient"][places]]
        places_named = f"[{places[0]}:{places[-1] + 1}]"
        rows.append([name, places_named, *numbers, *[""] * (most - len(numbers))])
    return table(rows)


def step(seen: Walk) -> str:
    """Return the parameters after a step of gradient descent, and the losses before and after."""
    network, batch = small_network(), small_batch()
    before = losses(network, *batch)
    Sgd().step(network.parameters, LR * seen["gradient"], LR)
    after = losses(network, *batch)
    moved = {"W1": network.weights[0], "b1": network.biases[0]}
    moved |= {"W2": network.weights[1], "b2": network.biases[1]}
    rows = [["loss", *AXES["image"], "mean"]]
    for name, values in (("before", before), ("after", after)):
        rows.append([name, *map(number, values), number(values.mean())])
    return f"{shown(moved, *moved)}\n\n{table(rows)}"


def nudges(seen: Walk) -> str:
    """Return the slope of the loss along a few parameters, in float64, beside the gradient."""
    rows = [["parameter", f"C(p + {NUDGE})", f"C(p - {NUDGE})", "slope", "gradient"]]
    for symbol, name, place in (("W₂", "W2", (0, 0)), ("W₁", "W1", (0, 2)), ("W₁", "W1", (0, 1))):
        ends = []
        for sign in (1, -1):
            network = small_network(np.float64)
            network.weights[int(name[1]) - 1][place] += sign * NUDGE
            ends.append(losses(network, *small_batch()).mean())
        slope = (ends[0] - ends[1]) / (2 * NUDGE)
        cells = (*(number(end, 8) for end in ends), number(slope), number(seen[f"d{name}"][place]))
        rows.append([f"{symbol}[{place[0]}, {place[1]}]", *cells])
    return table(rows)


def blocks() -> dict[str, str]:
    """Return the text of every block of the page, by its name."""
    seen = walk(small_network(), *small_batch())
    a0, y, a1, a2, da1 = (seen[name] for name in ("a0", "y", "a1", "a2", "da1"))
    z2, w1, w2, delta1, delta2 = (seen[name] for name in ("z2", "W1", "W2", "delta1", "delta2"))
    each = losses(small_network(), *small_batch())
    exponentials = [f"exp({short(z)})" for z in z2[0]]
    hand = {
        "z1": f"z₁[0, 0] = {products(a0[0], w1[:, 0], seen['b1'][0])}",
        "z2": f"z₂[0, 0] = {products(a1[0], w2[:, 0], seen['b2'][0])}",
        "a2": f"a₂[0, 0] = {exponentials[0]} / ({' + '.join(exponentials)})",
        "delta2": f"δ₂[0, 0] = ({short(a2[0, 0])} - {short(y[0, 0])}) / 2",
        "dW2": f"∂C/∂W₂[0, 0] = {products(a1[:, 0], delta2[:, 0])}",
        "da1": f"∂C/∂a₁[0, 0] = {products(delta2[0], w2[0])}",
        "delta1": f"δ₁[0, 1] = {short(da1[0, 1])}·{short(seen['mask'][0, 1])}",
        "dW1": f"∂C/∂W₁[0, 2] = {products(a0[:, 0], delta1[:, 2])}",
    }
    places = {"delta1": (0, 1), "dW1": (0, 2)}
    for name in hand:
        hand[name] += f" = {number(seen[name][places.get(name, (0, 0))])}"
    loss = "\n".join(
        f"-log {number(a2[row, label])} = {number(each[row])}   {AXES['image'][row]}"
        for row, label in enumerate(y.argmax(axis=1))
    )
    pictures = "\n".join(
        f"{name}:  " + "   ".join(" ".join(f"{pixel:3}" for pixel in line) for line in image)
        for name, image in zip(AXES["image"], PIXELS.reshape(2, 2, 2).tolist(), strict=True)
    )
    return {
        "pixels": pictures,
        "shapes": shapes(),
        "batch": shown(seen, "a0", "y"),
        "parameters": shown(seen, "W1", "b1", "W2", "b2"),
        "z1": f"{shown(seen, 'z1')}\n\n{hand['z1']}",
        "a1": shown(seen, "a1"),
        "z2": f"{shown(seen, 'z2')}\n\n{hand['z2']}",
        "a2": f"{shown(seen, 'a2')}\n\n{hand['a2']}",
        "loss": f"{loss}\n{' ' * 7}C = {number(each.mean())}   their mean",
        "delta2": f"{shown(seen, 'delta2')}\n\n{hand['delta2']}",
        "gradient2": f"{shown(seen, 'dW2', 'db2')}\n\n{hand['dW2']}",
        "da1": f"{shown(seen, 'da1')}\n\n{hand['da1']}",
        "delta1": f"{shown(seen, 'mask', 'delta1')}\n\n{hand['delta1']}",
        "gradient1": f"{shown(seen, 'dW1', 'db1')}\n\n{hand['dW1']}",
        "vector": vector(seen),
        "step": step(seen),
        "nudges": nudges(seen),
    }


def render(page: str) -> str:
    """Return the page with every block written anew.

    Raises
    ------
    KeyError
        A block on the page that nothing here writes.
    """
    texts = blocks()
    return re.sub(
        r"(?<=^```text )(\w+)\n.*?^```$",
        lambda block: f"{block[1]}\n{texts[block[1]]}\n```",
        page,
        flags=re.DOTALL | re.MULTILINE,
    )


def main() -> None:
    """Write the page's blocks anew."""
    PAGE.write_text(render(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
