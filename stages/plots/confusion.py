"""The confusion matrix as a picture."""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from stages.plots.style import WIDTH, count_of, house_style, new_figure, short_name
from stages.shared.report_content import count_confusions


@house_style()
def confusion_matrix(
    actual: Sequence[str], predicted: Sequence[str], class_names: Sequence[str]
) -> Figure:
    """Draw how often each actual class (row) got each prediction (column).

    Only mistakes are coloured, because the counts on the diagonal are far larger. A cell without a
    number is a zero. If the cells are too small for numbers, a colour bar shows the counts.

    Parameters
    ----------
    actual, predicted : one of `class_names` for each image
    """
    size = len(class_names)
    counts = count_confusions(actual, predicted, class_names)
    diagonal = np.eye(size, dtype=bool)
    wrong, right = np.where(diagonal, 0, counts), counts.diagonal()
    names = [short_name(name) for name in class_names]
    i, j = np.unravel_index(wrong.argmax(), wrong.shape)
    note = (
        f"Most frequent mistake: {names[i]} taken for {names[j]}, {count_of(wrong[i, j], 'time')}."
    )
    side = min(max(0.6 * size, 3.6), 12)
    figure = new_figure(
        max(WIDTH, side + 3),
        side + 1.9,
        f"Confusion matrix: {right.sum():,} of {counts.sum():,} right "
        f"({100 * right.sum() / counts.sum():.2f} %)",
        note if wrong.any() else "Every prediction stands on the diagonal.",
    )
    axes = figure.subplots()
    cells = axes.pcolormesh(
        np.ma.masked_array(wrong, diagonal),
        cmap=mpl.colormaps["Oranges"].with_extremes(bad="#dcdcdc"),
        vmin=0,
        vmax=max(wrong.max(), 1),
        edgecolors="white",
    )
    cell = 72 * side / size  # in points, the unit of font sizes
    font = min(12, 1.3 * cell / len(str(counts.max())))
    if font < 5:
        figure.colorbar(cells, label="mistakes", shrink=0.6)
    else:
        for i, j in np.argwhere(counts):
            colour = "white" if wrong[i, j] > 0.6 * wrong.max() else "black"
            text = axes.text(j + 0.5, i + 0.5, str(counts[i, j]), size=font, color=colour)
            text.set(ha="center", va="center")
    axes.set(aspect="equal", xlabel="predicted", ylabel="actual")
    axes.invert_yaxis()
    centres, font = np.arange(size) + 0.5, min(10, 0.8 * cell)
    slanted = 6 * max(map(len, names)) > cell
    slant: dict[str, Any] = (
        {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if slanted else {}
    )
    axes.set_xticks(centres, names, size=font, **slant)
    axes.set_yticks(centres, names, size=font)
    recall, precision = axes.secondary_yaxis("right"), axes.secondary_xaxis("top")
    recall.set_yticks(centres, map(_percent, right, counts.sum(axis=1)), size=0.85 * font)
    recall.set_ylabel("recall")
    precision.set_xticks(centres, map(_percent, right, counts.sum(axis=0)), size=0.85 * font)
    precision.set_xlabel("precision")
    precision.tick_params(rotation=90 if cell < 40 else 0)
    for panel in (axes, recall, precision):
        panel.grid(visible=False)
        panel.spines[:].set_visible(False)
        panel.tick_params(length=0)
    return figure


def _percent(count: int, total: int) -> str:
    return f"{100 * count / total:.1f} %" if total else "-"
