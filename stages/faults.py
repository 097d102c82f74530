"""A validation error in words: one line for each fault, with the key, the expected and the got."""

import difflib
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

_EXPECTED = {
    "dataclass_exact_type": "a mapping",
    "dataclass_type": "a mapping",
    "dict_type": "a mapping",
    "finite_number": "a finite number",
    "float_type": "a number",
    "int_type": "an integer",
    "model_attributes_type": "a mapping",
    "model_type": "a mapping",
    "string_pattern_mismatch": "64 lower-case hexadecimal digits",
    "string_type": "a string",
    "tuple_type": "a list",
}


def describe(error: ValidationError, raw: object, defaults: object) -> Iterator[str]:
    """Yield a line for each key at fault.

    `raw` is what was validated, `defaults` a valid configuration that knows the keys' names.
    """
    wrong: dict[str, tuple[list[str], object]] = {}
    for detail in error.errors():
        key = _key(raw, detail["loc"])
        match detail["type"]:
            case "extra_forbidden" | "unexpected_keyword_argument":
                yield f"{key} is unknown{_suggestion(defaults, detail['loc'])}"
            case "missing" | "missing_argument":
                yield f"{key}.{detail['loc'][-1]} is missing"
            case "value_error":
                # Raised by the settings themselves; the text begins with the field's name.
                text = str(detail["ctx"]["error"])
                yield f"{key}.{text}" if key else text
            case _:
                # A union fails once for each of its branches: gather what each expected.
                wrong.setdefault(key, ([], detail["input"]))[0].append(_expected(detail))
    for key, (expected, got) in wrong.items():
        words = " or ".join(dict.fromkeys(expected))
        yield f"{key or 'the file'} must be {words}, got {_shown(got)}"


def _expected(detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "literal_error":
        return f"one of {context['expected'].replace(chr(39), '').replace(' or ', ', ')}"
    if kind == "greater_than_equal":
        return f"at least {context['ge']}"
    return _EXPECTED.get(kind, detail["msg"])


def _key(raw: Any, location: tuple[int | str, ...]) -> str:  # noqa: ANN401
    """Return the dotted key; a location of pydantic's also names the branches of a union."""
    parts = []
    for part in location:
        try:
            raw = raw[part]
        except (LookupError, TypeError):
            break
        parts.append(str(part))
    return _plain(".".join(parts))


def _suggestion(defaults: Any, location: tuple[int | str, ...]) -> str:  # noqa: ANN401
    for part in location[:-1]:
        defaults = getattr(defaults, str(part), None)
    close = difflib.get_close_matches(str(location[-1]), vars(defaults) if defaults else (), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _plain(text: str) -> str:
    """Return `text` on one line, without what a terminal would obey."""
    return text if text.isprintable() else repr(text)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
