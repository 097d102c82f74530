"""What the page of a model of tables shows."""

from dataclasses import dataclass

from nncore.arrays import Floats
from stages.page.run_results import RunResults
from stages.page.tables.column_influence import ColumnInfluence
from stages.page.tables.contributions import RowContributions
from stages.shared.report_inputs import Predictions
from stages.shared.table_report_inputs import PredictedNumbers


@dataclass(frozen=True, kw_only=True)
class TableResults(RunResults):
    """The content of the page.

    Attributes
    ----------
    inputs : inputs of the test rows, (n, inputs) float32
    predictions : the content of predictions.csv
    embed_rows : whether the page has values of test rows
    influence : which columns matter, or None if nothing measured it
    contributions : what each column contributed to the listed mistakes, or largest errors, of which
        it has the first ones; None for none
    refusal : why nothing measured the influence; else empty
    """

    inputs: Floats
    predictions: Predictions | PredictedNumbers
    influence: ColumnInfluence | None
    embed_rows: bool = True
    contributions: RowContributions | None = None
    refusal: str = ""
