"""The tests that scikit-learn installs for its multi-layer perceptrons, with ours in their place.

They run from scikit-learn's own file. Its decorators name the classes, so they are replaced while
the file is executed, as a module of its own that no other test sees.
"""

from importlib.util import find_spec, module_from_spec
from unittest.mock import patch

import pytest
import sklearn.neural_network
from numpy.testing import assert_allclose
from sklearn.datasets import make_regression

from nncore.adapters.sklearn import MLPClassifier, MLPRegressor

# Those that fail, and why. If one of them passes, it must leave this list.
EXCLUDED = {
    "test_gradient": "private: _loss_grad_lbfgs",
    "test_learning_rate_warmstart": "private: _optimizer.learning_rate",
    "test_adaptive_learning_rate": "private: _optimizer.learning_rate",
    "test_mlp_vs_poisson_glm_equivalent": "the docstring excludes the loss poisson",
}
# The tests silence it where they expect it, and let it pass elsewhere.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def scikit_learns_tests():
    """Return the tests by their names, those that are excluded marked to fail."""
    spec = find_spec("sklearn.neural_network.tests.test_mlp")
    module = module_from_spec(spec)
    ours = {"MLPClassifier": MLPClassifier, "MLPRegressor": MLPRegressor}
    with patch.multiple(sklearn.neural_network, **ours):
        spec.loader.exec_module(module)
    tests = {name: value for name, value in vars(module).items() if name.startswith("test_")}
    for name, reason in EXCLUDED.items():
        tests[name] = pytest.mark.xfail(reason=reason, strict=True)(tests[name])
    return tests


TESTS = scikit_learns_tests()
globals().update(TESTS)


@pytest.fixture
def global_random_seed():
    """Stand for the fixture of scikit-learn's own suite."""
    return 42


def test_the_file_has_tests_of_both_classes():
    """Else nothing would be tested here."""
    assert len(TESTS) > 40
    used = {name for test in TESTS.values() for name in test.__code__.co_names}
    assert {"MLPClassifier", "MLPRegressor"} <= used
    for test in TESTS.values():
        for name in {"MLPClassifier", "MLPRegressor"} & set(test.__globals__):
            assert test.__globals__[name].__module__.startswith("nncore.")


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
def test_lbfgs_starts_where_scikit_learns_starts(activation):
    """And so, without an iteration, both predict the same."""
    samples, y = make_regression(n_samples=30, n_features=4, random_state=1)
    options = {"hidden_layer_sizes": (5, 3), "solver": "lbfgs", "max_iter": 1, "max_fun": 1}
    kinds = MLPRegressor, sklearn.neural_network.MLPRegressor
    ours, theirs = (
        kind(activation=activation, random_state=7, **options).fit(samples, y) for kind in kinds
    )
    for actual, expected in zip(
        ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True
    ):
        assert_allclose(actual, expected, rtol=1e-9)
