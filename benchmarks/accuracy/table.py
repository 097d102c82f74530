"""The tables of the times to an accuracy, in Markdown, which a terminal shows as well."""

import math
import statistics

from benchmarks.accuracy.result import Run
from nncore.text_tables import format_markdown_table

# For which the times of epochs stand, however many images these have.
IMAGES = 60_000


def table(runs: list[Run], target: float, images: int) -> str:
    """Return a row for each peer: medians over the seeds, and the mean accuracy at the end."""
    head = ("peer", f"s to {target:.1%}", "(from, to)", "in epochs", f"s / {IMAGES:,} images")
    rows: list[tuple[str, ...]] = [(*head, "accuracy at the end", "after epochs", "ready in s")]
    for name, group in _by_peer(runs).items():
        times = [run.seconds_to(target) for run in group]
        reached = [epochs for run in group if (epochs := run.epochs_to(target))]
        accuracy = statistics.fmean(run.accuracies[-1] for run in group)
        rows.append(
            (
                name,
                _seconds(statistics.median(times)),
                f"({_seconds(min(times))}, {_seconds(max(times))})" if reached else "",
                ", ".join(map(str, reached)),
                f"{_epoch(group) * IMAGES / images:.2f}",
                f"{accuracy:.2%}",
                str(len(group[0].seconds)),
                f"{statistics.median(run.preparation for run in group):.1f}",
            )
        )
    return format_markdown_table(rows, "<")


def speeds(runs: list[Run], target: float) -> str:
    """Return how many times as fast nncore is as each library's best way, of those that distort.

    Of an epoch, the median of the ratios of epochs that were timed in turns; to the target, the
    ratio of the medians over the seeds.
    """
    groups = {name: group for name, group in _by_peer(runs).items() if group[0].strength}
    peers = [name for name in groups if not name.startswith("nncore")]
    head = ("nncore", "as fast as", "by an epoch", "which is", f"to {target:.1%}", "which is")
    rows: list[tuple[str, ...]] = [head]
    for name in (name for name in groups if name not in peers):
        for library in dict.fromkeys(peer.partition(" ")[0] for peer in peers):
            ways = [groups[peer] for peer in peers if peer.partition(" ")[0] == library]
            quickest = min(ways, key=_epoch)
            earliest = min(ways, key=lambda group: _to(group, target))
            times = _epochs(groups[name]), _epochs(quickest)
            ratios = [times[1][key] / times[0][key] for key in times[0] if key in times[1]]
            cells = [f"{statistics.median(ratios):.2f}", quickest[0].peer, "", ""]
            if math.isfinite(ratio := _to(earliest, target) / _to(groups[name], target)):
                cells[2:] = [f"{ratio:.2f}", earliest[0].peer]
            rows.append((name, library, *cells))
    return format_markdown_table(rows, "<")


def _by_peer(runs: list[Run]) -> dict[str, list[Run]]:
    names = dict.fromkeys(run.peer for run in runs)
    return {name: [run for run in runs if run.peer == name] for name in names}


def _epochs(group: list[Run]) -> dict[tuple[int, int], float]:
    """Return the seconds of an epoch by its seed and number."""
    return {(run.seed, n): taken for run in group for n, taken in enumerate(run.seconds)}


def _epoch(group: list[Run]) -> float:
    return statistics.median(_epochs(group).values())


def _to(group: list[Run], target: float) -> float:
    return statistics.median(run.seconds_to(target) for run in group)


def _seconds(value: float) -> str:
    return f"{value:.1f}" if math.isfinite(value) else "never"
