"""The settings for tables, each with its reason.

`docs/tables.md` explains their choice. Two studies name candidates:

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
# Names in the reasons.
STUDIES: Final = "Kadra and RealMLP are studies of networks for tables: docs/tables.md"


def table_choices(rows: int, *, is_regression: bool) -> Iterator[Choice]:
    """Yield the settings for a table, all else being the defaults of `Params`.

    Parameters
    ----------
    rows : training rows
    is_regression : whether the target is a number, else a class
    """
    is_small = rows <= FEW_ROWS
    yield "preprocess.scaling", "standard", "all columns on one scale (Kadra)"
    if is_small:
        yield "model.hidden", [256], "one layer is enough for few rows (RealMLP: three of 256)"
    else:
        yield "model.hidden", [256, 128], "RealMLP's third layer is slower and no better"
    if is_small and not is_regression:
        yield "model.activation", "tanh", "better than relu (Kadra) for few rows and classes"
    else:
        yield "model.activation", "relu", "the usual choice (Kadra)"
    if is_regression:
        yield "model.output", "identity", "the target is a number"
        yield "model.loss", "half_squared_error", "large errors count most (RealMLP)"
    if is_small:
        yield "train.epochs", 100, "an epoch of few rows has few steps (Kadra: 105)"
        yield "train.batch_size", 32, "small, because the rows are few (Kadra: 128, RealMLP: 256)"
    else:
        yield "train.epochs", 50, "an epoch of many rows has many steps (Kadra: 105)"
        yield "train.batch_size", 128, "that of Kadra (RealMLP: 256)"
    yield "train.lr", 0.003, "few layers tolerate a larger rate than nine (Kadra: 0.001)"
    yield "train.optimizer.name", "adamw", "Adam with weight decay (Kadra)"
    yield "train.optimizer.beta2", 0.95, "follows changes of the gradient sooner (RealMLP)"
    yield (
        "train.schedule.name",
        "cosine",
        "the rate falls, so the last steps are small (Kadra, RealMLP)",
    )
    why = "against overfitting; lr times decay is 0.003 (RealMLP: 0.0008, for more rows)"
    yield "train.regularization.weight_decay", 1.0, why
    why = "that of RealMLP" if is_small else "larger for two layers than for one (RealMLP: 0.15)"
    yield "train.regularization.dropout", 0.15 if is_small else 0.3, f"against overfitting; {why}"
    if not is_regression:
        why = "more rows right, less certain probabilities (RealMLP)"
        yield "train.regularization.label_smoothing", 0.1, why
