"""The table of a comparison, in Markdown, which a terminal shows as well."""

from benchmarks.results import Result

HEAD = ("network", "batch", "peer", "s / epoch", "(from, to)", "/ floor", "loss", "ready in s")


def table(results: list[Result], threads: int) -> str:
    """Return the table of the results with so many threads, aligned."""
    chosen = [result for result in results if result.threads == threads]
    floors = {result.network: result.median for result in chosen if result.peer == "floor"}
    rows = [_row(result, floors.get(result.network)) for result in chosen]
    widths = [max(map(len, column)) for column in zip(HEAD, *rows, strict=True)]
    dashes = tuple("-" * width for width in widths)
    return "\n".join(_line(row, widths) for row in (HEAD, dashes, *rows))


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
