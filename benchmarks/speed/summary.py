"""How many times as fast as its peers nncore is, from the rounds of a comparison."""

import statistics

from benchmarks.speed.networks import MEAN_OVER
from benchmarks.speed.result import Result
from nncore.text_tables import format_markdown_table

NUMERICS = ("exact", "fast")
FLOORS = ("floor", "floor exact")
FASTEST = "the fastest peer"
HEAD = ("nncore", "as fast as")
MEAN, LEAST = "geometric mean (of)", "smallest"


def speed(ours: Result, other: Result) -> float:
    """Return how many times as fast `ours` is: the median of the rounds' ratios.

    With other numbers of threads they had no rounds in common: the ratio of the medians.
    """
    if ours.threads != other.threads:
        return other.median / ours.median
    pairs = zip(ours.seconds, other.seconds, strict=True)
    return statistics.median(theirs / seconds for seconds, theirs in pairs)


def summary(results: list[Result], threads: int) -> str:
    """Return a table: nncore's speed on each network, in units of each peer's, and geometric means.

    One that may use several threads may use fewer, too: nncore and each peer stand with the best,
    by median, of their results with up to so many threads, and nncore with the best of its ways to
    use them. A mean is over those of the ten networks that a peer can train, and tells their
    number; the smallest speed is that of all networks.
    """
    allowed = [result for result in results if result.threads <= threads]
    entered = [result for result in allowed if result.threads == threads]
    networks = list(dict.fromkeys(result.network for result in entered))
    peers = _peers(entered)
    rows: list[tuple[str, ...]] = [(*HEAD, *networks, MEAN, LEAST)]
    for numerics in NUMERICS:
        for row in (FASTEST, *peers, *(floor for floor in FLOORS if _has(entered, floor))):
            against = peers if row == FASTEST else [row]
            speeds = {
                network: value
                for network in networks
                if (value := _speed(allowed, network, numerics, against)) is not None
            }
            cells = [f"{speeds[network]:.2f}" if network in speeds else "" for network in networks]
            if speeds:
                least = f"{min(speeds.values()):.2f}"
                rows.append((numerics, row, *cells, _mean(speeds), least))
    return format_markdown_table(rows, "<")


def _peers(results: list[Result]) -> list[str]:
    named = dict.fromkeys(result.peer for result in results)
    return [name for name in named if not name.startswith("nncore") and name not in FLOORS]


def _has(results: list[Result], peer: str) -> bool:
    return any(result.peer == peer for result in results)


def _speed(results: list[Result], network: str, numerics: str, peers: list[str]) -> float | None:
    """Return nncore's speed in units of the fastest peer's; None where there is none to compare."""
    there = [result for result in results if result.network == network]
    ours = [result for result in there if result.peer.startswith(f"nncore {numerics}")]
    others = [result for result in there if result.peer in peers]
    if not ours or not others:
        return None
    return speed(*(min(group, key=lambda result: result.median) for group in (ours, others)))


def _mean(speeds: dict[str, float]) -> str:
    """Return the geometric mean over the ten networks and their number; of one there is none."""
    ten = [speeds[network] for network in MEAN_OVER if network in speeds]
    return f"{statistics.geometric_mean(ten):.2f} ({len(ten)})" if len(ten) > 1 else ""
