"""How every picture looks: one style, one heading, one way to write a file.

No pyplot, which keeps figures in global state. Figures are made and written under the house style
alone, so that no matplotlibrc changes a byte. Lengths are inches.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from stages.files import replacing

WIDTH, HEADER, MARGIN = 9.0, 0.85, 0.25
# Okabe and Ito's colours, which the colour-blind can tell apart.
BLUE, VERMILION, GREY = "#0072B2", "#D55E00", "#595959"
_STYLE: Mapping[Any, Any] = {
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "grid.color": "#e4e4e4",
    "legend.frameon": False,
    "lines.markersize": 4,
    "text.parse_math": False,  # a class may be called "$5"
}


@contextmanager
def house_style() -> Iterator[None]:
    """Work under the house style, whatever matplotlib has been told elsewhere."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield


def save(figure: Figure, path: Path) -> None:
    """Write a PNG: the same bytes for the same figure, no date and no program's name in it."""
    # Fonts are looked up and the layout is solved only now, hence the style once more.
    with house_style(), replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=120, metadata={"Software": None})


def new_figure(width: float, height: float, title: str, note: str) -> Figure:
    """Return a figure with its heading above `height` inches to draw in."""
    whole = height + HEADER
    figure = Figure((width, whole))
    FigureCanvasAgg(figure)
    left, bottom = MARGIN / width, MARGIN / whole
    area = (left, bottom, 1 - 2 * left, height / whole - bottom)
    figure.set_layout_engine("constrained", rect=area, w_pad=0, h_pad=0, wspace=0.06, hspace=0.05)
    figure.text(left, 1 - 0.2 / whole, title, size=14, weight="bold", va="top")
    figure.text(left, 1 - 0.5 / whole, note, size=10, color=GREY, va="top")
    return figure


def short_name(name: str) -> str:
    """Return `name` on one line of at most 12 characters."""
    line = " ".join(name.split())
    return line if len(line) <= 12 else f"{line[:11]}…"


def count_of(number: float, noun: str) -> str:
    """Return a number with its noun, in the plural unless it is 1."""
    return f"{number:,.0f} {noun}{'' if number == 1 else 's'}"
