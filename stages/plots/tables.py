"""Pictures of networks of tables: weights by input, and the surest mistakes as rows."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from nncore.arrays import Floats
from stages.plots.style import WIDTH, count_of, cut, house_style, new_figure
from stages.shared.report_content import largest_units

MAX_UNITS = 64
MAX_INPUTS = 40
MAX_MISTAKES = 20
# Characters of a line.
MAX_INPUT_NAME = 28
MAX_CAPTION = 55
MAX_VALUES = 120


@house_style()
def input_weights(weights: Floats, names: Sequence[str]) -> Figure:
    """Draw the weight of each input in each unit of layer 1.

    Only the inputs and units with the largest Euclidean norm are drawn if there are many.

    Parameters
    ----------
    weights : (inputs, units) floats
    names : (inputs,) names of the inputs
    """
    units, limit = largest_units(weights, MAX_UNITS)
    inputs, _ = largest_units(weights.T, MAX_INPUTS)
    shown = np.sort(inputs)
    figure = new_figure(
        WIDTH,
        0.24 * len(shown) + 1.0,
        f"First-layer weights: {len(shown)} of {count_of(len(names), 'input')}, {len(units)} of "
        f"{count_of(weights.shape[1], 'unit')}",
        "The units with the largest norm first. A pale row is an input that layer 1 hardly reads.",
    )
    axes = figure.subplots()
    image = axes.imshow(
        weights[np.ix_(shown, units)], cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto"
    )
    axes.set_yticks(
        np.arange(len(shown)), [cut(names[index], MAX_INPUT_NAME) for index in shown], size=8
    )
    axes.set_xlabel("units")
    axes.set_xticks([])
    axes.grid(visible=False)
    figure.colorbar(image, extend="both")
    return figure


@house_style()
def mistaken_rows(
    captions: Sequence[str], rows: Sequence[Sequence[str]] | None, *, wrong: int, total: int
) -> Figure:
    """Write the surest mistakes below each other, with the values of the rows.

    Parameters
    ----------
    captions : what each row was taken for, the surest first
    rows : values of each row with their headings, as texts; None to leave them out
    wrong, total : number of mistakes and of test rows
    """
    count = count_of(total, "test row")
    if not wrong:
        return new_figure(
            WIDTH, 0.2, f"Surest mistakes: none among {count}", "There is nothing to show."
        )
    captions = captions[:MAX_MISTAKES]
    note = "Actual class → predicted class, confidence in the prediction; number of the test row."
    if rows is None:
        note = "The values are left out: report.embed_images is false."
    height = len(captions) * (0.25 if rows is None else 0.45) + 0.2
    title = f"Surest mistakes: {len(captions)} of {wrong:,}, among {count}"
    figure = new_figure(WIDTH, height, title, note)
    top = height / figure.get_figheight()
    step = top / len(captions)
    for index, caption in enumerate(captions):
        y = top - index * step
        figure.text(0.03, y, cut(caption, MAX_CAPTION), size=10, weight="bold", va="top")
        if rows is not None:
            text = cut(", ".join(rows[index]), MAX_VALUES)
            figure.text(0.03, y - 0.45 * step, text, size=8, va="top")
    return figure
