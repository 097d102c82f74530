"""The weights of the first layer by the names of the inputs, as a table of colours."""

from collections.abc import Sequence

import numpy as np

from nncore.arrays import Floats
from nncore.functions.exact import row_sums_of_squares
from stages.page.explanations.explain import explained
from stages.page.markup import isolated, join_lines, scrollable, table
from stages.page.numbers import format_number

MAX_INPUTS = 60


def input_weights(weights: Floats, names: Sequence[str]) -> str:
    """Return the inputs with the largest weights, with the norm of each as a bar.

    Parameters
    ----------
    weights : (inputs, units) floats
    names : (inputs,) names of the inputs
    """
    norms = np.sqrt(row_sums_of_squares(weights))
    order = np.argsort(-norms, kind="stable")[:MAX_INPUTS]
    largest = float(norms[order[0]]) or 1.0
    rows = []
    for index in order.tolist():
        norm = float(norms[index])
        bar = f'<rect width="{100 * norm / largest:.1f}" height="10"/>'
        width = f'<svg class="bar" viewBox="0 0 100 10" aria-hidden="true">{bar}</svg>'
        rows.append((isolated(names[index]), width, format_number(norm)))
    count = f"{len(rows):,} of {len(names):,} inputs" if len(rows) < len(names) else "All inputs"
    return join_lines(
        f"<p>{count}, by the Euclidean norm of their weights. Numbers are standardised and "
        "categories are 0 or 1, so a large norm means that the first layer reads the input much; "
        "it is no proof that the prediction depends on it.</p>",
        explained(
            scrollable(
                "Weights", table("Weights of each input", ("input", "", "norm"), rows, "<<>")
            ),
            "input-weights",
        ),
    )
