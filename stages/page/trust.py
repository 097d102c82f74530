"""How far the network can be trusted: confidence against accuracy, and damaged images."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from nncore.analysis.confidence import CalibrationBin, calibration, coverage
from nncore.analysis.robustness import DAMAGES
from nncore.arrays import Floats
from stages.page.charts import Axis, chart
from stages.page.coverage import coverage_chart, threshold_table
from stages.page.explanations.explain import explained, explained_chart
from stages.page.markup import collapsible, join_lines, table
from stages.page.numbers import percent
from stages.page.numerics import arithmetic_sentence

# Radii of points of the calibration.
_LARGEST_POINT: Final = 9.0
_SMALLEST_POINT: Final = 3.0


def confidence_section(
    actual: Sequence[str], predicted: Sequence[str], confidence: Floats, samples: str = "images"
) -> str:
    """Return the calibration and the coverage, with their tables.

    Parameters
    ----------
    actual, predicted : class names of the test samples
    confidence : (n,) probabilities of the predicted classes
    samples : what is classified: images or rows
    """
    correct = np.asarray(actual) == np.asarray(predicted)
    bins, curve = calibration(confidence, correct), coverage(confidence, correct)
    return join_lines(
        '<div class="panels">',
        *_calibration_chart(bins, samples),
        coverage_chart(curve, samples),
        "</div>",
        _calibration_table(bins, samples),
        threshold_table(curve, samples),
    )


def _calibration_chart(bins: Sequence[CalibrationBin], samples: str) -> list[str]:
    titles = [
        f"confidence {percent(b.low)} to {percent(b.high)}: {b.samples:,} {samples}, "
        f"{percent(b.accuracy)} right"
        for b in bins
    ]
    points = [(100 * b.confidence, 100 * b.accuracy) for b in bins]
    most = max(b.samples for b in bins)
    drawn = chart(
        Axis("mean confidence, %", 0, 100),
        Axis("accuracy, %", 0, 100),
        points,
        label="Calibration: accuracy against confidence. The table below has all values.",
        diagonal=True,
        titles=titles,
        # Their areas are the numbers of samples, but for points that would be too small to see.
        radii=[max(_LARGEST_POINT * math.sqrt(b.samples / most), _SMALLEST_POINT) for b in bins],
    )
    caption = (
        f"On the thin line, eight in ten {samples} with a confidence of 80 % are right. Below it "
        "the network is overconfident, above it underconfident. A larger point stands for more "
        f"{samples}, the largest for {most:,}; a small one may be off the line by chance."
    )
    return [
        "<figure>",
        explained_chart(drawn, "calibration"),
        f"<figcaption>{caption}</figcaption>",
        "</figure>",
    ]


def _calibration_table(bins: Sequence[CalibrationBin], samples: str) -> str:
    rows = [
        (
            f"{percent(b.low)} to {percent(b.high)}",
            f"{b.samples:,}",
            *map(percent, (b.confidence, b.accuracy)),
        )
        for b in bins
    ]
    heads = ("confidence", samples, "mean confidence", "accuracy")
    values = table("Calibration", heads, rows)
    return explained(collapsible("Confidence against accuracy", values), "calibration")


def damage_section(
    curves: Mapping[str, Sequence[float]], images: int, *, fast: bool = False
) -> str:
    """Return a chart for each way of damage.

    Parameters
    ----------
    curves : accuracy at each of the strengths, by names of `nncore.analysis.robustness.DAMAGES`
    images : number of test images that were damaged
    fast : whether the run did not compute in exact arithmetic
    """
    parts = []
    rows = []
    for name, accuracies in curves.items():
        damage = DAMAGES[name]
        points = list(zip(damage.strengths, accuracies, strict=True))
        titles = [f"{name} {strength:g}: {percent(accuracy)}" for strength, accuracy in points]
        drawn = chart(
            Axis(f"{name}, {damage.unit}", 0, damage.strengths[-1], damage.strengths),
            Axis(f"accuracy with {name}, %", 0, 100),
            [(strength, 100 * accuracy) for strength, accuracy in points],
            label=f"Accuracy against {name}. The table below has all values.",
            titles=titles,
        )
        parts.append(explained_chart(drawn, name))
        rows += [
            (f"{name} {strength:g} {damage.unit}", percent(accuracy))
            for strength, accuracy in points
        ]
    return join_lines(
        f"<p>The accuracy on {images:,} test images, evenly spread over the test set, that are "
        "damaged more and more: normal noise on every pixel, a shift in a random direction, a "
        "rotation to the left or the right, and a square of background at a random place. All "
        "random numbers come from a seed. "
        f"{arithmetic_sentence(fast=fast)}</p>",
        '<div class="panels pairs">',
        *(*parts, "</div>"),
        explained(
            collapsible("Damage as a table", table("Damaged images", ("damage", "accuracy"), rows)),
            "damage-table",
        ),
    )
