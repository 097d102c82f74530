"""The recipes' errors beside the published ones, as a picture."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from stages.pictures.style import BLUE, GREY, VERMILION, WIDTH, house_style, new_figure


@house_style()
def leaderboard(rows: Sequence[tuple[str, float | None, float]]) -> Figure:
    """Draw test errors in per cent, one line a recipe, on a logarithmic axis.

    Parameters
    ----------
    rows : name, published error or None, our error
    """
    reached = sum(published is not None and ours <= published for _, published, ours in rows)
    known = sum(published is not None for _, published, _ in rows)
    figure = new_figure(
        WIDTH,
        0.27 * len(rows) + 0.9,
        "Recipes: test error, published and ours",
        f"{reached} of {known} at or below the published figure.",
    )
    axes = figure.subplots()
    places = range(len(rows))
    for place, (_, published, ours) in zip(places, rows, strict=True):
        if published is not None:
            colour = BLUE if ours <= published else VERMILION
            axes.plot([published, ours], [place, place], color=colour, lw=1.5, zorder=1)
    pairs = [(p, place) for place, (_, p, _) in zip(places, rows, strict=True) if p is not None]
    axes.scatter(
        [published for published, _ in pairs],
        [place for _, place in pairs],
        s=42,
        facecolor="white",
        edgecolor=GREY,
        linewidth=1.5,
        label="published",
        zorder=2,
    )
    axes.scatter(
        [max(ours, 0.01) for *_, ours in rows], places, s=36, color=BLUE, label="ours", zorder=3
    )
    for place, (*_, ours) in zip(places, rows, strict=True):
        axes.annotate(
            f"{ours:.2f}",
            (max(ours, 0.01), place),
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
    axes.set_yticks(places, [name for name, *_ in rows], size=9)
    axes.invert_yaxis()
    axes.set_axisbelow(True)
    axes.margins(y=0.03)
    axes.legend(loc="lower right")
    return figure
