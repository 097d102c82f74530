"""The checks of inputs and targets, from which a network may be unable to learn."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from nncore.arrays import Doubles, Floats
from nncore.data.dataset import Data
from nncore.diagnosis.findings import Check, Finding
from nncore.diagnosis.layer_signals import root_mean_square
from nncore.diagnosis.setup import Setup
from nncore.functions.exact import sum_rows

# Initial weights suit inputs of about unit size: LeCun, Bottou, Orr, Müller, Efficient BackProp
# (1998), section 4.3.
SMALLEST_MAXIMUM = 0.05
LARGEST_SIZE = 10.0
# Smallest and largest size of the targets of a regression.
TARGET_SIZES = (0.01, 100.0)


class ColumnSummary(NamedTuple):
    """The columns of a matrix of samples.

    Attributes
    ----------
    mean, std : (columns,) mean and standard deviation
    lowest, highest : smallest and largest of all values
    constant : number of columns with a single value
    """

    mean: Doubles
    std: Doubles
    lowest: float
    highest: float
    constant: int


def describe_columns(values: Floats) -> ColumnSummary:
    """Return means and standard deviations of (n, columns) numbers, in exact sums."""
    mean = sum_rows(values.T) / len(values)
    centred = values - mean
    std = np.sqrt(sum_rows(np.square(centred, out=centred).T) / len(values))
    constant = int(np.count_nonzero(values.min(axis=0) == values.max(axis=0)))
    return ColumnSummary(mean, std, float(values.min()), float(values.max()), constant)


def check_inputs(setup: Setup) -> tuple[Finding | Check, Setup | None]:
    """Return a finding or a check without one, and a setup without the fault, or None."""
    values = setup.data.inputs[:]
    columns, count = describe_columns(values), values.shape[1]
    lowest, highest = columns.lowest, columns.highest
    extent = f"from {lowest:.3g} to {highest:.3g}"
    if len(values) == 1:
        return Finding(
            "inputs",
            "there is 1 sample",
            "a network learns from what samples differ in",
            "take more samples",
        ), None
    if columns.constant == count:
        return Finding(
            "inputs",
            f"all {len(values):,} samples are equal, with inputs {extent}",
            "no network can tell them apart",
            "look at how the inputs are read and scaled",
        ), None
    if max(-lowest, highest) < SMALLEST_MAXIMUM:
        factor = 1 / max(-lowest, highest)
        return Finding(
            "inputs",
            f"the inputs are {extent}, with a root mean square of {root_mean_square(values):.2g}",
            "they are nearly 0, so the outputs hardly depend on them: pixels of 0 and 1 that were "
            "divided by 255, for instance",
            f"multiply them by about {factor:,.0f}, or scale them to mean 0 and variance 1",
        ), _with_data(setup, values * values.dtype.type(factor), setup.data.targets)
    size = np.maximum(np.abs(columns.mean), columns.std)
    if large := int(np.count_nonzero(size > LARGEST_SIZE)):
        worst = int(size.argmax())
        return Finding(
            "inputs",
            f"{large:,} of {count:,} inputs are large: that of number {worst} has mean "
            f"{columns.mean[worst]:.3g} and standard deviation {columns.std[worst]:.3g}",
            "large inputs drown the others, and let the first layer saturate or diverge",
            "scale each input to mean 0 and variance 1; divide pixels by 255",
        ), _with_data(setup, _standardize(values, columns), setup.data.targets)
    constant = f", {columns.constant:,} of them constant" if columns.constant else ""
    return Check("inputs", f"{count:,} inputs {extent}{constant}"), setup


def check_targets(setup: Setup) -> tuple[Finding | Check, Setup | None]:
    """Return a finding of the targets or a check without one, and a setup without the fault."""
    targets = setup.data.targets
    columns = describe_columns(targets)
    if columns.constant == targets.shape[1]:
        what = "number" if setup.is_regression else "label"
        return Finding(
            "targets",
            f"all {len(targets):,} samples have the same {what}",
            "there is nothing to learn",
            "look at how the targets are read",
        ), None
    if not setup.is_regression:
        count = max(targets.shape[1], 2)
        return Check("targets", f"{len(targets):,} labels of {count} classes"), setup
    extent = f"{columns.lowest:.3g} to {columns.highest:.3g}"
    low, high = TARGET_SIZES
    size = max(float(np.abs(columns.mean).max()), float(columns.std.max()))
    if size > high or float(columns.std.max()) < low:
        return Finding(
            "targets",
            f"the numbers to predict are {extent}",
            "their gradients are as large or as small, and so no usual learning rate suits them",
            "scale them to mean 0 and variance 1, and the predictions back",
        ), _with_data(setup, setup.data.inputs[:], _standardize(targets, columns))
    return Check("targets", f"{len(targets):,} numbers {extent}"), setup


def _standardize(values: Floats, columns: ColumnSummary) -> Floats:
    """Return values of mean 0 and variance 1 in each column."""
    std = np.where(columns.std > 0, columns.std, 1)
    return ((values - columns.mean) / std).astype(values.dtype)


def _with_data(setup: Setup, inputs: Floats, targets: Floats) -> Setup:
    """Return a setup with other inputs and targets, and the same weights."""
    data = Data(inputs, targets)
    data.weights = setup.data.weights
    return replace(setup, data=data)
