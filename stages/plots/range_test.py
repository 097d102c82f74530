"""The picture of a learning-rate range test."""

from pathlib import Path

import numpy as np

from nncore.diagnosis.range_test import RangeTest
from stages.plots.style import BLUE, GREY, VERMILION, WIDTH, house_style, new_figure, save

# The axis ends at so many times the loss at the start.
MAX_LOSS_RATIO = 1.5


def draw_range_test(path: Path, test: RangeTest, lr: float) -> None:
    """Write a PNG of the loss by learning rate.

    Parameters
    ----------
    lr : the learning rate of the settings
    """
    finite = np.isfinite(test.losses)
    note = "no rate lowers the loss"
    if test.suggestion is not None:
        note = f"steepest fall at {test.suggestion:g}, lowest loss at {test.lowest:g}"
    with house_style():
        figure = new_figure(WIDTH, 3.6, "Learning-rate range test", note)
        axes = figure.subplots()
        axes.plot(test.rates[finite], test.losses[finite], color=BLUE)
        axes.axhline(test.start, color=GREY, linestyle=":", label="loss at the start")
        axes.axvline(lr, color=VERMILION, label=f"train.lr {lr:g}")
        if test.suggestion is not None:
            label = f"steepest fall {test.suggestion:g}"
            axes.axvline(test.suggestion, color=GREY, linestyle="--", label=label)
        axes.set_xscale("log")
        # Without powers of ten as formulas, which the house style does not draw.
        axes.xaxis.set_major_formatter(lambda rate, _: f"{rate:g}")
        axes.minorticks_off()
        axes.set_ylim(0, MAX_LOSS_RATIO * test.start)
        axes.set_xlabel("learning rate")
        axes.set_ylabel("loss")
        axes.legend(loc="lower left")
        save(figure, path)
