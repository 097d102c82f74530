"""Notes: warnings on the data or the network, and why the page lacks something."""

from collections import Counter
from collections.abc import Sequence

from stages.page.markup import escaped, join_lines
from stages.shared.chance import Samples, chance_warning


def warning_list(lines: Sequence[str]) -> str:
    """Return the warnings of data.json as a list, or that there are none."""
    if not lines:
        return "<p>No likely mistake was found in the data.</p>"
    items = (f"<li>{_sentence(line)}</li>" for line in lines if line)
    return join_lines('<ul class="note">', *items, "</ul>")


def chance_note(accuracy: float, actual: Sequence[str], samples: Samples = "images") -> str:
    """Return a paragraph if the network has learnt nothing, else an empty string.

    Parameters
    ----------
    actual : class name of each test sample
    samples : what is classified
    """
    line = chance_warning("test", accuracy, list(Counter(actual).values()), samples)
    return f'<p class="note">{_sentence(line)}</p>' if line else ""


def refusal_note(missing: str, reason: str) -> str:
    """Return a paragraph that says why the page lacks something, or an empty string."""
    return f'<p class="note">There is no {missing}: {escaped(reason)}.</p>' if reason else ""


def _sentence(line: str) -> str:
    """Return a line as a sentence, escaped."""
    return f"{escaped(line[0].upper() + line[1:])}."
