"""Print which names of classes the pictures replace."""

from collections.abc import Mapping
from typing import Final

from nncore.errors import as_line

# Names of classes that a line lists.
MAX_REPLACED: Final = 5


def print_replaced(names: Mapping[str, str]) -> None:
    """Print which names the pictures show instead of those with letters that their font lacks."""
    replaced = [f"{shown} for {name}" for name, shown in names.items() if name != shown]
    if not replaced:
        return
    more = f" and {len(replaced) - MAX_REPLACED:,} more" if len(replaced) > MAX_REPLACED else ""
    print(
        as_line(
            "the font of the pictures lacks letters, so the pictures show "
            f"{', '.join(replaced[:MAX_REPLACED])}{more}; report.html shows all names"
        )
    )
