"""The part of the page of results on the time to an accuracy."""

from typing import Any

from benchmarks.accuracy.result import Run
from benchmarks.accuracy.table import IMAGES, speeds, table
from benchmarks.speed.result import LeftOut


def parts(report: dict[str, Any]) -> list[str]:
    """Return the paragraphs of a report in Markdown."""
    runs = [Run(**values) for values in report["runs"]]
    target, images = report["target"], report["images"]
    lines = [f"- {LeftOut(**values)}" for values in report["left_out"]]
    return [
        f"## Time to {target:.1%} of the test images",
        "How many times as fast nncore is as the best way of each library that distorts images:",
        speeds(runs, target),
        table(runs, target, images),
        "\n".join([*lines, notes(runs, report)]),
    ]


def notes(runs: list[Run], report: dict[str, Any]) -> str:
    """Return what was measured and what the columns mean."""
    seeds = len({run.seed for run in runs})
    bounds = ", ".join(
        f"{name} {value:g}" for name, value in report["distortions"].items() if value
    )
    return f"""\
- {report["network"]}, ReLU, batches of {report["batch"]}, momentum 0.9, learning rate \
{report["lr"]:g} that falls along a cosine,
  {report["data"]}. Seeds: {seeds}. Times are medians over the seeds, or over all epochs; accuracies
  are means. Each may use two cores.
- Every image is distorted anew in each epoch: {bounds}. All but scikit-learn,
  which has no distortions, must displace pixels by the same amounts and end with nearly the
  same losses.
- PyTorch computes affine_grid, conv2d and grid_sample for 1,024 images at once; with `products`,
  two matrix products in place of conv2d; with `worker`, in a process beside the training. JAX
  distorts in jit; with `thread`, in a thread beside the training.
- s to {report["target"]:.1%}: seconds of the epochs until the test accuracy at the end of one is
  as high; in brackets, the least and the most; the epochs of each seed. What measures the accuracy
  is not timed. s / {IMAGES:,} images: median of the epochs.
- speed: by an epoch, the median of the ratios of epochs that were timed in turns; to the target,
  the ratio of the medians."""
