"""A classifier for scikit-learn, each fit of which is a `Training`.

The one file here that needs scikit-learn: the extra `sklearn` brings it.
"""

from numbers import Integral
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from nncore.arrays import Array, Floats
from nncore.continuing import go_on, progress_of
from nncore.data import Data, DataError
from nncore.divergence import DivergenceError
from nncore.estimator_settings import architecture, epoch_settings, training_settings
from nncore.evaluation import outputs_of
from nncore.network import Network
from nncore.settings import ScheduleName
from nncore.training import Training

HELD_OUT = 0.1


class MLPClassifier(ClassifierMixin, BaseEstimator):
    """A multi-layer perceptron with softmax and cross-entropy, in float32.

    Arguments have the names, defaults and meanings that they have in scikit-learn's own
    MLPClassifier; its others are at their defaults here. New are `dropout`, and the schedules of
    `learning_rate`. `fit` takes no `sample_weight`.

    Parameters
    ----------
    hidden_layer_sizes : units of each hidden layer, or of the only one
    activation : of the hidden layers: relu, tanh, logistic or identity
    solver : adam; or sgd, with Nesterov's momentum
    alpha : of the penalty alpha/2 · Σw², divided by the samples of a batch
    batch_size : samples in a step; auto is 200, or all where there are fewer
    learning_rate : schedule, see `nncore.schedules`
    learning_rate_init : learning rate, by which the schedule multiplies
    max_iter : epochs, at most
    random_state : of the weights, the order of the samples and the dropout. An integer is the
        `seed` of `TrainingSettings`; None asks NumPy's global state, as in all of scikit-learn
    tol, n_iter_no_change : stop when the loss of the training, or with `early_stopping` the
        accuracy on held-out data, has not improved by more than `tol` for so many epochs
    momentum : of sgd
    early_stopping : hold out a tenth of the samples, of each class its share, and keep the weights
        of the epoch that was best on them
    dropout : probability of dropping a hidden unit

    Attributes
    ----------
    classes_ : (classes,) labels, sorted
    parameters_ : (size,) float32, all weights and then all biases
    coefs_, intercepts_ : the same by layers, (fan_in, fan_out) and (fan_out,)
    loss_curve_ : mean loss over each epoch, without the penalty
    validation_scores_ : accuracy on the held-out samples after each epoch; None without
    n_iter_ : epochs run
    n_features_in_, feature_names_in_ : as scikit-learn has them
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

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train anew on samples, (n, features), and their labels, (n,), of at least 2 classes.

        Raises
        ------
        DivergenceError, SettingsError, ValueError
            The loss is no longer finite; an argument is out of its range; data can't be used.
        """
        samples, labels = self._checked(X, y, first=True)
        self._begin(np.unique(labels))
        held_out = None
        if self.early_stopping:
            options = {"test_size": HELD_OUT, "stratify": labels, "random_state": self._seed}
            samples, others, labels, other_labels = train_test_split(samples, labels, **options)
            held_out = self._data(others, other_labels)
        settings = training_settings(self.get_params(), seed=self._seed, count=len(samples))
        return self._run(Training(self._network(), settings, self._data(samples, labels), held_out))

    def partial_fit(self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None) -> Self:
        """Train for one epoch, from where the last call or `fit` ended, optimizer included.

        Parameters
        ----------
        X, y : as of `fit`; labels of some of the classes will do
        classes : every label that will ever come; needed in the first call, later the same

        Raises
        ------
        DivergenceError, SettingsError, ValueError
            As `fit`; also early stopping, or a schedule, which would have to know the last epoch.
        """
        first = not hasattr(self, "parameters_")
        samples, labels = self._checked(X, y, first=first)
        given = None if classes is None else np.unique(np.asarray(classes))
        if first:
            if given is None:
                raise DataError("classes must be all labels in the first partial_fit, got None")
            self._begin(given)
        elif given is not None and not np.array_equal(given, self.classes_):
            raise DataError(f"classes must stay {self.classes_.tolist()}, got {given.tolist()}")
        settings = epoch_settings(self.get_params(), seed=self._seed, count=len(samples))
        data = self._data(samples, labels)
        if first:
            return self._run(Training(self._network(), settings, data))
        return self._run(go_on(self._progress, self._architecture, settings, data))

    def predict_proba(self, X: ArrayLike) -> Floats:
        """Return the probability of each class, (n, classes) float32, for (n, features) samples."""
        check_is_fitted(self, "parameters_")
        samples = validate_data(self, X, reset=False, dtype=np.float32, order="C")
        return outputs_of(self._trained(), samples)

    def predict(self, X: ArrayLike) -> Array:
        """Return the likeliest label, (n,), of each of (n, features) samples."""
        columns = self.predict_proba(X).argmax(axis=1)
        return np.asarray(self.classes_[columns])

    @property
    def coefs_(self) -> list[Floats]:
        """The weights of the layers 1…L."""
        return list(self._trained().weights)

    @property
    def intercepts_(self) -> list[Floats]:
        """The biases of the layers 1…L."""
        return list(self._trained().biases)

    def _checked(self, X: ArrayLike, y: ArrayLike, *, first: bool) -> tuple[Floats, Array]:
        if first:
            # Should this fit fail, no part of an earlier one is left to predict with.
            self.__dict__.pop("parameters_", None)
        samples, labels = validate_data(self, X, y, reset=first, dtype=np.float32, order="C")
        check_classification_targets(labels)
        return samples, labels

    def _begin(self, classes: Array) -> None:
        """Settle what stays as it is until the next `fit`."""
        if len(classes) < 2:
            raise DataError(f"classes must be at least 2, got {len(classes)} class(es)")
        rng, given = check_random_state(self.random_state), self.random_state
        self._seed = int(given) if isinstance(given, Integral) else int(rng.randint(2**31))
        self._architecture = architecture(self.get_params())
        self.classes_ = classes
        self.loss_curve_: list[float] = []

    def _data(self, samples: Floats, labels: Array) -> Data:
        """Return samples and one-hot targets."""
        columns = np.searchsorted(self.classes_, labels).clip(max=len(self.classes_) - 1)
        if (strange := labels[self.classes_[columns] != labels]).size:
            known = ", ".join(map(str, self.classes_))
            raise DataError(f"y must hold labels of {known}, got {strange[0]}")
        targets = np.zeros((len(samples), len(self.classes_)), np.float32)
        targets[np.arange(len(samples)), columns] = 1
        return Data(samples, targets)

    def _network(self) -> Network:
        return Network(self._architecture, inputs=self.n_features_in_, outputs=len(self.classes_))

    def _trained(self) -> Network:
        # Made from the vector each time: an estimator of plain arrays can be pickled, and mapped
        # read-only into the processes of a grid search.
        network = self._network()
        network.parameters[:] = self.parameters_
        return network

    def _run(self, training: Training) -> Self:
        """Train to the end, and keep all that prediction and the next `partial_fit` need."""
        try:
            while not training.finished:
                training.run_epoch()
        except DivergenceError as error:
            advice = f"lower learning_rate_init ({self.learning_rate_init:g}) or scale the samples"
            raise DivergenceError(f"{str(error).partition(';')[0]}; {advice}") from None
        training.finish()
        self._progress = progress_of(training)
        self.parameters_ = self._progress.parameters
        self.loss_curve_ += [record.train_loss for record in training.history[1:]]
        scores = [record.validation_accuracy for record in training.history[1:]]
        self.validation_scores_ = scores if self.early_stopping else None
        self.n_iter_ = len(self.loss_curve_)
        return self
