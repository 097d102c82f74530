"""The entries of a dvc.lock."""

from collections.abc import Iterator, Mapping
from typing import Any

# A stage's name, a section, and a path or parameter.
Key = tuple[str, str, str]


def lock_entries(text: str) -> dict[Key, object]:
    """Return the entries of a dvc.lock."""
    from dvc.utils.serialize import parse_yaml  # noqa: PLC0415  other files need no DVC

    return dict(_entries(parse_yaml(text, "dvc.lock") or {}))


def _entries(lock: Mapping[str, Any]) -> Iterator[tuple[Key, object]]:
    for stage, sections in lock.get("stages", {}).items():
        for section, content in sections.items():
            if section == "params":
                for file, values in content.items():
                    yield from (((stage, section, f"{file}:{k}"), v) for k, v in values.items())
            elif isinstance(content, list):
                for entry in content:
                    # Older releases of DVC do not name the hash.
                    hashed = {key: value for key, value in entry.items() if key != "hash"}
                    yield (stage, section, entry["path"]), hashed
            else:
                yield (stage, section, ""), content


def lock_differences(committed: str, produced: str) -> dict[Key, str]:
    """Return what two contents of a dvc.lock have for each entry on which they disagree."""
    old, new = lock_entries(committed), lock_entries(produced)
    return {
        key: f"{_shown(old.get(key))} | {_shown(new.get(key))}"
        for key in sorted(old.keys() | new)
        if old.get(key) != new.get(key)
    }


def _shown(entry: object) -> str:
    if isinstance(entry, Mapping):
        return " ".join(f"{key} {value}" for key, value in entry.items() if key != "path")
    return "no entry" if entry is None else repr(entry)
