"""The style, the heading and the file format of all pictures.

Nothing uses pyplot, which keeps figures in global state. Figures are drawn and saved under the
house style, so that no matplotlibrc changes a byte. Lengths are in inches.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont
from matplotlib.ft2font import FT2Font
from PIL import Image

from stages.shared.files import output_path

# Pictures by the names of their files.
Figures: TypeAlias = dict[str, Figure]
WIDTH, HEADER, MARGIN = 9.0, 0.85, 0.25
DPI = 120
# The colours of Okabe and Ito, which colour-blind people can distinguish.
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
    """Use the house style in the context, whatever the settings of matplotlib."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield


def save(figure: Figure, path: Path) -> None:
    """Write a PNG without date and name of the program: the same bytes for the same figure."""
    # Drawing looks up fonts and computes the layout, so it needs the style too.
    with house_style(), output_path(path) as temporary:
        figure.set_dpi(DPI)
        canvas = FigureCanvasAgg(figure)
        # Unlike savefig, which goes through the figure twice, the first time for the layout.
        canvas.draw()  # type: ignore[no-untyped-call]
        pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
        Image.fromarray(pixels).save(temporary, format="png", dpi=(DPI, DPI))


def new_figure(width: float, height: float, title: str, note: str) -> Figure:
    """Return a figure with a heading above a drawing area of `height` inches."""
    total = height + HEADER
    figure = Figure((width, total))
    FigureCanvasAgg(figure)
    left, bottom = MARGIN / width, MARGIN / total
    area = (left, bottom, 1 - 2 * left, height / total - bottom)
    figure.set_layout_engine("constrained", rect=area, w_pad=0, h_pad=0, wspace=0.06, hspace=0.05)
    figure.text(left, 1 - 0.2 / total, title, size=14, weight="bold", va="top")
    figure.text(left, 1 - 0.5 / total, note, size=10, color=GREY, va="top")
    return figure


def short_name(name: str) -> str:
    """Return `name` on one line, shortened to 12 characters."""
    return cut(name, 12)


def drawable_names(names: Sequence[str]) -> dict[str, str]:
    """Return by name what the pictures show: the name, or the number of a class, from 0.

    A number replaces each name with a character that the font lacks. The font is Matplotlib's own:
    those of a system would make the bytes depend on it.
    """
    letters = font_letters()
    shown = {}
    for number, name in enumerate(names):
        shown[name] = name
        if not letters.issuperset(short_name(name)):
            shown[name] = f"class {number}"
            # A class may have this name.
            while shown[name] in names:
                shown[name] = f"({shown[name]})"
    return shown


@cache
def font_letters() -> frozenset[str]:
    """Return the characters of the font of the pictures."""
    return frozenset(map(chr, FT2Font(findfont("DejaVu Sans")).get_charmap()))


def cut(text: str, limit: int) -> str:
    """Return a text on one line, shortened to `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def count_of(number: float, noun: str) -> str:
    """Return a number with its noun, in the plural unless the number is 1."""
    return f"{number:,.0f} {noun}{'' if number == 1 else 's'}"
