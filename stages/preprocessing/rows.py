"""The rows of the training and of the validation set."""

from nncore.arrays import Bytes, Indices
from nncore.data.splits import stratified_subset, train_validation_split
from nncore.errors import PreprocessingError
from stages.shared.data_params import PreprocessSettings


def split_rows(labels: Bytes, settings: PreprocessSettings) -> tuple[Indices, Indices]:
    """Return the rows of the training and of the validation set, both ascending.

    Parameters
    ----------
    labels : (n,) uint8, the class of each row

    Raises
    ------
    PreprocessingError
        The settings don't fit the labels; the message begins with the key.
    """
    validation = settings.validation
    try:
        train, validation_rows = train_validation_split(
            labels, validation.held_out, validation.method, validation.seed
        )
        if settings.train_size is not None:
            train = stratified_subset(labels, train, settings.train_size, validation.seed)
    except PreprocessingError as error:
        raise PreprocessingError(f"preprocess.{error}") from None
    return train, validation_rows
