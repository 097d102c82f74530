"""How much a model relies on each column of a table: the error after shuffling the column."""

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
    baseline : the error before
    mean, std : (columns,) of the increases over the repeats, in the unit of the error; the
        deviation is that of a sample
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

    All inputs of a column move together, so a row never has two categories. The shuffles are drawn
    once, and every column suffers the same ones. Columns that say the same share their importance,
    because the others still have what a shuffled one has lost.

    It is the measure of Breiman, Random forests (2001), section 10, for any model; Fisher, Rudin,
    Dominici, All models are wrong, but many are useful (2019), section 3, call it model reliance.

    Parameters
    ----------
    error : from inputs, (n, inputs), to a number; less is better
    inputs : (n, inputs) floats, n at least 1
    columns : the inputs of each column, see `TableColumns.input_slices`
    repeats : number of shuffles, at least 2

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
