"""What a report on any form of data shows of a run."""

from typing import NamedTuple

from nncore.model import Model
from stages.shared.params import Params
from stages.shared.report_inputs import Columns


class RunFacts(NamedTuple):
    """The parameters, the model with the MD5 of its file, and the history of its training."""

    config: Params
    model: Model
    digest: str
    history: Columns
