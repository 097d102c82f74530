"""A diagnosis as text, and its range test as a plot of characters and as CSV."""

import math
import textwrap
from collections.abc import Callable, Sequence

import numpy as np

from nncore.diagnosis.findings import Finding, Suspect, plain_names
from nncore.diagnosis.initial_weights import LayerStart
from nncore.diagnosis.range_test import RangeTest
from nncore.diagnosis.result import Diagnosis
from nncore.functions.elementary import log
from nncore.text_tables import MAX_TABLE_WIDTH, format_table

PLOT_ROWS, PLOT_COLUMNS = 9, 72
# Losses above so many times the loss at the start are drawn at the upper edge.
PLOT_LOSS_RATIO = 1.2


def as_text(
    diagnosis: Diagnosis,
    *,
    names: Callable[[str], str] = plain_names,
    class_names: Sequence[object] | None = None,
    files: Callable[[int], str] | None = None,
) -> str:
    """Return a diagnosis as lines of text: findings first, then the checks without one.

    Parameters
    ----------
    names : function that replaces the names of settings in a text by those that the reader knows
    class_names : names of the classes, by number
    files : function that takes the number of a sample and returns its file or another name
    """
    blocks = [diagnosis.subject]
    count = len(diagnosis.findings)
    if diagnosis.findings:
        title = "1 finding" if count == 1 else f"{count} findings"
        findings = (_format_finding(finding, names) for finding in diagnosis.findings)
        blocks.append("\n".join([title, *findings]))
    if diagnosis.checks:
        title = "no finding in" if diagnosis.findings else "healthy: no finding in"
        rows = [(f"  {check.name}", names(check.seen)) for check in diagnosis.checks]
        blocks.append(f"{title}\n{format_table(rows, '<<')}")
    if diagnosis.layers:
        blocks.append(_format_layers(diagnosis.layers))
    if diagnosis.range_test:
        blocks.append(plot(diagnosis.range_test, diagnosis.lr))
    if diagnosis.suspects:
        blocks.append(_format_suspects(diagnosis.suspects, class_names, files))
    return "\n\n".join(blocks)


def range_test_csv(test: RangeTest) -> str:
    """Return the rates and losses of a range test as CSV; infinite losses are left out."""
    pairs = zip(test.rates.tolist(), test.losses.tolist(), strict=True)
    rows = [f"{rate:.6g},{loss:.6g}" for rate, loss in pairs if math.isfinite(loss)]
    return "\n".join(["lr,loss", *rows, ""])


def _decades(rate: float) -> float:
    """Return the decimal logarithm of a rate."""
    logarithm, ten = log(np.array([rate, 10.0])).tolist()
    return float(logarithm / ten)


def plot(test: RangeTest, lr: float) -> str:
    """Return the losses of a range test as a plot of characters, with marks below it.

    Parameters
    ----------
    lr : the learning rate of the settings
    """
    low = float(min(test.losses.min(), test.start))
    high = PLOT_LOSS_RATIO * test.start
    first, last = map(_decades, (test.rates[0], test.rates[-1]))
    extent = max(last - first, 1e-9)

    def column(rate: float) -> int:
        position = (_decades(rate) - first) / extent
        return round(min(max(position, 0), 1) * (PLOT_COLUMNS - 1))

    grid = [[" "] * PLOT_COLUMNS for _ in range(PLOT_ROWS)]
    for rate, loss in zip(test.rates.tolist(), test.losses.tolist(), strict=True):
        height = (min(loss, high) - low) / ((high - low) or 1)
        grid[PLOT_ROWS - 1 - round(height * (PLOT_ROWS - 1))][column(rate)] = "*"
    labels = [""] * PLOT_ROWS
    labels[0], labels[-1] = f"{high:.3g}", f"{low:.3g}"
    width = max(map(len, labels))
    lines = [
        f"  {label:>{width}} |{''.join(row)}".rstrip()
        for label, row in zip(labels, grid, strict=True)
    ]
    ticks = [" "] * (PLOT_COLUMNS + 6)
    for power in range(math.ceil(first - 1e-6), math.floor(last + 1e-6) + 1):
        start = column(float(f"1e{power}"))
        text = f"1e{power}"
        ticks[start : start + len(text)] = text
    # A rate outside of the test is marked at its edge.
    edge = ">" if lr > test.rates[-1] else "<" if lr < test.rates[0] else "^"
    marks = [(edge, lr, f"lr {lr:g}")]
    if test.suggestion is not None:
        marks.insert(0, ("^", test.suggestion, f"falls most steeply at {test.suggestion:g}"))
    margin = " " * (width + 4)
    below = [
        f"{margin}{' ' * column(rate)}{mark} {text}"
        if column(rate) + len(text) < PLOT_COLUMNS
        else f"{margin}{' ' * (column(rate) - len(text) - 1)}{text} {mark}"
        for mark, rate, text in marks
    ]
    return "\n".join(
        [
            "range test: loss by learning rate, which grows from step to step",
            *lines,
            f"  {'':>{width}} +{'-' * PLOT_COLUMNS}",
            f"{margin}{''.join(ticks).rstrip()}",
            *below,
        ]
    )


def _format_finding(finding: Finding, names: Callable[[str], str]) -> str:
    rows = [("seen", finding.seen), ("means", finding.meaning), ("change", finding.remedy)]
    lines = [f"  {finding.name}"]
    for label, text in rows:
        first, later = f"    {label:<8}", " " * 12
        lines.append(
            textwrap.fill(
                names(text), MAX_TABLE_WIDTH, initial_indent=first, subsequent_indent=later
            )
        )
    return "\n".join(lines)


def _format_layers(layers: Sequence[LayerStart]) -> str:
    rows = [("  layer", "activation", "output", "gradient", "stuck units")]
    for layer in layers:
        stuck = f"{layer.units.stuck:,} of {layer.units.total:,}" if layer.units else ""
        sizes = (f"{layer.output:.2g}", f"{layer.gradient:.2g}")
        rows.append((f"  {layer.layer}", layer.activation, *sizes, stuck))
    table = format_table(rows, "<<>>>")
    return f"layers before the first step: root mean squares\n{table}"


def _format_suspects(
    suspects: Sequence[Suspect],
    class_names: Sequence[object] | None,
    files: Callable[[int], str] | None,
) -> str:
    def name(number: int | None) -> str:
        if number is None:
            return ""
        return str(class_names[number]) if class_names else str(number)

    has_labels = suspects[0].label is not None
    header = ("  sample", "loss", *(("label", "predicted") if has_labels else ()))
    rows = [(*header, *(("file",) if files else ()))]
    for suspect in suspects:
        cells = [f"  {suspect.sample}", f"{suspect.loss:.2f}"]
        if has_labels:
            cells += [name(suspect.label), name(suspect.predicted)]
        if files:
            cells.append(files(suspect.sample))
        rows.append(tuple(cells))
    title = "samples with the highest losses, of networks that were not trained on them"
    return f"{title}\n{format_table(rows, '>><<')}"
