"""Markup: escaped text, tables, and data for the page's scripts."""

import base64
import json
from collections.abc import Iterable, Sequence
from html import escape

from nncore.arrays import Array
from nncore.errors import MAX_LINE_LENGTH, as_line

# The style cuts no name of so many characters, or fewer.
MAX_SHORT_NAME = 8


def escaped(value: object) -> str:
    """Return a value as text, escaped for elements and attributes."""
    return escape(str(value))


def isolated(name: str) -> str:
    """Return a class name, isolated from the direction of the surrounding text.

    The style may cut a name that is too long for its place; the title shows it whole.
    """
    title = f' title="{escape(name)}"' if len(name) > MAX_SHORT_NAME else ""
    return f"<bdi{title}>{escape(name)}</bdi>"


def shortened(text: str, limit: int) -> str:
    """Return a text of at most `limit` characters, isolated like a name; the title is longer."""
    if len(text) <= limit:
        return isolated(text)
    title = escape(as_line(text, MAX_LINE_LENGTH))
    return f'<bdi title="{title}">{escape(as_line(text, limit))}</bdi>'


def join_lines(*texts: str) -> str:
    """Return `texts`, one on each line."""
    return "\n".join(texts)


def table(
    caption: str, header: Sequence[str], rows: Iterable[Sequence[str]], align: str = "<>"
) -> str:
    """Return an HTML table whose first column is the header of the rows.

    Parameters
    ----------
    caption, header, rows : markup
    align : < (left) or > (right) for each column; the last character holds for all further columns
    """
    sides = align[: len(header)].ljust(len(header), align[-1])
    # The first column is at the left, and numbers are at the right.
    texts = [' class="text"' if side == "<" and index else "" for index, side in enumerate(sides)]
    head = "".join(
        f'<th scope="col"{text}>{cell}</th>' for cell, text in zip(header, texts, strict=True)
    )
    body = []
    for first, *rest in rows:
        cells = "".join(
            f"<td{text}>{cell}</td>" for cell, text in zip(rest, texts[1:], strict=True)
        )
        body.append(f'<tr><th scope="row">{first}</th>{cells}</tr>')
    return join_lines(
        f'<table class="numbers"><caption>{caption}</caption>',
        f"<thead><tr>{head}</tr></thead>",
        *("<tbody>", *body, "</tbody></table>"),
    )


def scrollable(label: str, content: str) -> str:
    """Return `content` in a region that can be scrolled, by keyboard too, on a narrow screen."""
    return join_lines(
        f'<div class="wide" role="region" aria-label="{label}" tabindex="0">', content, "</div>"
    )


def collapsible(summary: str, content: str) -> str:
    """Return `content` in an element that a click on `summary` opens."""
    return f"<details><summary>{summary}</summary>\n{scrollable(summary, content)}</details>"


def json_element(element_id: str, values: object) -> str:
    """Return `values` as a JSON element, which the scripts read."""
    text = json.dumps(values, separators=(",", ":"), sort_keys=True, allow_nan=False)
    # Without `<`, no string can end the element or begin a comment.
    text = text.replace("<", r"\u003c")
    return f'<script type="application/json" id="{element_id}">{text}</script>'


def base64_text(array: Array) -> str:
    """Return the bytes of an array, in C order, as base64."""
    return base64.b64encode(array.tobytes()).decode("ascii")
