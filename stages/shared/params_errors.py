"""Messages of validation errors: one line for each fault, with the key, expected and got."""

import difflib
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from nncore.errors import MAX_VALUE_LENGTH, as_line, escape_unprintable

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
# Keys and values of earlier versions, and what became of them.
_GONE_KEYS = {"train.shards": "the result no longer depends on the parts of a batch"}
_GONE_VALUES = {
    ("numerics", "native"): "its successor is fast",
    ("numerics", "portable"): "its successor is exact, the default",
}


def describe(error: ValidationError, raw: object, defaults: object) -> Iterator[str]:
    """Yield a line for each faulty key.

    Parameters
    ----------
    raw : the values that failed validation
    defaults : valid settings, whose attributes are the known keys
    """
    wrong: dict[str, tuple[list[str], object]] = {}
    for detail in error.errors():
        key = _key(raw, detail["loc"])
        match detail["type"]:
            case "extra_forbidden" | "unexpected_keyword_argument":
                if key in _GONE_KEYS:
                    yield f"{key} is no longer a setting: {_GONE_KEYS[key]}; delete this line"
                else:
                    yield f"{key} is unknown{_suggestion(defaults, detail['loc'])}"
            case "missing" | "missing_argument":
                yield f"{key}.{detail['loc'][-1]} is missing"
            case "value_error":
                # The settings raise it, and their text begins with the name of the field.
                text = str(detail["ctx"]["error"])
                yield f"{key}.{text}" if key else text
            case _:
                # A union gives one error for each of its types: collect what they expect.
                wrong.setdefault(key, ([], detail["input"]))[0].append(_expected(detail))
    for key, (expected, got) in wrong.items():
        types = " or ".join(dict.fromkeys(expected))
        value = as_line(repr(got), MAX_VALUE_LENGTH)
        remedy = _remedy(key, types, got, _settings_at(defaults, key.split(".")))
        yield f"{key or 'the file'} must be {types}, got {value}{remedy}"


def _expected(detail: ErrorDetails) -> str:
    error_type, context = detail["type"], detail.get("ctx", {})
    if error_type == "literal_error":
        return f"one of {context['expected'].replace(chr(39), '').replace(' or ', ', ')}"
    if error_type == "greater_than_equal":
        return f"at least {context['ge']}"
    return _EXPECTED.get(error_type, detail["msg"])


def _key(raw: Any, location: tuple[int | str, ...]) -> str:  # noqa: ANN401
    """Return the dotted key of a location, in which pydantic also names the types of a union."""
    names = []
    for name in location:
        try:
            raw = raw[name]
        except (LookupError, TypeError):
            break
        names.append(str(name))
    return escape_unprintable(".".join(names))


def _remedy(key: str, types: str, got: object, settings: object) -> str:
    """Return how to write a single value where a list or a mapping with a name is expected.

    Of a value that is no longer allowed, return what has taken its place.
    """
    if isinstance(got, str) and (key, got) in _GONE_VALUES:
        return f"; {_GONE_VALUES[key, got]}"
    if types == "a list" and isinstance(got, int | float) and not isinstance(got, bool):
        return f"; write [{got}]"
    if types == "a mapping" and isinstance(got, str) and hasattr(settings, "name"):
        return f"; write {{name: {as_line(got, MAX_VALUE_LENGTH)}}}"
    return ""


def _suggestion(defaults: object, location: tuple[int | str, ...]) -> str:
    known = getattr(_settings_at(defaults, location[:-1]), "__dict__", {})
    close = difflib.get_close_matches(str(location[-1]), known, n=1)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; known are {', '.join(known)}" if known else ""


def _settings_at(settings: object, names: Sequence[int | str]) -> object:
    """Return the part of valid settings that names lead to, or None."""
    for name in names:
        settings = getattr(settings, str(name), None)
    return settings
