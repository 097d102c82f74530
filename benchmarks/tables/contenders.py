"""The contenders of the board, each with the settings among which inner folds choose."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sklearn.base import BaseEstimator
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline

from benchmarks.tables.datasets import Table
from benchmarks.tables.network import NetworkClassifier, NetworkRegressor
from benchmarks.tables.preprocessing import Standardizer, preprocessing

Arguments = dict[str, Any]

OURS, OUR_SWEEP = "nncore, defaults", "nncore, sweep"
THEIRS, THEIR_SWEEP = "scikit-learn's MLP, defaults", "scikit-learn's MLP, sweep"
LINEAR, BOOSTING = "linear, sweep", "gradient boosting, sweep"

SMOOTHING = "train.regularization.label_smoothing"
# Candidates by what they change. The first of each is the library's default, which wins a tie.
CANDIDATES: Mapping[str, Mapping[str, Arguments]] = {
    # On the tables of `benchmarks.tables.development` some are better with each of them.
    OUR_SWEEP: {
        "defaults": {},
        "label_smoothing 0": {"changes": {SMOOTHING: 0.0}},
        "label_smoothing 0, hidden [128, 64]": {
            "changes": {SMOOTHING: 0.0, "model.hidden": [128, 64]}
        },
        "label_smoothing 0, weight_decay 3": {
            "changes": {SMOOTHING: 0.0, "train.regularization.weight_decay": 3.0}
        },
    },
    THEIR_SWEEP: {
        "defaults": {},
        "alpha 1": {"alpha": 1.0},
        "learning_rate_init 0.01": {"learning_rate_init": 0.01},
        "both": {"learning_rate_init": 0.01, "alpha": 1.0},
    },
    LINEAR: {
        f"penalty {penalty:g}": {"penalty": penalty} for penalty in (1.0, 0.01, 0.1, 10.0, 100.0)
    },
    BOOSTING: {
        "defaults": {},
        "max_leaf_nodes 8": {"max_leaf_nodes": 8},
        "max_leaf_nodes 8, max_iter 50": {"max_leaf_nodes": 8, "max_iter": 50},
    },
}


# Of a regression, they are the defaults: its targets are never smoothed.
FOR_CLASSES = {"label_smoothing 0"}


class Contender(NamedTuple):
    """An estimator, and the candidates for its arguments.

    Attributes
    ----------
    make : returns the estimator, given `seed` and the arguments of a candidate
    candidates : if there are several, inner folds choose
    """

    make: Callable[..., BaseEstimator]
    candidates: Sequence[Arguments]


def contenders(table: Table) -> dict[str, Contender]:
    """Return the contenders of a table by their names, each a pipeline with its preprocessing."""
    if table.is_regression:
        network, mlp, boosting = NetworkRegressor, MLPRegressor, HistGradientBoostingRegressor
    else:
        network, mlp, boosting = NetworkClassifier, MLPClassifier, HistGradientBoostingClassifier

    def with_inputs(estimator: BaseEstimator) -> BaseEstimator:
        pipeline = Pipeline([("inputs", preprocessing(table.columns)), ("estimator", estimator)])
        if not table.is_regression:
            return pipeline
        return TransformedTargetRegressor(pipeline, transformer=Standardizer())

    def seeded(kind: Callable[..., BaseEstimator], name: str) -> Callable[..., BaseEstimator]:
        return lambda seed, **arguments: with_inputs(kind(**{name: seed}, **arguments))

    def linear(seed: int, penalty: float) -> BaseEstimator:  # noqa: ARG001  draws nothing
        if table.is_regression:
            return with_inputs(Ridge(alpha=penalty))
        return with_inputs(LogisticRegression(C=1 / penalty, max_iter=2000))

    makers = {
        OURS: seeded(network, "seed"),
        OUR_SWEEP: seeded(network, "seed"),
        THEIRS: seeded(mlp, "random_state"),
        THEIR_SWEEP: seeded(mlp, "random_state"),
        LINEAR: linear,
        BOOSTING: seeded(boosting, "random_state"),
    }
    return {
        name: Contender(make, tuple(candidates(name, is_regression=table.is_regression).values()))
        for name, make in makers.items()
    }


def candidates(name: str, *, is_regression: bool) -> dict[str, Arguments]:
    """Return the candidates of a contender by their labels; of one without a sweep a single one."""
    return {
        label: arguments
        for label, arguments in CANDIDATES.get(name, {"": {}}).items()
        if not (is_regression and label in FOR_CLASSES)
    }
