"""Evaluate several models as one, which predicts the mean of their probabilities.

References
----------
Cireşan, Meier, Gambardella, Schmidhuber, "Deep, big, simple neural nets for handwritten digit
recognition", Neural Computation 22 (2010); Hansen, Salamon, "Neural network ensembles", IEEE
Transactions on Pattern Analysis and Machine Intelligence 12 (1990).
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from nncore.errors import NncoreError
from nncore.model_file import load
from nncore.network.inference import forward_all
from nncore.network.prediction import Prediction
from stages.shared.command import run
from stages.shared.files import write_json
from stages.shared.prepared import read_split
from stages.shared.test_results import (
    count_correct,
    require_matching_sizes,
    write_predictions,
)


class CommitteeError(NncoreError):
    """The models do not have the same classes."""


def committee(
    models: Annotated[list[Path], typer.Argument(metavar="MODEL", help="Model files.")],
    processed: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Folder that preprocess wrote.")
    ] = Path("data/processed"),
    reports: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Folder for test.json and predictions.csv.")
    ] = Path("reports"),
) -> None:
    """Measure the mean of several models on the test set; write metrics and predictions."""
    test = read_split(processed, "test")
    members = [load(path) for path in models]
    names = members[0].class_names
    for path, member in zip(models, members, strict=True):
        if member.is_regression or member.class_names != names:
            raise CommitteeError(
                f"{path}: expected the classes of {models[0]}, got "
                f"{'a regression' if member.is_regression else 'others'}; "
                "a committee needs models of one set of classes"
            )
        require_matching_sizes(member, str(path), test, processed)
    total = np.zeros((len(test.inputs), len(names)))
    for member in members:
        total += Prediction.from_outputs(forward_all(member.network, test.inputs)).probabilities
    prediction = Prediction.from_outputs(total / len(members))
    actual = test.targets.argmax(axis=1)
    metrics = count_correct(prediction, actual) | {
        "models": len(members),
        "parameters": sum(member.network.parameters.size for member in members),
    }
    write_json(reports / "test.json", metrics)
    write_predictions(reports, prediction, actual, names)
    print(
        f"test accuracy of the mean of {len(members)} models {metrics['accuracy']:.2%}: "
        f"{metrics['correct']:,} of {metrics['total']:,} right"
    )


if __name__ == "__main__":
    run(committee)
