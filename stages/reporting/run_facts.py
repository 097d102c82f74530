"""The facts of a run that the reports on images and on tables show."""

from typing import NamedTuple

from nncore.config.numerics import Numerics
from nncore.errors import ExactnessError
from nncore.functions.exact import require_exact_blas
from nncore.model import Model
from stages.shared.params import Params
from stages.shared.report_inputs import Columns


class RunFacts(NamedTuple):
    """The parameters, the model with the MD5 of its file, and the history of its training."""

    config: Params
    model: Model
    digest: str
    history: Columns


def exact_refusal(numerics: Numerics) -> str:
    """Return why a run of `numerics: fast` has no exact analyses on this computer, or "".

    Raises
    ------
    ExactnessError
        The run is exact, and NumPy's BLAS is not.
    """
    try:
        require_exact_blas()
    except ExactnessError:
        if numerics == "exact":
            raise
        return (
            "it needs a BLAS whose products of integers are exact, and NumPy had another one; with "
            "NumPy from PyPI or conda-forge, python -m stages.report adds it"
        )
    return ""
