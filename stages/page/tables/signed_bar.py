"""A bar from 0 to a number, which may be below 0, as inline SVG."""

WIDTH, HEIGHT = 200, 14


def signed_bar(value: float, span: tuple[float, float], deviation: float | None = None) -> str:
    """Return a bar from 0 to `value`, with the deviation as a whisker.

    Parameters
    ----------
    span : the numbers at the left and at the right end, with 0 between them
    deviation : None for no whisker
    """
    low, high = span

    def across(number: float) -> float:
        return 2 + (WIDTH - 4) * (number - low) / (high - low)

    zero, end = across(0), across(value)
    bar = f'<rect x="{min(zero, end):.1f}" y="2" width="{abs(end - zero):.1f}" height="10"/>'
    axis = f'<path class="axis" d="M{zero:.1f} 0V{HEIGHT}"/>'
    whisker = ""
    if deviation is not None:
        left, right = across(value - deviation), across(value + deviation)
        path = f"M{left:.1f} 7H{right:.1f}M{left:.1f} 3V11M{right:.1f} 3V11"
        whisker = f'<path class="whisker" d="{path}"/>'
    # Stretched to the width that the style leaves, with lines as thick as before.
    return (
        f'<svg class="bar" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" '
        f'aria-hidden="true">{bar}{axis}{whisker}</svg>'
    )
