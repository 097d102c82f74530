"""The table of a comparison, in Markdown, which a terminal shows as well."""

from benchmarks.speed.result import Result
from nncore.text_tables import format_markdown_table

HEAD = ("network", "batch", "peer", "s / epoch", "(from, to)", "/ floor", "loss", "ready in s")


def table(results: list[Result], threads: int) -> str:
    """Return a Markdown table of the results with `threads` threads."""
    chosen = [result for result in results if result.threads == threads]
    medians = {(result.network, result.peer): result.median for result in chosen}
    rows = []
    for result in chosen:
        # An arithmetic that has a floor is compared with it.
        floor_key = (result.network, f"floor {result.peer.rpartition(' ')[2]}")
        floor = medians.get(floor_key, medians.get((result.network, "floor")))
        rows.append(_row(result, floor))
    return format_markdown_table([HEAD, *rows], "<")


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
