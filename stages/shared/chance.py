"""Warnings about a network that has learnt nothing."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nncore.training.evaluation import chance_accuracy

CAUSES = (
    "likely causes: no epoch of training, a learning rate that is too high or too low, initial "
    "weights of 0, too many layers of sigmoid, "
)
Samples = Literal["images", "rows"]
CAUSES_OF_SAMPLES: Mapping[Samples, str] = {
    "images": "images that are all dark, or labels of other images",
    "rows": "or columns without a relation to the classes",
}


def diagnose_hint(params: Path, section: str, processed: Path) -> str:
    """Return a line that names the program which looks for the cause, with the options of train."""
    options: list[str] = []
    if params != Path("params.yaml"):
        options += ["--params", params.as_posix()]
    if section:
        options += ["--section", section]
    if processed != Path("data/processed"):
        options += ["--processed", processed.as_posix()]
    command = shlex.join(["python", "-m", "stages.diagnose", *options])
    return f"{command} looks for the cause"


def chance_warning(
    split: str,
    accuracy: float,
    class_counts: Sequence[int] | NDArray[np.integer[Any]],
    samples: Samples = "images",
) -> str:
    """Return a sentence if an accuracy is no better than chance, else an empty string.

    Parameters
    ----------
    split : name of the samples, such as test
    accuracy : in [0, 1]
    class_counts : (classes,) number of these samples in each class
    samples : images, or the rows of a table
    """
    if accuracy > chance_accuracy(class_counts):
        return ""
    total = int(np.sum(class_counts))
    share = np.max(class_counts) / total
    if accuracy > share:
        return (
            f"{split} accuracy {accuracy:.2%} may be chance: the most frequent class is "
            f"{share:.2%} of the {samples}, and {total:,} of them are too few to tell"
        )
    return (
        f"{split} accuracy {accuracy:.2%} is no better than chance: the most frequent class is "
        f"{share:.2%} of the {samples}; {CAUSES}{CAUSES_OF_SAMPLES[samples]}"
    )
