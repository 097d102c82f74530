"""Permutation importance: the increase of a model's error after shuffling a column of a table."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from nncore.arrays import Doubles, Floats
from nncore.errors import require_count
from nncore.functions.exact import sum_all


class PermutationImportance(NamedTuple):
    """The increase of an error by shuffling each column.

    Attributes
    ----------
    baseline : the error without a shuffle
    mean, std : (columns,) mean and sample standard deviation of the increases over the repeats, in
        the unit of the error
    """

    baseline: float
    mean: Doubles
    std: Doubles


def permutation_importance(
    error: Callable[[Floats], float],
    inputs: Floats,
    columns: Sequence[slice],
    *,
    repeats: int = 10,
    seed: int = 1,
) -> PermutationImportance:
    """Return the increase of the error if a column has the values of other rows.

    All inputs of a column are shuffled together, so a row never has two categories. The shuffles
    are drawn once and are the same for every column. Correlated columns share their importance,
    because the model can still use the others if one is shuffled.

    This is the measure of Breiman, Random forests (2001), section 10, for any model; Fisher, Rudin,
    Dominici, All models are wrong, but many are useful (2019), section 3, call it model reliance.

    Parameters
    ----------
    error : takes inputs, (n, inputs), and returns a number; less is better
    inputs : (n, inputs) floats, n at least 1
    columns : the inputs of each column, see `TableColumns.input_slices`
    repeats : number of shuffles, at least 2
    seed : seed of the shuffles

    Raises
    ------
    SettingsError
        `repeats` is no number of at least 2.
    """
    require_count("repeats", 2, repeats)
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(len(inputs)) for _ in range(repeats)]
    baseline = error(inputs)
    mean, std = np.zeros(len(columns)), np.zeros(len(columns))
    shuffled = np.array(inputs)
    for index, column in enumerate(columns):
        increases = np.empty(repeats)
        for repeat, order in enumerate(orders):
            shuffled[:, column] = inputs[order, column]
            increases[repeat] = error(shuffled) - baseline
        shuffled[:, column] = inputs[:, column]
        mean[index] = sum_all(increases) / repeats
        squares = np.square(increases - mean[index])
        std[index] = math.sqrt(sum_all(squares) / (repeats - 1))
    return PermutationImportance(baseline, mean, std)
