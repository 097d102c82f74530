"""What the page of a model of tables shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nncore.arrays import Floats
from nncore.model import Model
from stages.page.tables.column_influence import ColumnInfluence
from stages.page.tables.contributions import RowContributions
from stages.shared.report_inputs import Columns, Predictions
from stages.shared.table_report_inputs import PredictedNumbers


@dataclass(frozen=True)
class TableResults:
    """The content of the page.

    Attributes
    ----------
    dataset : name of the data set
    parameters : params.yaml as nested mappings
    model, digest : the model, and the MD5 of its file
    inputs : inputs of the test rows, (n, inputs) float32
    embed_rows : whether the page has values of test rows
    history, predictions : the content of history.csv and predictions.csv
    train, test : numbers of train.json and test.json by dotted names
    data : content of data.json
    influence : which columns matter, or None if nothing measured it
    contributions : what each column contributed to the listed mistakes, or largest errors, of which
        it has the first ones; None for none
    refusal : why nothing measured the influence; else empty
    """

    dataset: str
    parameters: Mapping[str, object]
    model: Model
    digest: str
    inputs: Floats
    history: Columns
    predictions: Predictions | PredictedNumbers
    train: Mapping[str, float]
    test: Mapping[str, float]
    data: Mapping[str, Any]
    influence: ColumnInfluence | None
    embed_rows: bool = True
    contributions: RowContributions | None = None
    refusal: str = ""
