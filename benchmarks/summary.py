"""How many times as fast as its peers nncore is, from the rounds of a comparison."""

import statistics

from benchmarks.results import Result
from benchmarks.table import aligned

FLOORS = ("floor", "floor portable")
# The five small networks of `benchmarks.networks`, where a step is overhead more than arithmetic.
SMALL = ("784-30-10", "784-50-10", "784-15-10", "784-10", "784-20-16-10")


def speed(ours: Result, other: Result) -> float:
    """Return how many times as fast `ours` is: the median of the rounds' ratios."""
    pairs = zip(other.seconds, ours.seconds, strict=True)
    return statistics.median(theirs / mine for theirs, mine in pairs)


def summary(results: list[Result], threads: int) -> str:
    """Return a table: nncore's speed on each network, in units of each peer's, and geometric means.

    With several ways to use the threads nncore stands with the faster one.
    """
    chosen = [result for result in results if result.threads == threads]
    networks = list(dict.fromkeys(result.network for result in chosen))
    rows: list[tuple[str, ...]] = [("nncore", "as fast as", *networks, "small, geometric mean")]
    for numerics in ("native", "portable"):
        for peer in (*_peers(chosen), *FLOORS):
            speeds = {
                network: found
                for network in networks
                if (found := _speed(chosen, network, numerics, peer)) is not None
            }
            small = [speeds[network] for network in SMALL if network in speeds]
            mean = f"{statistics.geometric_mean(small):.2f}" if len(small) > 1 else ""
            cells = [f"{speeds[network]:.2f}" if network in speeds else "" for network in networks]
            if any(cells):
                rows.append((numerics, peer, *cells, mean))
    return aligned(rows)


def _peers(results: list[Result]) -> list[str]:
    named = dict.fromkeys(result.peer for result in results)
    others = [name for name in named if not name.startswith("nncore") and name not in FLOORS]
    return ["the fastest peer", *others]


def _speed(results: list[Result], network: str, numerics: str, peer: str) -> float | None:
    """Return nncore's speed in units of a peer's; None where there is nothing to compare."""
    there = [result for result in results if result.network == network]
    ours = [result for result in there if result.peer.startswith(f"nncore {numerics}")]
    others = [result for result in there if result.peer == peer]
    if peer == "the fastest peer":
        names = set(_peers(there))
        others = [result for result in there if result.peer in names]
    if not ours or not others:
        return None
    by_median = {result.median: result for result in others}
    fastest = by_median[min(by_median)]
    return max(speed(our, fastest) for our in ours)
