"""The confusion matrix as a table, from which the page's script selects mistakes to show."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nncore.training.evaluation import precision_recall_f1
from stages.page.explanations.explain import explained
from stages.page.markup import escaped, isolated, join_lines, scrollable, table
from stages.page.numbers import PERCENT, percent
from stages.shared.report_content import count_confusions

# With more classes, a list of pairs is easier to read than a matrix.
MAX_MATRIX_CLASSES = 40
MAX_PAIRS = 100
# tables.css has the classes heat1…heat5.
_HEAT_LEVELS = 5


def confusion(
    actual: Sequence[str],
    predicted: Sequence[str],
    class_names: Sequence[str],
    *,
    opens_right: bool = False,
) -> str:
    """Return the number of images of each actual class (row) by predicted class (column).

    Parameters
    ----------
    actual, predicted : one of `class_names` for each image
    opens_right : whether the page has images to show of the cells of right predictions
    """
    counts = count_confusions(actual, predicted, class_names)
    if len(class_names) > MAX_MATRIX_CLASSES:
        return _pairs(counts, class_names)
    return _matrix(counts, class_names, opens_right=opens_right)


def _matrix(counts: NDArray[np.int64], class_names: Sequence[str], *, opens_right: bool) -> str:
    """Return the matrix; only mistakes are coloured, as the diagonal counts are far larger."""
    precision, recall, _ = precision_recall_f1(counts)
    mistakes = np.where(np.eye(len(counts), dtype=bool), 0, counts)
    # Rounded up, so that even a single mistake is coloured.
    heat = -(-_HEAT_LEVELS * mistakes // max(int(mistakes.max()), 1))
    names = [f'<th scope="col">{isolated(name)}</th>' for name in class_names]
    rows = []
    for i, name in enumerate(class_names):
        cells = "".join(
            _cell(int(counts[i, j]), (i, j), class_names, heat[i, j], opens_right=opens_right)
            for j in range(len(counts))
        )
        recall_cell = _fraction_cell(recall[i])
        rows.append(f'<tr><th scope="row">{isolated(name)}</th>{cells}{recall_cell}</tr>')
    precision_cells = "".join(map(_fraction_cell, precision))
    return scrollable(
        "Confusion matrix",
        join_lines(
            '<table class="confusion">',
            "<caption>Rows: actual. Columns: predicted.</caption>",
            f'<thead><tr><td></td>{"".join(names)}<th scope="col">recall, %</th></tr></thead>',
            *("<tbody>", *rows, "</tbody>"),
            f'<tfoot><tr><th scope="row">precision, %</th>{precision_cells}<td></td></tr></tfoot>'
            "</table>",
        ),
    )


def _cell(
    count: int,
    pair: tuple[int, int],
    class_names: Sequence[str],
    heat: np.integer,
    *,
    opens_right: bool,
) -> str:
    if not count:
        # Screen readers read the zero; the page shows an empty cell.
        return '<td><span class="visually-hidden">0</span></td>'
    if pair[0] != pair[1]:
        return f'<td class="heat{heat}" {_selection(count, pair, class_names)}>{count}</td>'
    selection = f" {_selection(count, pair, class_names)}" if opens_right else ""
    return f'<td class="correct"{selection}>{count}</td>'


def _selection(count: int, pair: tuple[int, int], class_names: Sequence[str]) -> str:
    """Return the attributes of an element that mistakes.js makes a button, which opens images."""
    actual, predicted = pair
    times = f"{count} time{'' if count == 1 else 's'}"
    taken = "recognised" if actual == predicted else f"taken for {class_names[predicted]}"
    label = escaped(f"{class_names[actual]} {taken}, {times}")
    return f'data-actual="{actual}" data-predicted="{predicted}" data-label="{label}"'


def _fraction_cell(value: float) -> str:
    """Return a cell of a fraction in per cent, empty for a class that does not occur."""
    # On a phone a column has no room for the sign, which the heading has.
    text = percent(value, 1).removesuffix(PERCENT) if np.isfinite(value) else ""
    return f'<td class="fraction">{text}</td>'


def _opener(counts: NDArray[np.int64], pair: tuple[int, int], class_names: Sequence[str]) -> str:
    count = int(counts[pair])
    return f"<span {_selection(count, pair, class_names)}>{count}</span>"


def _pairs(counts: NDArray[np.int64], class_names: Sequence[str]) -> str:
    precision, recall, _ = precision_recall_f1(counts)
    mistakes = np.where(np.eye(len(counts), dtype=bool), 0, counts).ravel()
    order = np.argsort(-mistakes, kind="stable")[: min(MAX_PAIRS, np.count_nonzero(mistakes))]
    pairs = [
        (isolated(class_names[i]), isolated(class_names[j]), _opener(counts, (i, j), class_names))
        for i, j in zip(*np.unravel_index(order, counts.shape), strict=True)
    ]
    classes = [
        (isolated(name), *(percent(x[i]) if np.isfinite(x[i]) else "" for x in (recall, precision)))
        for i, name in enumerate(class_names)
    ]
    frequent = table("The most frequent mistakes", ("actual", "predicted", "times"), pairs, "<<>")
    by_class = table("Each class", ("class", "recall", "precision"), classes)
    return scrollable("The most frequent mistakes", frequent) + explained(
        scrollable("Each class", by_class), "recall-precision"
    )
