"""Progress of a sweep: a bar on a terminal, elsewhere a line for each trial."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock

from tqdm import tqdm

from stages.sweeps.trial import TrialResult


@contextmanager
def trial_bar(total: int) -> Iterator[Callable[[TrialResult, bool], None]]:
    """Yield a function to call with a result and whether it comes from an earlier run."""
    # tqdm's own lock is for several processes: a semaphore, which an interruption would leave.
    tqdm.set_lock(RLock())
    terminal = sys.stdout.isatty()
    counts = dict.fromkeys(("before", "diverged"), 0)
    with tqdm(
        total=total,
        file=sys.stdout,
        disable=not terminal,
        leave=False,
        bar_format="{n}/{total} trials |{bar:30}| {elapsed} elapsed, {remaining} left{postfix}",
    ) as bar:
        done = 0

        def show(result: TrialResult, before: bool) -> None:
            nonlocal done
            done += 1
            counts["before"] += before
            counts["diverged"] += result.status == "diverged"
            bar.set_postfix_str(
                ", ".join(f"{n} {label}" for label, n in counts.items() if n), refresh=False
            )
            if terminal:
                # Cached results take no time, so the estimate of the time left excludes them.
                bar.initial += before
            bar.update(1)
            if not terminal and not before:
                print(f"trial {done} of {total}: {_result_line(result)}", flush=True)

        yield show
    if counts["before"]:
        print(f"{counts['before']} of {done} trials were finished before")


def _result_line(result: TrialResult) -> str:
    if result.status == "diverged":
        return "diverged"
    accuracy = result.validation_accuracy
    # A regression has none.
    return f"validation loss {result.validation_loss:.4g}" + (
        "" if accuracy is None else f", {accuracy:.2%}"
    )
