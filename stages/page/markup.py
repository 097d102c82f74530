"""Markup: text escaped, tables, and data for the page's scripts."""

import base64
import json
from collections.abc import Iterable, Sequence
from html import escape

from nncore.arrays import Array


def plain(value: object) -> str:
    """Return a value as text that no browser takes for markup, in an attribute neither."""
    return escape(str(value))


def called(name: str) -> str:
    """Return a class name, kept apart from the direction of the text around it."""
    return f"<bdi>{escape(name)}</bdi>"


def number(value: float) -> str:
    """Return a number with six significant digits at most."""
    return f"{value:,.0f}" if value == int(value) and abs(value) < 1e15 else f"{value:.6g}"


def percent(share: float) -> str:
    """Return a share in per cent."""
    return f"{100 * share:.2f} %"


def lines(*parts: str) -> str:
    """Return `parts`, one a line."""
    return "\n".join(parts)


def table(caption: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table whose first column names the rows.

    Parameters
    ----------
    caption, header, rows : markup
    """
    head = "".join(f'<th scope="col">{cell}</th>' for cell in header)
    body = []
    for first, *rest in rows:
        cells = "".join(f"<td>{cell}</td>" for cell in rest)
        body.append(f'<tr><th scope="row">{first}</th>{cells}</tr>')
    return lines(
        f"<table><caption>{caption}</caption>",
        f"<thead><tr>{head}</tr></thead>",
        *("<tbody>", *body, "</tbody></table>"),
    )


def wide(label: str, content: str) -> str:
    """Return what may be wider than a narrow screen, to be scrolled with the keyboard too."""
    return lines(
        f'<div class="wide" role="region" aria-label="{label}" tabindex="0">', content, "</div>"
    )


def folded(summary: str, content: str) -> str:
    """Return `content` behind a line that opens it."""
    return f"<details><summary>{summary}</summary>\n{wide(summary, content)}</details>"


def data(identity: str, values: object) -> str:
    """Return plain JSON values as an element for the scripts to read."""
    text = json.dumps(values, separators=(",", ":"), sort_keys=True, allow_nan=False)
    # Nothing in a string may end the element or begin a comment in it.
    text = text.replace("<", r"\u003c")
    return f'<script type="application/json" id="{identity}">{text}</script>'


def encoded(array: Array) -> str:
    """Return an array's bytes, in C order, in base64."""
    return base64.b64encode(array.tobytes()).decode("ascii")
