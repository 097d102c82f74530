"""The page docs/tables.md: every number on it is computed from the files of results."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import fmean, stdev

from benchmarks.tables.contenders import (
    CANDIDATES,
    OUR_SWEEP,
    OURS,
    THEIR_SWEEP,
    THEIRS,
    candidates,
)
from benchmarks.tables.development_figures import development_names, development_table
from benchmarks.tables.differences import Difference, paired_difference
from benchmarks.tables.results import Protocol, TableResult
from nncore.arrays import Doubles
from nncore.text_tables import format_markdown_table
from stages.shared.dotted_keys import format_value
from stages.shared.table_defaults import FEW_ROWS, table_choices

TEMPLATE = Path(__file__).with_name("template.txt")
# In the order of interest: like against like, then our default against their sweep.
COMPARED = ((OURS, THEIRS), (OUR_SWEEP, THEIR_SWEEP), (OURS, THEIR_SWEEP))


def page(protocol: Protocol, library: str, results: Sequence[TableResult]) -> str:
    """Return docs/tables.md."""
    return TEMPLATE.read_text(encoding="utf-8").format(
        **vars(protocol),
        library=library,
        few=FEW_ROWS,
        winners=_winners(results),
        figures="\n\n".join(figures(results)),
        pairs=pairs(results),
        choices=_choices(results),
        defaults=_defaults(),
        others=len(names := development_names()),
        names=", ".join(names),
        development=development_table(),
    )


def figures(results: Sequence[TableResult]) -> list[str]:
    """Return the tables of both metrics, of classes and of regressions, in Markdown."""
    classes = [result for result in results if result.classes is not None]
    regressions = [result for result in results if result.classes is None]
    tables = []
    if classes:
        tables += [
            "Accuracy, %:",
            _figures(classes, lambda r, name: 100 * r.first(name), 2, highest=True),
            "Log loss, nats; lower is better:",
            _figures(classes, TableResult.second, 3, highest=False),
        ]
    if regressions:
        tables += [
            "Root mean squared error, in the unit of the target; lower is better:",
            _figures(regressions, TableResult.first, 2, highest=False),
            "R²:",
            _figures(regressions, TableResult.second, 3, highest=True),
        ]
    return tables


def pairs(results: Sequence[TableResult]) -> str:
    """Return the table of paired differences in the first metric, in Markdown."""
    rows = [("table", "pair", "difference", "± over seeds", "± corrected", "not below")]
    for result in results:
        for ours, theirs in COMPARED:
            gain = _gain(result, ours, theirs)
            cells = (f"{gain.mean:+.2f}", f"{gain.over_seeds:.2f}", f"{gain.corrected:.2f}")
            verdict = "yes" if gain.mean >= -gain.over_seeds else "no"
            rows.append((result.name, f"{ours} / {theirs}", *cells, verdict))
    return format_markdown_table(rows, "<<>>><", compact=True)


def _gain(result: TableResult, ours: str, theirs: str) -> Difference:
    """Return how much better ours is: points of accuracy, or of the root mean squared error."""
    sign = 100 if result.classes is not None else -1
    return paired_difference(sign * result.first(ours), sign * result.first(theirs))


def _figures(
    results: Sequence[TableResult],
    values: Callable[[TableResult, str], Doubles],
    decimals: int,
    *,
    highest: bool,
) -> str:
    rows = [["", *(result.name for result in results)]]
    rows += [[name] for name in results[0].scores]
    pick = max if highest else min
    for result in results:
        seeds = {name: values(result, name).mean(axis=1).tolist() for name in result.scores}
        best = pick(fmean(means) for means in seeds.values())
        for row, means in zip(rows[1:], seeds.values(), strict=True):
            cell = f"{fmean(means):.{decimals}f} ± {_deviation(means):.{decimals}f}"
            row.append(f"**{cell}**" if fmean(means) == best else cell)
    return format_markdown_table(rows, "<>", compact=True)


def _deviation(values: Sequence[float]) -> float:
    return stdev(values) if len(values) > 1 else 0.0


def _winners(results: Sequence[TableResult]) -> str:
    """Return a line for each table: the best contender, and how our two compare with it."""
    lines = []
    for result in results:
        ranking = sorted(result.scores, key=lambda name: _quality(result, name), reverse=True)
        best, size = ranking[0], f"{result.rows:,} rows, {result.columns} columns"
        target = f"{result.classes} classes" if result.classes else "a number to predict"
        ours = min(ranking.index(OURS), ranking.index(OUR_SWEEP))
        text = f"- **{result.name}** ({size}, {target}): {best}"
        if ours:
            gain = _gain(result, ranking[ours], best)
            unit = "points of accuracy" if result.classes else "in root mean squared error"
            text += (
                f" is best. The better of ours, {ranking[ours]}, is number {ours + 1} of "
                f"{len(ranking)}, {-gain.mean:.2f} ± {gain.over_seeds:.2f} {unit} behind."
            )
        else:
            gain = _gain(result, best, ranking[1])
            text += f" is best, {gain.mean:.2f} ± {gain.over_seeds:.2f} before {ranking[1]}."
        lines.append(text)
    return "\n".join(lines)


def _quality(result: TableResult, name: str) -> float:
    return float(result.first(name).mean()) * (1 if result.classes is not None else -1)


def _choices(results: Sequence[TableResult]) -> str:
    rows = [["contender", "candidate", *(result.name for result in results)]]
    for name in (name for name in results[0].scores if name in CANDIDATES):
        for label in CANDIDATES[name]:
            counts = (_count(result, name, label) for result in results)
            rows.append([name, label, *counts])
    return format_markdown_table(rows, "<<>", compact=True)


def _count(result: TableResult, contender: str, label: str) -> str:
    """Return how often a candidate was chosen; nothing if it is none for this table."""
    labels = list(candidates(contender, is_regression=result.classes is None))
    if label not in labels:
        return ""
    return str(result.choices(contender, len(labels))[labels.index(label)])


def _defaults() -> str:
    """Return the settings for small tables with classes; of others, what differs."""
    rows = [("key", "value", "reason")]
    small = dict(_reasons(FEW_ROWS, is_regression=False))
    rows += [(f"`{key}`", f"`{value}`", why) for key, (value, why) in small.items()]
    for label, rows_of_table, is_regression in (
        ("a number to predict", FEW_ROWS, True),
        ("more rows", FEW_ROWS + 1, False),
    ):
        for key, (value, why) in _reasons(rows_of_table, is_regression=is_regression):
            if value != small.get(key, ("", ""))[0]:
                rows.append((f"{label}: `{key}`", f"`{value}`", why))
    return format_markdown_table(rows, "<", compact=True)


def _reasons(rows: int, *, is_regression: bool) -> Iterator[tuple[str, tuple[str, str]]]:
    for key, value, why in table_choices(rows, is_regression=is_regression):
        yield key, (format_value(value), why)
