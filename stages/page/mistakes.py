"""The mistakes that the page lists, of images and of rows of a table."""

import operator
from typing import Final

from stages.shared.report_inputs import Predictions

MAX_MISTAKES: Final = 200


def mistakes_sentence(predictions: Predictions, shown: int, samples: str = "images") -> str:
    """Return a sentence with the number of mistakes, and with the number that the page shows.

    Parameters
    ----------
    samples : what is classified: images or rows
    """
    total = len(predictions.actual)
    mistakes = sum(map(operator.ne, predictions.actual, predictions.predicted))
    if not mistakes:
        return f"No mistakes among {total:,} test {samples}."
    subject = (
        f"The {shown:,} most confident of {mistakes:,}" if shown < mistakes else f"{mistakes:,}"
    )
    if mistakes == 1:
        return f"1 mistake among {total:,} test {samples}."
    return f"{subject} mistakes among {total:,} test {samples}, the most confident first."
