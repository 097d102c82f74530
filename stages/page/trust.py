"""How far the network can be trusted: confidence against accuracy, and damaged images."""

from collections.abc import Mapping, Sequence

import numpy as np

from nncore.analysis.confidence import calibration, coverage
from nncore.analysis.robustness import DAMAGES
from nncore.arrays import Floats
from stages.page.charts import Axis, chart
from stages.page.markup import collapsible, join_lines, percent, table

# Points of the curve of coverage.
MAX_POINTS = 200
# Errors for which the table names a threshold of confidence.
ERRORS = (0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0)


_CALIBRATION = (
    "On the thin line, eight in ten images with a confidence of 80 % are right. Below it the "
    "network is too sure, above it too modest."
)
_COVERAGE = (
    "If the network answers only where it is surest, and says “I don't know” to the other images, "
    "it makes fewer mistakes."
)


def confidence_section(actual: Sequence[str], predicted: Sequence[str], confidence: Floats) -> str:
    """Return the calibration and the coverage, with their tables.

    Parameters
    ----------
    actual, predicted : class names of the test images
    confidence : (n,) probabilities of the predicted classes
    """
    correct = np.asarray(actual) == np.asarray(predicted)
    return join_lines(
        '<div class="panels">',
        *_calibration(confidence, correct),
        *_coverage(confidence, correct),
        "</div>",
        *_tables(confidence, correct),
    )


def _calibration(confidence: Floats, correct: np.ndarray) -> list[str]:
    bins = calibration(confidence, correct)
    titles = [
        f"confidence {percent(b.low)} to {percent(b.high)}: {b.samples:,} images, "
        f"{percent(b.accuracy)} right"
        for b in bins
    ]
    points = [(100 * b.confidence, 100 * b.accuracy) for b in bins]
    return [
        "<figure>",
        chart(
            Axis("mean confidence, %", 0, 100),
            Axis("accuracy, %", 0, 100),
            points,
            label="Calibration: accuracy against confidence. The table below has all values.",
            diagonal=True,
            titles=titles,
        ),
        f"<figcaption>{_CALIBRATION}</figcaption>",
        "</figure>",
    ]


def _coverage(confidence: Floats, correct: np.ndarray) -> list[str]:
    found = coverage(confidence, correct)
    step = -(-len(found.thresholds) // MAX_POINTS)
    points = [
        (100 * covered, 100 * error)
        for covered, error in zip(
            found.coverage[::-step].tolist(), found.error[::-step].tolist(), strict=True
        )
    ]
    highest = max(100 * float(found.error.max()), 0.1)
    return [
        "<figure>",
        chart(
            Axis("answered images, %", 0, 100),
            Axis("error, %", 0, 1.08 * highest),
            points,
            label="Error against coverage. The table below has thresholds.",
        ),
        f"<figcaption>{_COVERAGE}</figcaption>",
        "</figure>",
    ]


def _tables(confidence: Floats, correct: np.ndarray) -> list[str]:
    bins = [
        (
            f"{percent(b.low)} to {percent(b.high)}",
            f"{b.samples:,}",
            *map(percent, (b.confidence, b.accuracy)),
        )
        for b in calibration(confidence, correct)
    ]
    heads = ("confidence", "images", "mean confidence", "accuracy")
    found = coverage(confidence, correct)
    rows = []
    for error in ERRORS:
        below = np.flatnonzero(found.error <= error)
        if len(below) and found.coverage[below[0]] > 0:
            first = int(below[0])
            rows.append(
                (
                    percent(error),
                    percent(float(found.thresholds[first])),
                    percent(float(found.coverage[first])),
                )
            )
    limits = table(
        "Thresholds of confidence", ("error at most", "threshold", "answered images"), rows
    )
    return [
        collapsible("Confidence against accuracy", table("Calibration", heads, bins)),
        collapsible("Where to say “I don't know”", limits),
    ]


def damage_section(curves: Mapping[str, Sequence[float]], images: int) -> str:
    """Return a chart for each way of damage.

    Parameters
    ----------
    curves : accuracy at each of the strengths, by names of `nncore.analysis.robustness.DAMAGES`
    images : number of test images that were damaged
    """
    parts = []
    rows = []
    for name, accuracies in curves.items():
        damage = DAMAGES[name]
        points = [
            (strength, 100 * accuracy)
            for strength, accuracy in zip(damage.strengths, accuracies, strict=True)
        ]
        titles = [f"{name} {strength:g}: {accuracy:.1f} %" for strength, accuracy in points]
        parts.append(
            chart(
                Axis(f"{name}, {damage.unit}", 0, damage.strengths[-1]),
                Axis(f"accuracy with {name}, %", 0, 100),
                points,
                label=f"Accuracy against {name}. The table below has all values.",
                titles=titles,
            )
        )
        rows += [
            (f"{name} {strength:g} {damage.unit}", f"{value:.1f} %") for strength, value in points
        ]
    return join_lines(
        f"<p>The accuracy on {images:,} test images that are damaged more and more: noise on every "
        "pixel, a shift and a rotation at random to one side, and a square of background. All "
        "numbers come from a seed.</p>",
        '<div class="panels">',
        *(*parts, "</div>"),
        collapsible("Damage as a table", table("Damaged images", ("damage", "accuracy"), rows)),
    )
