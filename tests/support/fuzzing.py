"""Hostile inputs: random edits of sound files, drawn by hypothesis, and what came of them.

Edits are drawn as plain numbers and applied here. Drawing costs more than reading does, so that
each draw serves for several inputs. `FUZZ=2000` in the environment asks for so many draws a test;
with `FUZZ_RECORD=<file>` each test appends its figures to that file.
"""

import io
import json
import os
import struct
import warnings
import zipfile
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import hypothesis
from hypothesis import strategies as st

from nncore.data.table_file import open_table
from nncore.errors import NncoreError

EXAMPLES = hypothesis.settings(
    deadline=None,
    max_examples=int(os.environ.get("FUZZ", "60")),
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)
NUMBERS = (0, 1, 2, 0x7F, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
_BIG = st.integers(0, 2**32 - 1)
VARIANTS = 10
EDITS = ("flip", "set", "cut", "remove", "insert", "repeat", "little", "big")
# What to do, where, and with what.
edits = st.lists(st.tuples(st.sampled_from(EDITS), _BIG, _BIG), min_size=1, max_size=4)


def variants(changes):
    """Yield `changes`, then the same at other places and with other values."""
    for shift in range(VARIANTS if changes else 1):
        yield [
            (kind, where + 7919 * shift, what + 104729 * shift, *more)
            for kind, where, what, *more in changes
        ]


def edited(content, changes):
    """Return `content` with edits of single bytes, stretches and 32-bit numbers."""
    content = bytearray(content)
    for kind, where, what in changes:
        place = where % (len(content) + 1)
        match kind:
            case "flip" if place < len(content):
                content[place] ^= 1 << what % 8
            case "set" if place < len(content):
                content[place] = what % 256
            case "cut":
                del content[place:]
            case "remove":
                del content[place : place + what % 9]
            case "insert":
                content[place:place] = struct.pack("<I", what % 2**32)[: what % 4 + 1]
            case "repeat":
                content[place:place] = content[place : place + what % 64]
            case "little" | "big":
                number = NUMBERS[what % len(NUMBERS)]
                content[place : place + 4] = number.to_bytes(4, kind)
    return bytes(content)


# JSON as text, since no JSON writer writes all of these.
_ODD = (
    *("null", "true", "false", "0", "-1", "1", "3", "2147483648", "18446744073709551616"),
    *("1" + 30 * "0", "1" + 400 * "0", 5000 * "9", "0.0", "-0.0", "0.5", "1.0", "1e308", "1e999"),
    *("1e-320", "NaN", "Infinity", "-Infinity", '""', '"relu"', '"constant"', '"PCG64"', '"x\\ny"'),
    *('"\\ud800"', '"\\u0000"', "[]", "[1]", "[[]]", "{}", '{"a": 1}', '[1.0, "a", null]'),
    *("[" + 999 * "1," + "1]", 3000 * "[" + 3000 * "]", '{"a": {"a": {"a": {}}}}', "", "]"),
)
# Which value becomes which, or where an entry of the archive is dropped, renamed, damaged.
archive_changes = st.lists(
    st.tuples(
        st.sampled_from(("value", "value", "value", "leave", "drop", "twice", "rename", "content")),
        _BIG,
        _BIG,
        edits,
    ),
    min_size=1,
    max_size=3,
)


def _ways(values, way=()):
    """Yield the keys that lead to each value."""
    items = values.items() if isinstance(values, dict) else enumerate(values)
    for key, value in items:
        yield *way, key
        if isinstance(value, dict | list):
            yield from _ways(value, (*way, key))


def changed_archive(content, changes):
    """Return a sound archive of whole entries that are changed in what they say."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        (text, values), *arrays = [(name, archive.read(name)) for name in archive.namelist()]
    entries = [(text, changed_json(values, changes)), *arrays]
    for kind, where, what, bytes_ in changes:
        place = where % len(entries)
        name, old = entries[place]
        match kind:
            case "drop":
                del entries[place]
            case "twice":
                entries.append((name, old))
            case "rename":
                entries[place] = (("a.npy", "best.npy", "weight_2.npy", "é\n")[what % 4], old)
            case "content":
                entries[place] = (name, edited(old, bytes_))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, new in entries:
            archive.writestr(zipfile.ZipInfo(name), new)
    return stream.getvalue()


def changed_json(text, changes):
    """Return JSON text with some values left out and others made odd."""
    values, odd = json.loads(text), {}
    for kind, where, what, _ in changes:
        if kind not in {"value", "leave"}:
            continue
        if not (ways := list(_ways(values))):
            break
        *way, last = ways[where % len(ways)]
        holder = values
        for key in way:
            holder = holder[key]
        if kind == "leave":
            del holder[last]
        else:
            holder[last] = f"odd {len(odd)}"
            odd[json.dumps(holder[last])] = _ODD[what % len(_ODD)]
    text = json.dumps(values)
    for mark, value in odd.items():
        text = text.replace(mark, value)
    return text.encode()


def unless_refused(read, answers):
    """Return what `read` returns; None if it refuses the input, which is counted with its lines."""
    try:
        return read()
    except NncoreError as error:
        answers["lines"] += str(error).count("\n")
        answers["refused"] += 1
        return None


def table_and_chunks(path):
    """Return a table of columns and all its rows in chunks."""
    table = open_table(path)
    return table, list(table.chunks())


@contextmanager
def counted(kind):
    """Count what the inputs of a kind come to; none may stay without an answer."""
    answers = Counter()
    yield answers
    if record := os.environ.get("FUZZ_RECORD"):
        with Path(record).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"kind": kind, **answers}) + "\n")
