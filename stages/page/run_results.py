"""What every page shows of a run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nncore.model import Model
from stages.shared.report_inputs import Columns


@dataclass(frozen=True, kw_only=True)
class RunResults:
    """What the pages of images and of tables have in common.

    Attributes
    ----------
    dataset : name of the data set
    parameters : params.yaml as nested mappings
    model, digest : the model, and the MD5 of its file
    history : columns of history.csv, NaN where there is no value
    train, test : numbers of train.json and test.json by dotted names
    data : content of data.json
    """

    dataset: str
    parameters: Mapping[str, object]
    model: Model
    digest: str
    history: Columns
    train: Mapping[str, float]
    test: Mapping[str, float]
    data: Mapping[str, Any]
