"""What the comparison of two reports shows."""

from collections.abc import Mapping

from stages.page.explanations.shared import Explanation

_COMPARISON = "docs/report.md, The comparison"

COMPARISON: Mapping[str, Explanation] = {
    "compare": Explanation(
        "Compare",
        "Another run beside this one, from its report. Two runs differ by chance too: repeat both "
        "with other seeds before you trust a small difference.",
        _COMPARISON,
    ),
    "compare-file": Explanation(
        "Open a report",
        "Reads the report.html of another run. Its scripts do not run, and another file is refused "
        "with a line.",
        _COMPARISON,
    ),
    "compare-sources": Explanation(
        "What is the same",
        "The digests of code, data and model that each report names, and params.yaml. A difference "
        "of the metrics can come from everything that differs here.",
        _COMPARISON,
    ),
    "compare-metrics": Explanation(
        "Metrics of both",
        "The difference is the other run's value less this one's, as both are shown; a dash stands "
        "for a value that one run lacks, or for losses of two kinds, which can't be compared. Less "
        "is better for losses and errors.",
        _COMPARISON,
    ),
    "compare-parameters": Explanation(
        "Settings that differ",
        "The keys of params.yaml with other values. Change one alone, with several seeds, before "
        "you call it the cause of a difference.",
        _COMPARISON,
    ),
    "compare-curves": Explanation(
        "Curves of both",
        "The values of each epoch, of this run as a line and of the other one with dashes. "
        "Losses compare only where both runs have the same loss, smoothing and penalties.",
        _COMPARISON,
    ),
    "compare-images": Explanation(
        "Images on which the models differ",
        "Embedded test images that the two networks classify in two ways; below each are its "
        "class, this prediction and the other. Models of equal accuracy may still differ on many.",
        _COMPARISON,
    ),
}
