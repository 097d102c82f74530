"""The confusion matrix as a table that the page's script makes into a choice of mistakes."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nncore.metrics import confusion_matrix, precision_recall_f1
from stages.page.markup import called, lines, percent, plain, table, wide

# Up to so many classes a person finds a cell; beyond, a list serves better.
MOST_CLASSES = 40
MOST_PAIRS = 100
# Steps of colour in the sheet, heat1…heat5.
_STEPS = 5


def confusion(actual: Sequence[str], predicted: Sequence[str], class_names: Sequence[str]) -> str:
    """Return how often each actual class (row) got each prediction (column).

    Parameters
    ----------
    actual, predicted : one of `class_names` for each image
    """
    place = {name: index for index, name in enumerate(class_names)}
    first, second = (np.array([place[name] for name in names]) for names in (actual, predicted))
    counts = confusion_matrix(first, second, len(class_names))
    draw = _matrix if len(class_names) <= MOST_CLASSES else _pairs
    return draw(counts, class_names)


def _matrix(counts: NDArray[np.int64], class_names: Sequence[str]) -> str:
    """Only mistakes are coloured, since the diagonal would drown them."""
    precision, recall, _ = precision_recall_f1(counts)
    wrong = np.where(np.eye(len(counts), dtype=bool), 0, counts)
    # Rounded up: a single mistake has a colour too.
    heat = -(-_STEPS * wrong // max(int(wrong.max()), 1))
    names = [f'<th scope="col">{called(name)}</th>' for name in class_names]
    rows = []
    for i, name in enumerate(class_names):
        cells = "".join(
            _cell(int(counts[i, j]), (i, j), class_names, heat[i, j]) for j in range(len(counts))
        )
        share = f'<td class="share">{100 * recall[i]:.1f}</td>'
        rows.append(f'<tr><th scope="row">{called(name)}</th>{cells}{share}</tr>')
    shares = "".join(f'<td class="share">{100 * value:.1f}</td>' for value in precision)
    return wide(
        "Confusion matrix",
        lines(
            '<table class="confusion">',
            "<caption>Rows: actual. Columns: predicted.</caption>",
            f'<thead><tr><td></td>{"".join(names)}<th scope="col">recall, %</th></tr></thead>',
            *("<tbody>", *rows, "</tbody>"),
            f'<tfoot><tr><th scope="row">precision, %</th>{shares}<td></td></tr></tfoot></table>',
        ),
    )


def _cell(count: int, place: tuple[int, int], class_names: Sequence[str], heat: np.integer) -> str:
    actual, predicted = place
    if actual == predicted:
        return f'<td class="right">{count}</td>'
    if not count:
        # A zero for those who hear the table, nothing for those who see it.
        return '<td><span class="heard">0</span></td>'
    times = f"{count} time{'' if count == 1 else 's'}"
    words = plain(f"{class_names[actual]} taken for {class_names[predicted]}, {times}")
    marks = f'data-actual="{actual}" data-predicted="{predicted}" data-words="{words}"'
    return f'<td class="heat{heat}" {marks}>{count}</td>'


def _pairs(counts: NDArray[np.int64], class_names: Sequence[str]) -> str:
    precision, recall, _ = precision_recall_f1(counts)
    wrong = np.where(np.eye(len(counts), dtype=bool), 0, counts).ravel()
    order = np.argsort(-wrong, kind="stable")[: min(MOST_PAIRS, np.count_nonzero(wrong))]
    pairs = [
        (called(class_names[i]), called(class_names[j]), str(counts[i, j]))
        for i, j in zip(*np.unravel_index(order, counts.shape), strict=True)
    ]
    classes = [
        (called(name), percent(recall[i]), percent(precision[i]))
        for i, name in enumerate(class_names)
    ]
    frequent = table("The most frequent mistakes", ("actual", "predicted", "times"), pairs)
    each = table("Each class", ("class", "recall", "precision"), classes)
    return wide("The most frequent mistakes", frequent) + wide("Each class", each)
