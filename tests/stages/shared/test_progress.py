"""The lines that a training prints."""

import pytest

from nncore.training.history import EpochRecord
from stages.shared.progress import epoch_lines


def printed(capsys, accuracy, validation_loss=0.25):
    with epoch_lines(0, 1) as show:
        for epoch in (0, 1):
            validation_accuracy = None if validation_loss is None else accuracy
            show(EpochRecord(epoch, 0.04, 1.5, accuracy, validation_loss, validation_accuracy, ()))
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(
    ("accuracy", "validation_loss", "lines"),
    [
        (
            0.5,
            0.25,
            [
                "epoch        lr   train loss  accuracy   validation loss  accuracy",
                "    0      0.04       1.5000    50.00%            0.2500    50.00%",
                "    1      0.04       1.5000    50.00%            0.2500    50.00%",
            ],
        ),
        (
            None,
            0.25,
            [
                "epoch        lr   train loss   validation loss",
                "    0      0.04       1.5000            0.2500",
                "    1      0.04       1.5000            0.2500",
            ],
        ),
        (
            None,
            None,
            [
                "epoch        lr   train loss   validation loss",
                "    0      0.04       1.5000",
                "    1      0.04       1.5000",
            ],
        ),
    ],
)
def test_a_line_for_each_epoch_below_one_heading(capsys, accuracy, validation_loss, lines):
    assert printed(capsys, accuracy, validation_loss) == lines
