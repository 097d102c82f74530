"""Buttons that explain what the page shows, and the list of all explanations.

Markup names an explanation as `<explain key="accuracy">`, and the place of the list as
`<explanations>`. Text of users can't contain either, because it is escaped.
"""

import re

from stages.page.explanations.comparison import COMPARISON
from stages.page.explanations.images import IMAGES
from stages.page.explanations.inspection import INSPECTION
from stages.page.explanations.lab import LAB
from stages.page.explanations.shared import METRICS, SHARED
from stages.page.explanations.tables import TABLES
from stages.page.markup import escaped, join_lines

EXPLANATIONS = {**METRICS, **SHARED, **IMAGES, **INSPECTION, **LAB, **COMPARISON, **TABLES}
_MARKER = re.compile(r'<explain key="([^"]+)">')


def explain(key: str) -> str:
    """Return a marker, which `with_explanations` replaces."""
    return f'<explain key="{key}">'


def heading(element: str, key: str) -> str:
    """Return a heading with what it explains beside it."""
    return f'<div class="heading">{element}{explain(key)}</div>'


def explained(content: str, key: str) -> str:
    """Return a table or another element with its explanation to the right."""
    return f'<div class="explained">{content}{explain(key)}</div>'


def explained_chart(chart: str, key: str) -> str:
    """Return a chart with its explanation in its upper right corner."""
    return f'<div class="explained over">{chart}{explain(key)}</div>'


def with_explanations(page: str) -> str:
    """Return a page with a button for each marker and a list of what they explain.

    A script shows the entry of the list that a button names. Without scripts the list remains.
    """
    keys = list(dict.fromkeys(_MARKER.findall(page)))
    page = _MARKER.sub(lambda match: _button(match[1]), page)
    return page.replace("<explanations>", _explanation_list(keys), 1)


def _button(key: str) -> str:
    name = escaped(EXPLANATIONS[key].name)
    return (
        f'<button type="button" class="explain" aria-label="Explain: {name}" '
        f'data-explanation="explain-{key}">?</button>'
    )


def _explanation_list(keys: list[str]) -> str:
    entries = []
    for key in keys:
        name, text, source = map(escaped, EXPLANATIONS[key])
        entries.append(
            f'<div><dt>{name}</dt><dd id="explain-{key}">{text} '
            f'<span class="source">Read more: {source}.</span></dd></div>'
        )
    return join_lines(
        "<details><summary>All explanations of this page</summary>",
        '<dl class="explanations">',
        *(*entries, "</dl></details>"),
    )
