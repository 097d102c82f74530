"""The picture of the leaderboard: test errors of the recipes and published errors."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from stages.plots.style import BLUE, GREY, VERMILION, WIDTH, house_style, new_figure


@house_style()
def leaderboard(rows: Sequence[tuple[str, float | None, float]]) -> Figure:
    """Draw test errors in per cent on a logarithmic axis, one row for each recipe.

    Parameters
    ----------
    rows : (name of the recipe, published error or None, error of the recipe)
    """
    reached = sum(published is not None and ours <= published for _, published, ours in rows)
    comparable = sum(published is not None for _, published, _ in rows)
    figure = new_figure(
        WIDTH,
        0.27 * len(rows) + 0.9,
        "Recipes: test error, published and ours",
        f"{reached} of {comparable} at or below the published figure.",
    )
    axes = figure.subplots()
    heights = range(len(rows))
    for height, (_, published, ours) in zip(heights, rows, strict=True):
        if published is not None:
            colour = BLUE if ours <= published else VERMILION
            axes.plot([published, ours], [height, height], color=colour, lw=1.5, zorder=1)
    pairs = [(p, height) for height, (_, p, _) in zip(heights, rows, strict=True) if p is not None]
    axes.scatter(
        [published for published, _ in pairs],
        [height for _, height in pairs],
        s=42,
        facecolor="white",
        edgecolor=GREY,
        linewidth=1.5,
        label="published",
        zorder=2,
    )
    axes.scatter(
        [max(ours, 0.01) for *_, ours in rows], heights, s=36, color=BLUE, label="ours", zorder=3
    )
    for height, (*_, ours) in zip(heights, rows, strict=True):
        axes.annotate(
            f"{ours:.2f}",
            (max(ours, 0.01), height),
            (0, 5),
            textcoords="offset points",
            ha="center",
            size=7,
            color=BLUE,
        )
    axes.set(xscale="log", xlabel="test error, % (logarithmic)")
    axes.xaxis.set_major_locator(FixedLocator([0.2, 0.3, 0.5, 1, 2, 3, 5, 10, 20, 30, 50]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_yticks(heights, [name for name, *_ in rows], size=9)
    axes.invert_yaxis()
    axes.set_axisbelow(True)
    axes.margins(y=0.03)
    axes.legend(loc="lower right")
    return figure
