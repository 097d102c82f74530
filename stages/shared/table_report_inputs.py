"""Read the measurements of a model of tables; see `stages.shared.report_inputs` for the errors."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nncore.arrays import Doubles, Floats
from nncore.model import Model
from stages.shared.datasets import REPORT_FORMAT
from stages.shared.report_inputs import ReportError, map_array, parse_column, read_rows

REGRESSION_METRICS = ("loss", "mae", "r2", "rmse", "total")


class PredictedNumbers(NamedTuple):
    """Actual and predicted numbers of n test rows, (n,) each, in the unit of the target."""

    actual: Doubles
    predicted: Doubles


def read_predicted_numbers(path: Path) -> PredictedNumbers:
    """Return the numbers in predictions.csv of a regression."""
    rows = read_rows(path, ("row", "actual", "predicted"))
    limits = {"limit": math.inf, "lowest": -math.inf}
    return PredictedNumbers(
        *(parse_column(path, rows, name, **limits) for name in ("actual", "predicted"))
    )


def read_inputs(path: Path, model: Model) -> Floats:
    """Map the inputs of the test rows into memory, (n, inputs) float32."""
    inputs = map_array(path)
    expected = model.network.inputs
    if inputs.ndim != 2 or inputs.shape[1] != expected or inputs.dtype != np.float32:
        raise ReportError(
            f"{path}: expected float32 rows of {expected} inputs, got {inputs.dtype} of shape "
            f"{inputs.shape}"
        )
    return inputs


def read_table_report(path: Path, columns: Sequence[str]) -> Mapping[str, Any]:
    """Return the content of data.json for a model of these columns."""
    try:
        report: dict[str, Any] = json.loads(path.read_bytes())
        names = [column["name"] for column in report["columns"]]
        is_report = report["format"] == REPORT_FORMAT
        is_report &= {"duplicates", "rows", "target", "warnings"} <= set(report)
    except OSError as error:
        raise ReportError(f"{path} can't be read: {error.strerror}") from error
    except (LookupError, RecursionError, TypeError, ValueError):
        names, is_report = [], False
    if not is_report or names != list(columns):
        raise ReportError(
            f"{path}: expected the report on the table that preprocess writes, with the columns of "
            "the model, got another content; run preprocess again"
        )
    return report
