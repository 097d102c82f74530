"""Axes of charts as inline SVG: round values, their numbers and lines across the chart."""

import math
from collections.abc import Callable, Iterable
from decimal import Decimal

from stages.page.markup import escaped
from stages.page.numbers import tick_text


def round_ticks(low: float, high: float, *, whole: bool = False) -> list[float]:
    """Return at most six round values from `low` to `high`."""
    smallest = (high - low) / 5
    power = float(f"1e{Decimal(smallest).adjusted()}") if smallest > 0 else 1.0
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= smallest)
    step = max(step, 1.0) if whole else step
    # 0.6 / 0.2 is a little less than 3.
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(count * step, 12) for count in range(first, last + 1)]


def decade_ticks(low: float, high: float) -> list[float]:
    """Return 1, 2 and 5 times the powers of ten from `low` to `high`, fewer if these are many."""
    powers = range(Decimal(low).adjusted(), Decimal(high).adjusted() + 2)
    for factors in ((1, 2, 5), (1,)):
        values = [factor * float(f"1e{power}") for power in powers for factor in factors]
        ticks = [value for value in values if low <= value <= high]
        if len(ticks) <= 8:
            break
    return ticks


def vertical_axis(
    ticks: Iterable[float], down: Callable[[float], float], left: int, right: int
) -> list[str]:
    """Return a line across the chart and a number beside it at each tick.

    Parameters
    ----------
    down : from a value to its coordinate
    left, right : ends of the lines
    """
    elements = []
    for tick in ticks:
        y = down(tick)
        elements.append(f'<path class="grid" d="M{left} {y:.1f}H{right}"/>')
        elements.append(
            f'<text x="{left - 5}" y="{y + 4:.1f}" class="end">{tick_text(tick)}</text>'
        )
    return elements


def horizontal_axis(
    ticks: Iterable[float], across: Callable[[float], float], bottom: int
) -> list[str]:
    """Return a number below the chart at each tick.

    Parameters
    ----------
    across : from a value to its coordinate
    """
    return [
        f'<text x="{across(tick):.1f}" y="{bottom + 16}" class="middle">{tick_text(tick)}</text>'
        for tick in ticks
    ]


def axis_name(name: str, left: int, right: int, y: int) -> str:
    """Return the name of the horizontal axis, below the middle of the chart."""
    middle = f'x="{(left + right) / 2:g}" y="{y}" class="middle"'
    return f"<text {middle}>{escaped(name)}</text>"
