"""A sweep as a person sees it: a bar on a terminal, and elsewhere a line for each trial."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

from stages.sweeps.trial import Result


@contextmanager
def trial_bar(total: int) -> Iterator[Callable[[Result, bool], None]]:
    """Yield a callback that takes each result, and whether it was there before."""
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

        def show(result: Result, before: bool) -> None:
            nonlocal done
            done += 1
            counts["before"] += before
            counts["diverged"] += result.status == "diverged"
            bar.set_postfix_str(
                ", ".join(f"{n} {what}" for what, n in counts.items() if n), refresh=False
            )
            if terminal:
                # What took no time says nothing about the time left.
                bar.initial += before
            bar.update(1)
            if not terminal and not before:
                print(f"trial {done} of {total}: {_told(result)}", flush=True)

        yield show
    if counts["before"]:
        print(f"{counts['before']} of {done} trials were finished before")


def _told(result: Result) -> str:
    if result.status == "diverged":
        return "diverged"
    return f"validation loss {result.validation_loss:.4g}, {result.validation_accuracy:.2%}"
