"""Error against coverage: what a network gains that says “I don't know” where it is not sure."""

from decimal import Decimal
from fractions import Fraction
from itertools import count
from typing import Final, NamedTuple

import numpy as np

from nncore.analysis.confidence import Coverage
from nncore.arrays import Doubles, Indices
from stages.page.charts import BOTTOM, LEFT, RIGHT, TOP, Axis, chart
from stages.page.explanations.explain import explain, explained, explained_chart
from stages.page.markup import collapsible, join_lines, json_element, table
from stages.page.numbers import PERCENT, percent

# Points of the curve.
MAX_POINTS: Final = 200
# Errors for which the table names a threshold of confidence.
ERRORS: Final = (0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0)
# Of a threshold: as many as predictions.csv has or, if that would be too many numbers, few enough.
_DECIMALS: Final = 6
_FEW_DECIMALS: Final = 4
MAX_LEVELS: Final = 20_000


class Levels(NamedTuple):
    """The samples by confidence, rounded down.

    Attributes
    ----------
    decimals : of a confidence
    levels : ascending integers: confidences times 10**decimals
    samples, mistakes : number of samples at each level, and how many of these are wrong
    """

    decimals: int
    levels: Indices
    samples: Indices
    mistakes: Indices


def coverage_chart(curve: Coverage, samples: str) -> str:
    """Return the curve with the controls of the threshold, which a script starts.

    Parameters
    ----------
    samples : what is classified: images or rows
    """
    last = len(curve.thresholds) - 1
    chosen = np.unique([*range(0, last, -(-(last + 1) // MAX_POINTS)), last])
    covered, error = (
        (100 * values[chosen][::-1]).tolist() for values in (curve.coverage, curve.error)
    )
    highest = 1.08 * max(100 * float(curve.error.max()), 0.1)
    levels = confidence_levels(curve)
    data = {
        "decimals": levels.decimals,
        "frame": {"bottom": BOTTOM, "left": LEFT, "right": RIGHT, "top": TOP},
        "highest": highest / 100,
        "levels": levels.levels.tolist(),
        "mistakes": levels.mistakes.tolist(),
        "name": samples,
        "samples": levels.samples.tolist(),
    }
    drawn = chart(
        Axis(f"answered {samples}, %", 0, 100),
        Axis("error, %", 0, highest),
        list(zip(covered, error, strict=True)),
        label="Error against coverage. The table below has thresholds.",
    )
    caption = (
        "If the network answers only where it is surest, and says “I don't know” to the other "
        f"{samples}, it makes fewer mistakes."
    )
    step = f"{Decimal(1).scaleb(2 - levels.decimals):f}"
    return join_lines(
        '<figure id="coverage-chart">',
        explained_chart(drawn, "coverage"),
        '<div id="threshold-control" hidden>',
        '<p class="threshold"><label for="threshold">Answer from a confidence of</label> '
        '<input type="range" id="threshold" min="0" max="100" step="0.1" value="0"> '
        f'<span class="together"><input type="number" id="threshold-number" min="0" max="100" '
        f'step="{step}" value="0" required aria-label="Confidence in per cent"> % '
        f"{explain('threshold')}</span></p>",
        '<output id="threshold-reading" for="threshold threshold-number" aria-live="off"></output>',
        "</div>",
        f"<figcaption>{caption}</figcaption>",
        json_element("coverage", data),
        "</figure>",
    )


def confidence_levels(curve: Coverage) -> Levels:
    """Return the samples of a curve by confidence.

    A sample has at least the confidence that a level stands for if and only if it is at this level
    or a higher one.
    """
    # From the second threshold on, each is the confidence of a sample.
    confidence = curve.thresholds[1:]
    samples, mistakes = (
        -np.diff(counts[1:], append=0) for counts in (curve.answers, curve.mistakes)
    )
    decimals = _DECIMALS if len(confidence) <= MAX_LEVELS else _FEW_DECIMALS
    levels, first = np.unique(_rounded_down(confidence, decimals), return_index=True)
    sums = (np.add.reduceat(counts, first) for counts in (samples, mistakes))
    return Levels(decimals, levels, *sums)


def threshold_table(curve: Coverage, samples: str) -> str:
    """Return the lowest threshold of confidence for each of `ERRORS` that some threshold meets.

    Parameters
    ----------
    samples : what is classified: images or rows
    """
    rows = []
    for error in ERRORS:
        meeting = np.flatnonzero(curve.error <= error)
        if not len(meeting):
            continue
        first = int(meeting[0])
        answers, mistakes = int(curve.answers[first]), int(curve.mistakes[first])
        answered = f"{answers:,}, {percent(float(curve.coverage[first]))}"
        rows.append((percent(error), threshold_text(curve, first), answered, f"{mistakes:,}"))
    heads = ("error at most", "threshold", f"answered {samples}", "mistakes")
    limits = table("Thresholds of confidence", heads, rows)
    return explained(collapsible("Where to say “I don't know”", limits), "thresholds")


def threshold_text(curve: Coverage, index: int) -> str:
    """Return a threshold in per cent with the fewest digits that leave the same answers."""
    if index == 0:
        return f"0{PERCENT}"
    below, threshold = map(float, curve.thresholds[index - 1 : index + 1])
    for decimals in count(2):
        scale = _power_of_ten(decimals)
        level = round(Fraction(threshold) * scale)
        # A quotient of integers is the float that a reader's program makes of these digits.
        level -= level / scale > threshold
        if level / scale > below:
            break
    whole, fraction = divmod(level, _power_of_ten(decimals - 2))
    digits = f"{whole}.{fraction:0{decimals - 2}d}" if decimals > 2 else f"{whole}"
    return f"{digits}{PERCENT}"


def _rounded_down(confidence: Doubles, decimals: int) -> Indices:
    """Return the highest integers whose quotient with 10**decimals is at most the confidence."""
    scale = _power_of_ten(decimals)
    levels: Indices = np.rint(confidence * scale).astype(np.int64)
    levels -= levels / scale > confidence
    return levels


def _power_of_ten(exponent: int) -> int:
    return int(Decimal(1).scaleb(exponent))
