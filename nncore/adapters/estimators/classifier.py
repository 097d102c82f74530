"""A classifier with scikit-learn's interface."""

from collections.abc import Mapping
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, type_of_target, unique_labels

from nncore.adapters.estimators.class_targets import ClassTargets
from nncore.adapters.estimators.estimator import MLPEstimator
from nncore.adapters.estimators.samples import Samples
from nncore.adapters.estimators.settings import HiddenActivationName, LearningRateName, SolverName
from nncore.arrays import Array, Floats, Labels
from nncore.config.architecture import ActivationName, LossName
from nncore.errors import DataError
from nncore.functions import plain
from nncore.model import Model
from nncore.network.prediction import class_outputs


class MLPClassifier(ClassifierMixin, MLPEstimator):
    """A multi-layer perceptron for classes, in place of scikit-learn's MLPClassifier.

    Float32 samples train in exact arithmetic: the same weights on every computer. Samples of any
    other type train in float64, whose last bits depend on the computer.

    The arguments and attributes have the names, defaults and meanings of scikit-learn's, except for
    these:

    - `dropout`, `average_decay`, `class_weight` and the schedules of `learning_rate` beside
      constant, invscaling and adaptive are additional.
    - `loss_curve_` and `tol` exclude the penalty. `momentum` is below 1.
    - A `fit` or `partial_fit` whose loss is infinite or not a number raises `DivergenceError`, a
      ValueError, at once. With early stopping it ends with the best epoch before.
    - `partial_fit` continues the random numbers of the previous call, as one training would.
    - lbfgs computes in float64, and sparse samples become dense.
    - Scikit-learn's private attributes do not exist.

    Parameters
    ----------
    hidden_layer_sizes : units of each hidden layer; a number is one layer
    activation : relu, tanh, logistic or identity, in the hidden layers
    solver : adam; sgd, with momentum; or lbfgs, SciPy's, on all samples at once
    alpha : factor of the penalty alpha/2 · Σw², divided by the number of samples in a batch
    batch_size : samples in a step; auto is 200; at most all samples
    learning_rate : constant; for sgd also invscaling, the initial rate / (samples + 1)^power_t, or
        adaptive, which divides a rate above 1e-6 by 5 instead of stopping; or a schedule of
        `nncore.functions.schedules`
    learning_rate_init : initial learning rate, which a schedule multiplies
    power_t : exponent of invscaling
    max_iter : maximum number of epochs, or of iterations of lbfgs
    shuffle : draw a new order of the samples for each epoch
    random_state : seed of the weights, the order of the samples and the dropout. An integer is the
        `seed` of `TrainingSettings`; None draws one from NumPy's global state, as scikit-learn does
    tol, n_iter_no_change : stop when the loss of the training, or with `early_stopping` the
        accuracy on validation samples, has not improved by more than `tol` for more than
        `n_iter_no_change` epochs. For lbfgs, `tol` is the largest gradient at the minimum
    verbose : print the loss of each epoch
    warm_start : start `fit` from the weights of the last one
    momentum, nesterovs_momentum : decay of the velocity in sgd, and whether Nesterov's form
    early_stopping, validation_fraction : split off samples for validation, stratified with two
        classes, and keep the weights of the epoch with the best validation accuracy
    beta_1, beta_2, epsilon : constants of adam
    max_fun : maximum number of evaluations of the loss by lbfgs
    dropout : probability of dropping a hidden unit
    average_decay : decay of the moving average that becomes the weights; 0 for none
    class_weight : weights by label, or `balanced`, see `TrainingSettings`

    Attributes
    ----------
    classes_ : (classes,) labels, sorted
    coefs_, intercepts_ : weights and biases of each layer, (fan_in, fan_out) and (fan_out,) in the
        dtype of the samples; they may be set
    parameters_ : (size,) all weights and then all biases
    loss_curve_, loss_, best_loss_ : mean loss over each epoch, the last and the least of them
    validation_scores_, best_validation_score_ : validation accuracy after each epoch, and the best;
        None without early stopping
    n_iter_, t_ : epochs of the last call, and samples of all epochs
    n_layers_, n_outputs_, out_activation_, n_features_in_, feature_names_in_ : as in scikit-learn
    """

    classes_: Array
    _targets: ClassTargets

    def __init__(
        self,
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
        class_weight: Mapping[Any, float] | Literal["balanced"] | None = None,
    ) -> None:
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
        self.class_weight = class_weight

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train on samples, (n, features), and their labels, (n,), or (n, labels) zeros and ones.

        Parameters
        ----------
        X, y : dense, or X sparse in rows or columns
        sample_weight : (n,) factors on the losses, finite and at least 0; None for 1. A weight of 0
            removes a sample. One of 2 repeats it, up to rounding, if a batch holds all samples and
            nothing but the initial weights is random

        Raises
        ------
        DivergenceError, SettingsError, ValueError
            The loss is not finite, an argument is out of range, or the data can't be used.
        """
        is_warm = self._keeps_weights()
        inputs, labels, weights = self._validate(X, y, sample_weight, y_numeric=False)
        check_classification_targets(labels)
        if not (is_warm and hasattr(self, "classes_")):
            self._targets = ClassTargets(labels)
            self.classes_ = self._targets.classes
        elif set(occurring := unique_labels(labels)) != set(self.classes_):
            raise DataError(
                "warm_start can only be used where `y` has the same classes as in the previous "
                f"call to fit. Previously got {self.classes_}, `y` has {occurring}"
            )
        targets = self._targets.encode(labels, inputs.dtype)
        return self._train(Samples(inputs, targets, weights))

    @available_if(lambda estimator: estimator.solver != "lbfgs")
    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        classes: ArrayLike | None = None,
    ) -> Self:
        """Train for one epoch, from the weights and optimizer state of the last call or `fit`.

        Errors are those of `fit`; also for early stopping, a schedule of nncore, `class_weight` or
        `average_decay`, which depend on other epochs or on all samples.

        Parameters
        ----------
        X, y, sample_weight : as in `fit`; not every class must occur, and weights are relative to
            the mean of this call
        classes : all labels that will occur; the first call needs them, later calls may omit them
        """
        first = not hasattr(self, "classes_")
        if first and classes is None:
            raise DataError("classes must be all labels in the first partial_fit, got None")
        names = self.classes_ if classes is None else unique_labels(np.asarray(classes))
        if not (first or np.array_equal(names, self.classes_)):
            raise DataError(f"classes must stay {self.classes_.tolist()}, got {names.tolist()}")
        inputs, labels, weights = self._validate(X, y, sample_weight, y_numeric=False)
        check_classification_targets(labels)
        if first:
            is_multilabel = type_of_target(labels).startswith("multilabel")
            self._targets = ClassTargets(labels if is_multilabel else names, names)
            self.classes_ = names
        targets = self._targets.encode(labels, inputs.dtype)
        return self._train_one_epoch(Samples(inputs, targets, weights))

    def predict(self, X: ArrayLike) -> Array:
        """Return the most probable label, (n,), of each of (n, features) samples.

        With several labels to a sample, return (n, labels): 1 for a probability above ½, else 0.
        """
        outputs = self._outputs(X)
        return self._targets.decode(outputs)

    def predict_proba(self, X: ArrayLike) -> Floats:
        """Return the probability of each class, (n, classes), for (n, features) samples."""
        return class_outputs(self._outputs(X))

    def predict_log_proba(self, X: ArrayLike) -> Floats:
        """Return the logarithms of `predict_proba`."""
        with np.errstate(divide="ignore"):
            return plain.log(self.predict_proba(X))

    def to_model(self) -> Model:
        """Return the fitted network with its classes, to save or to export as ONNX.

        The model takes the samples that this estimator takes: it has no scaler of a pipeline.
        It raises `SettingsError` if a sample has several labels, or all have the same one.
        """
        network = self._fitted_network()
        return Model(network, self._targets.single_labels("to_model"))

    def _output_and_loss(self) -> tuple[ActivationName, LossName]:
        return self._targets.output_and_loss()

    def _class_labels(self) -> Labels | None:
        return None if self.class_weight is None else self._targets.single_labels("class_weight")

    def _score_outputs(self, targets: Floats, outputs: Floats, weights: Floats | None) -> float:
        return self._targets.accuracy(targets, outputs, weights)

    def _strata(self, samples: Samples) -> Array | None:
        return samples.targets.astype(bool) if self.n_outputs_ == 1 else None

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
