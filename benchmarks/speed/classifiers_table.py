"""The table of nncore's estimator beside scikit-learn's MLPClassifier, in Markdown."""

import statistics

from nncore.text_tables import format_markdown_table

# Seconds, accuracies and losses of nncore and of scikit-learn, a value for each round.
Fits = dict[str, dict[str, list[float]]]


def table(contests: dict[str, Fits]) -> str:
    """Return how many times as fast nncore is, and how accurate both are, in Markdown."""
    head = ("fit", "rounds", "speed", "(from, to)", "nncore s", "scikit-learn s")
    rows: list[tuple[str, ...]] = [(*head, "nncore accuracy", "scikit-learn accuracy")]
    for name, fits in contests.items():
        ours, theirs = fits["nncore"], fits["scikit-learn"]
        ratios = [b / a for a, b in zip(ours["seconds"], theirs["seconds"], strict=True)]
        rows.append(
            (
                name,
                str(len(ratios)),
                f"{statistics.median(ratios):.2f}",
                f"({min(ratios):.2f}, {max(ratios):.2f})",
                *(f"{statistics.median(peer['seconds']):.2f}" for peer in (ours, theirs)),
                *(_spread(peer["accuracies"]) for peer in (ours, theirs)),
            )
        )
    return format_markdown_table(rows, "<")


def notes(version: str) -> str:
    """Return what the table means; `version` is of the library that nncore is compared with."""
    return f"""\
- A whole `fit` of `nncore.adapters.sklearn.MLPClassifier` and of MLPClassifier in
  {version}, with the same arguments, 20 epochs on the 4,000 training digits of mnist-5k, on one
  thread.
- speed: scikit-learn's time divided by nncore's, median of the rounds' ratios. Seconds are
  medians of processor time.
- accuracy: on the 1,000 test digits, mean ± standard deviation over the rounds; each round has
  another seed."""


def _spread(values: list[float]) -> str:
    deviation = f" ± {statistics.stdev(values):.4f}" if len(values) > 1 else ""
    return f"{statistics.fmean(values):.4f}{deviation}"
