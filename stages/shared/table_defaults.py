"""The settings for tables, each with its reason.

`docs/tables.md` says how they were chosen among what these two name:

- Kadra: A. Kadra, M. Lindauer, F. Hutter, J. Grabocka, Well-tuned Simple Nets Excel on Tabular
  Datasets, NeurIPS 2021.
- RealMLP: D. Holzmüller, L. Grinsztajn, I. Steinwart, Better by Default: Strong Pre-Tuned MLPs and
  Boosted Trees on Tabular Data, NeurIPS 2024, and the defaults in its library pytabkit.
"""

from collections.abc import Iterator
from typing import Any, Final

# Rows up to which a table is small.
FEW_ROWS: Final = 2_000

# A dotted key of params.yaml, its value, and the reason.
Choice = tuple[str, Any, str]


def table_choices(rows: int, *, is_regression: bool) -> Iterator[Choice]:
    """Yield the settings for a table, all else being the defaults of `Params`.

    Parameters
    ----------
    rows : training rows
    is_regression : whether the target is a number, else a class
    """
    is_small = rows <= FEW_ROWS
    yield "preprocess.scaling", "standard", "Kadra: standardised inputs"
    if is_small:
        yield "model.hidden", [256], "RealMLP: 256 units; one of its three layers is enough here"
    else:
        yield "model.hidden", [256, 128], "RealMLP has 256, 256, 256: slower, and no better here"
    if is_small and not is_regression:
        yield "model.activation", "tanh", "for few rows and classes better than Kadra's ReLU"
    else:
        yield "model.activation", "relu", "Kadra"
    if is_regression:
        yield "model.output", "identity", "the target is a number"
        yield "model.loss", "half_squared_error", "RealMLP: squared error, standardised target"
    yield "train.epochs", 100 if is_small else 50, "Kadra: 105; fewer where an epoch has more steps"
    why = "Kadra: 128, RealMLP: 256; fewer for few rows"
    yield "train.batch_size", 32 if is_small else 128, why
    yield "train.lr", 0.003, "Kadra: 0.001 for nine layers; few layers bear a larger rate"
    yield "train.optimizer.name", "adamw", "Kadra"
    yield "train.optimizer.beta2", 0.95, "RealMLP"
    yield "train.schedule.name", "cosine", "Kadra with restarts, RealMLP in cycles"
    why = "rate times decay is 0.003; RealMLP: 0.0008, for more rows"
    yield "train.regularization.weight_decay", 1.0, why
    dropout = 0.15 if is_small else 0.3
    yield "train.regularization.dropout", dropout, "RealMLP: 0.15; more for two layers"
    if not is_regression:
        yield "train.regularization.label_smoothing", 0.1, "RealMLP; costs log loss"
