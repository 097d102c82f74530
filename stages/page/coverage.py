"""Error against coverage: what a network gains that says “I don't know” where it is not sure."""

import math
from typing import Final

import numpy as np

from nncore.analysis.confidence import Coverage
from stages.page.charts import Axis, chart
from stages.page.explanations.explain import explain, explained, explained_chart
from stages.page.markup import collapsible, join_lines, json_element, percent, table

# Points of the curve.
MAX_POINTS: Final = 200
# Errors for which the table names a threshold of confidence.
ERRORS: Final = (0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0)


def coverage_chart(found: Coverage, samples: str) -> str:
    """Return the curve with a slider for the threshold, which a script starts.

    Parameters
    ----------
    samples : what is classified: images or rows
    """
    last = len(found.thresholds) - 1
    chosen = np.unique([*range(0, last, -(-(last + 1) // MAX_POINTS)), last])
    values = [(100 * column[chosen]).tolist() for column in found]
    thresholds, covered, error = values
    data = {
        "coverage": [round(value, 4) for value in covered],
        "samples": samples,
        "error": [round(value, 4) for value in error],
        "thresholds": [round(value, 4) for value in thresholds],
    }
    highest = max(100 * float(found.error.max()), 0.1)
    drawn = chart(
        Axis(f"answered {samples}, %", 0, 100),
        Axis("error, %", 0, 1.08 * highest),
        list(zip(covered[::-1], error[::-1], strict=True)),
        label="Error against coverage. The table below has thresholds.",
    )
    caption = (
        "If the network answers only where it is surest, and says “I don't know” to the other "
        f"{samples}, it makes fewer mistakes."
    )
    return join_lines(
        '<figure id="coverage-chart">',
        explained_chart(drawn, "coverage"),
        '<div id="threshold-control" hidden>',
        '<p><label for="threshold">Answer from a confidence of</label> '
        '<input type="range" id="threshold" min="0" step="1"> '
        f"{explain('threshold')}</p>",
        '<output id="threshold-reading" for="threshold" aria-live="off"></output>',
        "</div>",
        f"<figcaption>{caption}</figcaption>",
        json_element("coverage", data),
        "</figure>",
    )


def threshold_table(found: Coverage, samples: str) -> str:
    """Return the lowest threshold of confidence for each of `ERRORS` that some threshold meets.

    Parameters
    ----------
    samples : what is classified: images or rows
    """
    rows = []
    for error in ERRORS:
        below = np.flatnonzero(found.error <= error)
        if len(below) and found.coverage[below[0]] > 0:
            first = int(below[0])
            threshold, covered = float(found.thresholds[first]), float(found.coverage[first])
            # Rounded up: a lower threshold might let a mistake in.
            limit = f"{math.ceil(1e6 * threshold) / 1e4:.4f} %"
            rows.append((percent(error), limit, percent(covered)))
    heads = ("error at most", "threshold", f"answered {samples}")
    limits = table("Thresholds of confidence", heads, rows)
    return explained(collapsible("Where to say “I don't know”", limits), "thresholds")
