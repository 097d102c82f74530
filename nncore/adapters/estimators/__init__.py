"""Estimators with scikit-learn's interface; `nncore.adapters.sklearn` offers them."""
