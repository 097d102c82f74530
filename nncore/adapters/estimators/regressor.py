"""A regressor with scikit-learn's interface."""

from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin
from sklearn.utils import Tags
from sklearn.utils.metaestimators import available_if

from nncore.adapters.estimators.epochs import Epochs
from nncore.adapters.estimators.estimator import MLPEstimator
from nncore.adapters.estimators.samples import Samples
from nncore.adapters.estimators.settings import (
    REGRESSION_LOSSES,
    HiddenActivationName,
    LearningRateName,
    RegressionLossName,
    SolverName,
)
from nncore.arrays import Floats
from nncore.config.architecture import ActivationName, LossName
from nncore.errors import require_choice
from nncore.functions.exact import sum_all
from nncore.model import Model
from nncore.network.prediction import predicted_numbers
from nncore.training.regression_metrics import r2_score


class MLPRegressor(RegressorMixin, MLPEstimator):
    """A multi-layer perceptron that predicts numbers, in place of scikit-learn's MLPRegressor.

    Arguments, attributes and differences from scikit-learn are those of
    `nncore.adapters.estimators.classifier.MLPClassifier`, except for these.

    Parameters
    ----------
    loss : squared_error, half the squared error, summed over several targets; absolute_error or
        huber, their means, see `nncore.functions.losses`. The loss poisson does not exist
    early_stopping : keep the weights of the epoch with the highest R² of validation samples

    Attributes
    ----------
    validation_scores_ : R² after each epoch, the mean over several targets
    """

    def __init__(
        self,
        loss: RegressionLossName = "squared_error",
        hidden_layer_sizes: int | tuple[int, ...] = (100,),
        activation: HiddenActivationName = "relu",
        *,
        solver: SolverName = "adam",
        alpha: float = 0.0001,
        batch_size: int | Literal["auto"] = "auto",
        learning_rate: LearningRateName = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: int | np.random.RandomState | None = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        dropout: float = 0.0,
        average_decay: float = 0.0,
    ) -> None:
        self.loss = loss
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.dropout = dropout
        self.average_decay = average_decay

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train on samples, (n, features), and numbers, (n,) or (n, targets).

        Parameters
        ----------
        X, y : dense, or X sparse in rows or columns
        sample_weight : (n,), as in `nncore.adapters.estimators.classifier.MLPClassifier.fit`

        Raises
        ------
        DivergenceError, SettingsError, ValueError
            The loss is not finite, an argument is out of range, or the data can't be used.
        """
        self._keeps_weights()
        return self._train(self._samples(X, y, sample_weight))

    @available_if(lambda estimator: estimator.solver != "lbfgs")
    def partial_fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Train for one epoch, from the weights and optimizer state of the last call or `fit`.

        Parameters
        ----------
        X, y, sample_weight : as in `fit`; weights are relative to the mean of this call

        Raises
        ------
        DivergenceError, SettingsError, ValueError
            As `fit`; also early stopping, or a schedule that depends on the number of epochs.
        """
        return self._train_one_epoch(self._samples(X, y, sample_weight))

    def predict(self, X: ArrayLike) -> Floats:
        """Return a number for each of (n, features) samples, (n,); of several targets (n, targets).

        Its dtype is that of the samples that `fit` took, float32 or float64.
        """
        return predicted_numbers(self._outputs(X))

    def to_model(self) -> Model:
        """Return the fitted network, to save or to export as ONNX.

        The model takes the samples that this estimator takes: it has no scaler of a pipeline.
        """
        return Model(self._fitted_network())

    def _samples(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None) -> Samples:
        inputs, numbers, weights = self._validate(X, y, sample_weight, y_numeric=True)
        targets = numbers.reshape(len(numbers), -1).astype(inputs.dtype)
        return Samples(inputs, targets, weights)

    def _output_and_loss(self) -> tuple[ActivationName, LossName]:
        require_choice("loss", RegressionLossName, self.loss)
        return "identity", REGRESSION_LOSSES[self.loss]

    def _class_labels(self) -> None:
        return None

    def _strata(self, samples: Samples) -> None:  # noqa: ARG002
        return None

    def _score_outputs(self, targets: Floats, outputs: Floats, weights: Floats | None) -> float:
        scores = r2_score(targets, outputs, weights)
        return sum_all(scores) / len(scores)

    def _new_epochs(self, *, early_stopping: bool) -> Epochs:
        # Scikit-learn reports the mean over the targets of the loss whose sum it minimises.
        factor = 1 / self.n_outputs_ if self.loss == "squared_error" else 1.0
        return Epochs(self.learning_rate_init, early_stopping=early_stopping, loss_factor=factor)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
