"""The mistakes of a model of tables: each one with the values of its row."""

from collections.abc import Sequence

from nncore.arrays import Indices
from nncore.errors import as_line
from nncore.model import Model
from stages.page.explanations.explain import explain, explained, heading
from stages.page.markup import escaped, isolated, join_lines, shortened
from stages.page.mistakes import mistakes_sentence
from stages.page.numbers import confidence_text
from stages.page.tables.contributions import ContributionTables
from stages.page.tables.row_values import MAX_CELL
from stages.shared.report_inputs import Predictions

VISIBLE_MISTAKES = 10
# The values of more columns are closed at first.
MAX_OPEN_COLUMNS = 20


def mistaken_rows(
    predictions: Predictions,
    rows: Indices,
    model: Model,
    values: Sequence[Sequence[str]] | None,
    contributions: ContributionTables | None = None,
) -> str:
    """Return a list of mistakes, of which a cell of the confusion matrix selects some.

    Parameters
    ----------
    rows : rows of the mistakes, the most confident first
    values : texts of the columns of each of them; None to leave them out
    contributions : what each column contributed to the predictions of the first of them
    """
    index_of = {name: index for index, name in enumerate(model.class_names)}
    names = model.columns.names if model.columns else ()
    items = []
    for position, row in enumerate(rows.tolist()):
        actual, predicted = predictions.actual[row], predictions.predicted[row]
        percentage = confidence_text(predictions.confidence[row])
        attributes = f'data-actual="{index_of[actual]}" data-predicted="{index_of[predicted]}"'
        title = (
            f"<p><strong>{isolated(actual)} → {isolated(predicted)}</strong>, "
            f"{escaped(percentage)}, test row {predictions.numbers[row]:,}</p>"
        )
        text = ""
        if values is not None:
            pairs = zip(names, values[position], strict=True)
            cells = ", ".join(
                f"{shortened(name, MAX_CELL)} {escaped(as_line(value, MAX_CELL))}"
                for name, value in pairs
            )
            text = f"<p>{cells}</p>"
            if len(names) > MAX_OPEN_COLUMNS:
                text = f"<details><summary>{len(names):,} values</summary>{text}</details>"
        if contributions and position < len(contributions.values):
            text += contributions.of_row(position, "What each column contributed")
        items.append(f"<li {attributes}>{title}{text}</li>")
    mistakes = join_lines(
        f'<ol class="row-list" id="mistakes" data-first="{VISIBLE_MISTAKES}">',
        *(*items, "</ol>"),
    )
    sentence = mistakes_sentence(predictions, len(rows), "rows")
    return join_lines(
        heading('<h3 id="mistakes-heading" tabindex="-1">Mistakes</h3>', "mistaken-rows"),
        f'<p id="mistakes-summary">{sentence}</p>',
        '<p hidden><button type="button" id="all-mistakes">Show all mistakes</button> '
        f"{explain('all-mistakes')}</p>",
        f"<p>{contributions.sentence()}</p>" if contributions else "",
        explained(mistakes, "contributions") if contributions else mistakes,
    )
