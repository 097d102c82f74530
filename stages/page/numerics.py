"""The sentence on the arithmetic of what the page computes, and of what exact analyses computed."""

from collections.abc import Mapping


def is_fast(parameters: Mapping[str, object]) -> bool:
    """Return whether the run of these parameters did not compute in exact arithmetic."""
    return parameters.get("numerics") == "fast"


def arithmetic_sentence(*, fast: bool) -> str:
    """Return in which arithmetic a section computes, and whether its numbers are the run's."""
    if fast:
        return (
            "This is computed in exact arithmetic. The run computed in plain float32, "
            "<code>numerics: fast</code>, so that its numbers may have other last bits."
        )
    return "The arithmetic is the program's, to the last bit."
