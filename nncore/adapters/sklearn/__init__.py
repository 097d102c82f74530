"""A classifier and a regressor with scikit-learn's interface, trained by nncore.

Only this folder imports scikit-learn and SciPy, which the extra `sklearn` installs.
"""

from nncore.adapters.sklearn.classifier import MLPClassifier
from nncore.adapters.sklearn.regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]
