"""A classifier and a regressor with scikit-learn's interface, trained by nncore.

Only `nncore.adapters.estimators` imports scikit-learn and SciPy. The extra `sklearn` installs them.
"""

from nncore.adapters.estimators.classifier import MLPClassifier
from nncore.adapters.estimators.regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]
