"""A classifier with scikit-learn's interface, trained by nncore.

Only this file imports scikit-learn, which the extra `sklearn` installs.
"""

from collections.abc import Mapping
from numbers import Integral
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from nncore.adapters.sklearn_data import VALIDATION_FRACTION, Samples, weighted_samples
from nncore.adapters.sklearn_params import architecture, epoch_settings, training_settings
from nncore.arrays import Array, Floats
from nncore.config.schedule import ScheduleName
from nncore.errors import DataError, DivergenceError
from nncore.model import Model
from nncore.network.inference import forward_all
from nncore.network.network import Network
from nncore.training.checkpoint import continue_training, warm_start_from
from nncore.training.loop import Training


class MLPClassifier(ClassifierMixin, BaseEstimator):
    """A multi-layer perceptron with softmax and cross-entropy, in float32.

    The arguments have the names, defaults and meanings of scikit-learn's MLPClassifier, except for
    the additional `dropout` and the schedules of `learning_rate`. Arguments of scikit-learn's that
    are missing here have their default values; `class_weight` is that of its other classifiers.

    Parameters
    ----------
    hidden_layer_sizes : units of each hidden layer; a number is one layer
    activation : relu, tanh, logistic or identity, in the hidden layers
    solver : adam; or sgd, with Nesterov's momentum
    alpha : factor of the penalty alpha/2 · Σw², divided by the number of samples in a batch
    batch_size : samples in a step; auto is 200; at most all samples
    learning_rate : schedule, see `nncore.functions.schedules`
    learning_rate_init : initial learning rate, which the schedule multiplies
    max_iter : maximum number of epochs
    random_state : seed of the weights, the order of the samples and the dropout. An integer is the
        `seed` of `TrainingSettings`; None draws one from NumPy's global state, as scikit-learn does
    tol, n_iter_no_change : stop when the loss of the training, or with `early_stopping` the
        accuracy on validation samples, has not improved by more than `tol` for
        more than `n_iter_no_change` epochs
    momentum : decay of the velocity in sgd
    early_stopping : split off a tenth of the samples for validation, and keep the weights of the
        epoch with the best validation accuracy; with two classes the tenth is stratified
    dropout : probability of dropping a hidden unit
    class_weight : weights by label, or `balanced`, see `TrainingSettings`

    Attributes
    ----------
    classes_ : (classes,) labels, sorted
    parameters_ : (size,) float32, all weights and then all biases
    coefs_, intercepts_ : weights and biases of each layer, (fan_in, fan_out) and (fan_out,)
    loss_curve_ : mean loss over each epoch, without the penalty
    validation_scores_ : validation accuracy after each epoch; None without early stopping
    n_iter_ : number of epochs
    n_features_in_, feature_names_in_ : as in scikit-learn
    """

    def __init__(
        self,
        hidden_layer_sizes: int | tuple[int, ...] = (100,),
        activation: Literal["identity", "logistic", "relu", "tanh"] = "relu",
        *,
        solver: Literal["adam", "sgd"] = "adam",
        alpha: float = 0.0001,
        batch_size: int | Literal["auto"] = "auto",
        learning_rate: ScheduleName = "constant",
        learning_rate_init: float = 0.001,
        max_iter: int = 200,
        random_state: int | np.random.RandomState | None = None,
        tol: float = 1e-4,
        momentum: float = 0.9,
        early_stopping: bool = False,
        n_iter_no_change: int = 10,
        dropout: float = 0.0,
        class_weight: Mapping[Any, float] | Literal["balanced"] | None = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.random_state = random_state
        self.tol = tol
        self.momentum = momentum
        self.early_stopping = early_stopping
        self.n_iter_no_change = n_iter_no_change
        self.dropout = dropout
        self.class_weight = class_weight

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train on samples, (n, features), and their labels, (n,), of at least 2 classes.

        `sample_weight`, (n,), has factors on the losses, finite and at least 0; None for 1. A
        weight of 0 removes a sample. One of 2 repeats it, up to rounding, if a batch holds all
        samples and nothing but the initial weights is random.

        Raises
        ------
        DivergenceError, SettingsError, ValueError
            The loss is not finite, an argument is out of range, or the data can't be used.
        """
        samples = self._validate(X, y, sample_weight, reset=True)
        self._initialize(np.unique(samples.labels))
        validation = None
        if self.early_stopping:
            rows, validation_rows = train_test_split(
                np.arange(len(samples.labels)),
                test_size=VALIDATION_FRACTION,
                stratify=samples.strata(),
                random_state=self._seed,
            )
            validation = samples.take(validation_rows).data(self.classes_)
            samples = samples.take(rows)
        settings = training_settings(self.get_params(), self._seed, samples)
        data, weights = samples.data(self.classes_), samples.weights
        network = self._new_network()
        if self.class_weight is not None:
            network.labels = self.classes_.tolist()
        return self._run(Training(network, settings, data, validation, sample_weight=weights))

    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Train for one epoch, from the weights and optimizer state of the last call or `fit`.

        Parameters
        ----------
        X, y : as in `fit`; not every class must occur
        classes : all labels that will occur; the first call needs them, later calls may omit them
        sample_weight : as in `fit`; relative to the mean of this call

        Raises
        ------
        DivergenceError, SettingsError, ValueError
            As `fit`; also early stopping, a schedule or class weights, because they depend on the
            number of epochs or on all samples.
        """
        first = not hasattr(self, "parameters_")
        samples = self._validate(X, y, sample_weight, reset=first)
        names = None if classes is None else np.unique(np.asarray(classes))
        if first:
            if names is None:
                raise DataError("classes must be all labels in the first partial_fit, got None")
            self._initialize(names)
        elif names is not None and not np.array_equal(names, self.classes_):
            raise DataError(f"classes must stay {self.classes_.tolist()}, got {names.tolist()}")
        settings = epoch_settings(self.get_params(), self._seed, samples)
        data, weights = samples.data(self.classes_), samples.weights
        if first:
            network = self._new_network()
            return self._run(Training(network, settings, data, sample_weight=weights))
        warm_start = self._warm_start, self._architecture
        return self._run(continue_training(*warm_start, settings, data, weights))

    def predict_proba(self, X: ArrayLike) -> Floats:
        """Return the probability of each class, (n, classes) float32, for (n, features) samples."""
        check_is_fitted(self, "parameters_")
        samples = validate_data(self, X, reset=False, dtype=np.float32, order="C")
        return forward_all(self._trained_network(), samples)

    def predict(self, X: ArrayLike) -> Array:
        """Return the most probable label, (n,), of each of (n, features) samples."""
        columns = self.predict_proba(X).argmax(axis=1)
        return np.asarray(self.classes_[columns])

    def to_model(self) -> Model:
        """Return the fitted network with its classes, to save or to export as ONNX.

        It takes the samples that this estimator takes: what stands before it in a pipeline, such as
        a scaler, is not in it.
        """
        check_is_fitted(self, "parameters_")
        return Model(self._trained_network(), self.classes_.tolist())

    @property
    def coefs_(self) -> list[Floats]:
        """The weights of the layers 1…L."""
        return list(self._trained_network().weights)

    @property
    def intercepts_(self) -> list[Floats]:
        """The biases of the layers 1…L."""
        return list(self._trained_network().biases)

    def _validate(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None, *, reset: bool
    ) -> Samples:
        if reset:
            # If this fit fails, `predict` must not use the parameters of an earlier fit.
            self.__dict__.pop("parameters_", None)
        samples, labels = validate_data(self, X, y, reset=reset, dtype=np.float32, order="C")
        check_classification_targets(labels)
        return weighted_samples(samples, labels, sample_weight)

    def _initialize(self, classes: Array) -> None:
        """Set the attributes that do not change until the next `fit`."""
        if len(classes) < 2:
            raise DataError(f"classes must be at least 2, got {len(classes)} class(es)")
        rng, seed = check_random_state(self.random_state), self.random_state
        self._seed = int(seed) if isinstance(seed, Integral) else int(rng.randint(2**31))
        self._architecture = architecture(self.get_params())
        self.classes_ = classes
        self.loss_curve_: list[float] = []

    def _new_network(self) -> Network:
        return Network(self._architecture, inputs=self.n_features_in_, outputs=len(self.classes_))

    def _trained_network(self) -> Network:
        # Built from the vector in each call: an estimator of plain arrays can be pickled, and grid
        # search can map it read-only into its processes.
        network = self._new_network()
        network.parameters[:] = self.parameters_
        return network

    def _run(self, training: Training) -> Self:
        """Train to the end; set the attributes that prediction and `partial_fit` need."""
        try:
            while not training.finished:
                training.run_epoch()
        except DivergenceError as error:
            advice = f"lower learning_rate_init ({self.learning_rate_init:g}) or scale the samples"
            raise DivergenceError(f"{str(error).partition(';')[0]}; {advice}") from None
        training.restore_kept_weights()
        self._warm_start = warm_start_from(training)
        self.parameters_ = self._warm_start.parameters
        self.loss_curve_ += [record.train_loss for record in training.history[1:]]
        scores = [record.validation_accuracy for record in training.history[1:]]
        self.validation_scores_ = scores if self.early_stopping else None
        self.n_iter_ = len(self.loss_curve_)
        return self
