"""The picture of a comparison: a panel for each network, a bar for each peer."""

from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

from matplotlib import pyplot as plt

from benchmarks.speed.result import Result, format_threads

COLUMNS = 4


def draw(results: list[Result], threads: int, path: Path) -> None:
    """Draw the medians with so many threads as bars, from least to most as whiskers."""
    chosen = [result for result in results if result.threads == threads]
    networks = list(dict.fromkeys(result.network for result in chosen))
    lines = -(-len(networks) // COLUMNS)
    figure, panels = plt.subplots(
        lines, COLUMNS, figsize=(16, 3.2 * lines), squeeze=False, layout="constrained"
    )
    for panel in panels.flat[len(networks) :]:
        panel.set_axis_off()
    for network, panel in zip(networks, panels.flat, strict=False):
        bars = [result for result in chosen if result.network == network]
        medians = [bar.median for bar in bars]
        whiskers = [
            [bar.median - min(bar.seconds) for bar in bars],
            [max(bar.seconds) - bar.median for bar in bars],
        ]
        # Colours by name, so that a peer has the same in every panel.
        names = sorted({result.peer for result in chosen})
        colours = [f"C{names.index(bar.peer)}" for bar in bars]
        panel.barh([bar.peer for bar in bars], medians, xerr=whiskers, color=colours)
        panel.invert_yaxis()
        panel.set_title(f"{network}, batch {bars[0].batch}")
        panel.set_xlabel("seconds per epoch")
    figure.suptitle(format_threads(threads))
    figure.savefig(path, dpi=100)
    plt.close(figure)
