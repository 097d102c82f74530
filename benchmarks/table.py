"""The table of a comparison, in Markdown, which a terminal shows as well."""

from benchmarks.results import Result

HEAD = ("network", "batch", "peer", "s / epoch", "(from, to)", "/ floor", "loss", "ready in s")


def table(results: list[Result], threads: int) -> str:
    """Return the table of the results with so many threads, aligned."""
    chosen = [result for result in results if result.threads == threads]
    medians = {(result.network, result.peer): result.median for result in chosen}
    rows = []
    for result in chosen:
        # Portable numerics are held against the floor of portable numerics.
        floor = "floor portable" if "portable" in result.peer and threads == 1 else "floor"
        rows.append(_row(result, medians.get((result.network, floor))))
    return aligned([HEAD, *rows])


def aligned(rows: list[tuple[str, ...]]) -> str:
    """Return a Markdown table of the rows, the first being its head."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    dashes = tuple("-" * width for width in widths)
    return "\n".join(_line(row, widths) for row in (rows[0], dashes, *rows[1:]))


def _row(result: Result, floor: float | None) -> tuple[str, ...]:
    return (
        result.network,
        str(result.batch),
        result.peer,
        f"{result.median:.3f}",
        f"({min(result.seconds):.3f}, {max(result.seconds):.3f})",
        f"{result.median / floor:.2f}" if floor else "",
        f"{result.losses[-1]:.4f}" if result.losses else "",
        f"{result.preparation:.1f}",
    )


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    filled = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return f"| {' | '.join(filled)} |"
