"""A classifier and a regressor with scikit-learn's interface, trained by nncore.

Only `nncore.adapters.estimators` imports scikit-learn and SciPy. The extra `sklearn` installs them.
"""

from nncore.errors import advise_install

try:
    from nncore.adapters.estimators.classifier import MLPClassifier
    from nncore.adapters.estimators.regressor import MLPRegressor
except ModuleNotFoundError as missing:
    if missing.name != "sklearn":
        raise
    message = advise_install(missing, "scikit-learn")
    raise ModuleNotFoundError(message, name=missing.name) from None

__all__ = ["MLPClassifier", "MLPRegressor"]
