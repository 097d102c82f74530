"""Nested mappings by dotted keys, as DVC names parameters and metrics: train.lr."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any


def flatten(
    values: Mapping[str, Any], is_leaf: Callable[[dict[str, Any]], bool] = lambda _: False
) -> Iterator[tuple[str, Any]]:
    """Yield each dotted key with its value, in order; a list is a value.

    Parameters
    ----------
    is_leaf : which of the inner mappings are values; by default none, so an empty one vanishes
    """
    for key, value in values.items():
        if isinstance(value, dict) and not is_leaf(value):
            for inner_key, inner_value in flatten(value, is_leaf):
                yield f"{key}.{inner_key}", inner_value
        else:
            yield key, value


def value_at(values: Mapping[str, Any], key: str) -> Any:  # noqa: ANN401  JSON holds anything
    """Return the value at a dotted key."""
    value: Any = values
    for name in key.split("."):
        value = value[name]
    return value


def with_value(
    values: object,
    names: Sequence[str],
    value: Any,  # noqa: ANN401  JSON holds anything
) -> Any:  # noqa: ANN401
    """Return a copy of nested mappings with `value` at the key whose parts are `names`."""
    if not names:
        return value
    first, *rest = names
    mapping = values if isinstance(values, dict) else {}
    return mapping | {first: with_value(mapping.get(first), rest, value)}


def format_value(value: object, *, ensure_ascii: bool = True) -> str:
    """Return a parameter's value as text: a string unquoted, any other value as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=ensure_ascii)
