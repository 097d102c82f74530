"""The picture of growth: time for each image and memory, over the number of images."""

from pathlib import Path
from statistics import median

import matplotlib as mpl

mpl.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from benchmarks.growth.results import Size

KINDS = ("preprocess", "train, images memory-mapped", "train, images in memory")


def draw(sizes: list[Size], path: Path) -> None:
    """Draw times, medians with whiskers from least to most, and memory; a line for each kind."""
    figure, (time, memory) = plt.subplots(1, 2, figsize=(11, 4.8), layout="constrained")
    images = [size.images for size in sizes]
    rates = zip(*map(_rates, sizes), strict=True)
    peaks = zip(*map(_peaks, sizes), strict=True)
    for kind, marker, times, megabytes in zip(KINDS, "so^", rates, peaks, strict=True):
        medians = [median(values) for values in times]
        below = [middle - min(values) for middle, values in zip(medians, times, strict=True)]
        above = [max(values) - middle for middle, values in zip(medians, times, strict=True)]
        time.errorbar(images, medians, (below, above), marker=marker, elinewidth=0.8, capsize=3)
        memory.plot(images, megabytes, marker=marker, label=kind)
    time.set_title("Time for each image")
    time.set_ylabel("µs per image, of one epoch in training")
    time.set_ylim(bottom=0)
    memory.set_title("Peak memory (memory-mapped: own memory at most)")
    memory.set_ylabel("MB")
    memory.set_yscale("log")
    memory.yaxis.set_major_formatter("{x:,.0f}")
    for panel in (time, memory):
        _show_sizes(panel, images)
    figure.legend(loc="outside lower center", ncols=len(KINDS), frameon=False)
    figure.savefig(path, dpi=120)
    plt.close(figure)


def _rates(size: Size) -> tuple[list[float], ...]:
    trained = map(size.train_rates, (size.mapped, size.in_memory))
    return size.preprocess_rates(), *trained


def _peaks(size: Size) -> tuple[float | None, ...]:
    return size.preprocess.peak, size.mapped.own, size.in_memory.peak


def _show_sizes(panel: Axes, images: list[int]) -> None:
    panel.set_xscale("log")
    panel.set_xticks(images, [f"{count:,}" for count in images])
    panel.set_xticks([], minor=True)
    panel.set_xlabel("images")
    panel.grid(color="0.9")
