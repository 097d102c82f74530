"""Paired differences between two contenders, with their standard errors."""

import math
from statistics import fmean, stdev
from typing import NamedTuple

from nncore.arrays import Doubles


class Difference(NamedTuple):
    """The mean of paired differences, and two standard errors of it.

    Attributes
    ----------
    over_seeds : of the mean over the seeds: what other seeds would change on the same rows
    corrected : of a new sample of rows; larger, for the training rows of folds overlap
    """

    mean: float
    over_seeds: float
    corrected: float


def paired_difference(first: Doubles, second: Doubles) -> Difference:
    """Return the difference first - second.

    The folds of one seed are not independent: they share training rows. So a standard error over
    all seeds and folds as if independent would be too small. `over_seeds` takes the mean over the
    folds of each seed first, s / √seeds. `corrected` is that of Nadeau & Bengio, Inference for the
    Generalization Error (Machine Learning 52, 2003), for repeated folds as in Bouckaert & Frank
    (PAKDD 2004): s √(1/n + test rows / training rows), with n = seeds · folds differences, and
    test / training = 1 / (folds - 1).

    Parameters
    ----------
    first, second : (seeds, folds), at least 2 of each
    """
    differences = first - second
    seeds, folds = differences.shape
    by_seed = [fmean(row) for row in differences.tolist()]
    every = differences.ravel().tolist()
    corrected = stdev(every) * math.sqrt(1 / len(every) + 1 / (folds - 1))
    return Difference(fmean(by_seed), stdev(by_seed) / math.sqrt(seeds), corrected)
