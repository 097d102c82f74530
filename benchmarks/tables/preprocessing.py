"""How the columns of a table become the inputs of an estimator: the same for all contenders."""

from typing import Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from nncore.arrays import Array, Doubles
from nncore.functions.exact import sum_all


class Standardizer(TransformerMixin, BaseEstimator):
    """Scaling of each column to mean 0 and standard deviation 1, by exact sums.

    scikit-learn's StandardScaler rounds in an order that depends on the processor.
    """

    mean_: Doubles
    std_: Doubles

    def fit(self, X: Array, y: Array | None = None) -> Self:  # noqa: N803, ARG002
        """Take the means and deviations of (n, columns) numbers; a constant column's is 1."""
        rows = np.asarray(X, np.float64)
        means = np.array([sum_all(column) for column in rows.T]) / len(rows)
        squares = np.square(rows - means)
        variances = np.array([sum_all(column) for column in squares.T]) / len(rows)
        # The mean of equal numbers may be rounded.
        is_constant = rows.min(axis=0) == rows.max(axis=0)
        self.mean_ = np.where(is_constant, rows[0], means)
        self.std_ = np.where(is_constant, 1.0, np.sqrt(variances))
        return self

    def transform(self, X: Array) -> Doubles:  # noqa: N803
        """Return (n, columns) scaled numbers."""
        return np.asarray((np.asarray(X, np.float64) - self.mean_) / self.std_)

    def inverse_transform(self, X: Array) -> Doubles:  # noqa: N803
        """Return (n, columns) numbers in their units."""
        return np.asarray(np.asarray(X, np.float64) * self.std_ + self.mean_)


def preprocessing(columns: pd.DataFrame) -> ColumnTransformer:
    """Return the step before each contender, for tables with these columns.

    Numbers are standardised; a missing one becomes the mean, with a further input that is 1. Texts
    become an input for each category and one for those that are missing.
    """
    is_number = [pd.api.types.is_numeric_dtype(dtype) for dtype in columns.dtypes]
    numbers = [name for name, number in zip(columns, is_number, strict=True) if number]
    texts = [name for name, number in zip(columns, is_number, strict=True) if not number]
    scaled = make_pipeline(
        SimpleImputer(add_indicator=True, keep_empty_features=True), Standardizer()
    )
    categories = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return ColumnTransformer([("numbers", scaled, numbers), ("texts", categories, texts)])
