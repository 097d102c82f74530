"""The conversion of the data of a training to the form that its network takes."""

from numpy.typing import ArrayLike

from nncore.arrays import Labels
from nncore.config.architecture import REQUIRED_OUTPUT
from nncore.config.training import TrainingSettings
from nncore.data.dataset import Data
from nncore.data.sample_weights import normalized_weights
from nncore.errors import DataError, require, require_type
from nncore.network.network import Network


def data_for_training(
    network: Network,
    settings: TrainingSettings,
    train: Data,
    validation: Data | None,
    *,
    initialize: bool,
    sample_weight: ArrayLike | None = None,
) -> tuple[Data, Data | None, Labels | None]:
    """Return training and validation data as a network takes them, and the labels of its classes.

    The training data have the weights of `settings.class_weight` and `sample_weight`, multiplied.

    Raises
    ------
    DataError
        The data are empty or don't fit the network or its loss, the monitor needs validation data,
        or a weight is invalid.
    SettingsError
        An argument has another type; or a regression has an accuracy to monitor, labels to smooth
        or weights of classes.
    """
    require_type("settings", settings, TrainingSettings)
    require_type("train", train, Data)
    require_type("validation", validation, Data, None)
    regression = network.is_regression
    if regression:
        _check_regression(settings)
    shape = {"inputs": network.inputs, "outputs": network.outputs}
    dtype = network.parameters.dtype
    labels = network.labels
    if initialize and labels and not train.has_labels(labels):
        # Labels of an earlier training, which are replaced with its weights.
        labels = None
    originals = {"train": train, "validation": validation}
    train, labels = train.for_network(
        "train", **shape, dtype=dtype, labels=labels, regression=regression
    )
    if validation is not None:
        class_labels = None if regression else labels or tuple(range(network.class_count))
        validation, _ = validation.for_network(
            "validation", **shape, dtype=dtype, labels=class_labels, regression=regression
        )
    elif settings.monitor.startswith("validation") and (users := list(settings.monitor_users())):
        raise DataError(
            f"validation must be data, because {users[0]} uses {settings.monitor}, got None"
        )
    loss = network.architecture.loss
    if loss in REQUIRED_OUTPUT:
        for name, data in originals.items():
            if data is not None:
                data.require_probabilities(name, sum_to_1=loss == "cross_entropy")
    if settings.class_weight is not None or sample_weight is not None:
        train.weights = normalized_weights(
            train.targets,
            labels or tuple(range(network.class_count)),
            class_weight=settings.class_weight,
            sample_weight=sample_weight,
            dtype=dtype,
        )
    return train, validation, labels


def _check_regression(settings: TrainingSettings) -> None:
    """Raise `SettingsError` for settings that need classes."""
    smoothing = settings.regularization.label_smoothing
    require(not smoothing, "label_smoothing", "0 with output identity", smoothing)
    weight = settings.class_weight
    require(weight is None, "class_weight", "None with output identity", weight)
    if settings.monitor.endswith("accuracy"):
        for user in settings.monitor_users():
            expected = f"train_loss or validation_loss with output identity, because of {user}"
            require(False, "monitor", expected, settings.monitor)
