"""Compute what each column contributed to the predictions of the rows that the page lists."""

from typing import Final

import numpy as np

from nncore.analysis.activations import activations
from nncore.analysis.attribution import gradient_times_input
from nncore.arrays import Doubles, Floats
from nncore.data.columns import TableColumns
from nncore.functions.exact import sum_rows
from nncore.model import Model
from stages.page.mistakes import MAX_MISTAKES
from stages.page.tables.contributions import RowContributions
from stages.page.tables.predicted_numbers import largest_errors
from stages.shared.report_content import surest_mistakes
from stages.shared.report_inputs import Predictions
from stages.shared.table_report_inputs import PredictedNumbers

# Products of a parameter, an output and a row that may take time.
MAX_PRODUCTS: Final = 1_000_000_000
# A network of these activations alone is linear in its inputs, between its corners.
_LINEAR = {"identity", "leaky_relu", "relu"}


def row_contributions(
    model: Model,
    columns: TableColumns,
    inputs: Floats,
    predictions: Predictions | PredictedNumbers,
) -> RowContributions | None:
    """Return gradient times input by column, for the first of the rows that the page lists.

    Parameters
    ----------
    inputs : (n, inputs) of the test rows

    Returns
    -------
    None if the page lists no row
    """
    network = model.network
    most = max(MAX_PRODUCTS // (network.parameters.size * network.outputs), 1)
    if isinstance(predictions, PredictedNumbers):
        listed = largest_errors(predictions)[:most]
        weights = np.ones((len(listed), 1)) * (model.target.std if model.target else 1.0)
    else:
        mistakes = surest_mistakes(
            predictions.actual, predictions.predicted, predictions.confidence
        )[: min(MAX_MISTAKES, most)]
        listed = predictions.numbers[mistakes]
        weights = _logit_weights(model, predictions, mistakes.tolist())
    if not len(listed):
        return None
    samples = np.array(inputs[listed])
    logits = activations(network, samples)[-1].astype(np.float64)
    by_input = np.stack(
        [
            sum_rows((gradient_times_input(network, sample) * weight[:, np.newaxis]).T)
            for sample, weight in zip(samples, weights, strict=True)
        ]
    )
    return RowContributions(
        parts=np.stack([sum_rows(by_input[:, inputs]) for inputs in columns.input_slices], axis=1),
        totals=sum_rows(logits * weights),
        is_linear={layer.activation for layer in network.layers[:-1]} <= _LINEAR,
    )


def _logit_weights(model: Model, predictions: Predictions, rows: list[int]) -> Doubles:
    """Return factors, (rows, outputs), of the logits in the predicted class's less the actual's.

    A single output is that of the second of two classes, and its logit already a difference.
    """
    index_of = {name: index for index, name in enumerate(model.class_names)}
    outputs = model.network.outputs
    weights = np.zeros((len(rows), outputs))
    for weight, row in zip(weights, rows, strict=True):
        predicted = index_of[predictions.predicted[row]]
        if outputs == 1:
            weight[0] = 1 if predicted == 1 else -1
        else:
            weight[predicted], weight[index_of[predictions.actual[row]]] = 1, -1
    return weights
