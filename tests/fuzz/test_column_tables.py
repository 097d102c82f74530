"""Tables of columns from anywhere: read as a second reader reads them, or refused in one line."""

import contextlib
import io
import math

import numpy as np
from fuzzing import EXAMPLES, counted, edited, table_and_chunks, unless_refused, variants
from fuzzing import edits as byte_edits
from hypothesis import given
from hypothesis import strategies as st
from table_runs import array, fetch, preprocess, read_json

from nncore.data.delimited import find_delimiter
from nncore.data.table_values import MISSING_TEXTS

NUMBERS = [row * 7 % 40 / 4 - 3 for row in range(40)]
CITIES = ["Bern", "Zürich", '"Biel, Bienne"', "お"]
# Classes, numbers to predict, and a table with semicolons and missing values.
TABLES = (
    ("softmax", ",", [f"{x},{CITIES[n % 4]},{'ab'[n % 2]}" for n, x in enumerate(NUMBERS)]),
    ("identity", ",", [f"{n % 5},{x},{x * x}" for n, x in enumerate(NUMBERS)]),
    ("softmax", ";", [f"{x};{'NA' if x < 0 else n % 3};c{n % 3}" for n, x in enumerate(NUMBERS)]),
)
CELLS = st.sampled_from(
    [
        *("", "NA", " nan", "?", "0", "-0", "1e5", "1e40", "1e150", "1e308", "1e999", "5e-324"),
        *("inf", "-Infinity", "1_000", "0x10", "1,5", "١٢", "=1+1", "a", "y", "x", "2026-01-02"),
        *("\ufeff", "\u202e", "\u2028", "\x1b[31m", "\0", '"', '""', '"a', ",", ";", "\t", "|"),
        *("\n", "\r", "\r\n", " ", "9" * 400, "b" * 3000),
    ]
)


CASES = {
    "table": st.sampled_from(TABLES),
    "cells": st.lists(st.tuples(st.integers(0, 500), CELLS), max_size=3),
    "changes": byte_edits,
}


def text_of(table):
    _, delimiter, rows = table
    return "\n".join([delimiter.join(("x", "z", "y")), *rows, ""])


def contents(table, cells, changes):
    """Yield a table with unusual cells, the same texts at any place, and edited at many places."""
    _, delimiter, rows = table
    lines = [list("xzy"), *(row.split(delimiter) for row in rows)]
    text = text_of(table)
    for place, cell in cells:
        line = lines[place % len(lines)]
        line[place % len(line)] = cell
        text = text[:place] + cell + text[place:]
    yield "\n".join(map(delimiter.join, lines)).encode()
    yield text.encode()
    for more in variants(changes):
        yield edited(text_of(table).encode(), more)


def rows_of(content, delimiter):
    """Return the rows of a file that are not blank, by the definition of its format."""
    text = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    rows, row, place = [], [], 0
    while place < len(text):
        if not row and text[place] == "\n":
            place += 1
            continue
        if text[place] == '"':
            # Two quotes are one; a single one ends the cell.
            cell, place = "", place + 1
            while text[place] != '"' or text[place + 1 : place + 2] == '"':
                cell += text[place]
                place += 1 + (text[place] == '"')
            place += 1
            assert text[place : place + 1] in (delimiter, "\n", "")
        else:
            ends = [end for mark in (delimiter, "\n") if (end := text.find(mark, place)) >= 0]
            cell, place = text[place : min(ends, default=None)], min(ends, default=len(text))
        row.append(cell)
        if text[place : place + 1] == delimiter:
            place += 1
            if place < len(text):
                continue
            row.append("")
        rows.append(row)
        row, place = [], place + 1
    return rows


def test_rows_are_those_of_a_second_reader_or_refused(tmp_path):
    path = tmp_path / "table.csv"

    def check(content):
        path.write_bytes(content)
        if not (read := unless_refused(lambda: table_and_chunks(path), answers)):
            return
        table, chunks = read
        head, *rows = rows_of(content, find_delimiter(path))
        assert list(table.names) == [name.strip() for name in head]
        for index, name in enumerate(table.names):
            cells = [cell for chunk in chunks for cell in chunk[name]]
            assert cells == [row[index] for row in rows]
        answers["accepted"] += 1

    @EXAMPLES
    @given(**CASES)
    def holds(*, table, cells, changes):
        for content in contents(table, cells, changes):
            check(content)

    with counted("table of columns, rows") as answers:
        for table in TABLES:
            check(text_of(table).encode())
        assert not answers["refused"]
        holds()
    assert not answers["lines"]


def number_of(text, categories):
    """Return the number of data/raw that stands for a text."""
    if text.strip().casefold() in MISSING_TEXTS:
        return math.nan
    return float(text) if categories is None else float(categories.index(text.strip()))


def test_what_fetch_writes_is_what_the_file_says_and_preprocess_takes_it(tmp_path):
    path = tmp_path / "table.csv"

    def check(content, output):
        path.write_bytes(content)
        if not (raw := unless_refused(lambda: fetch(path, "y", output=output), answers)):
            return
        head, *rows = rows_of(content, find_delimiter(path))
        head = [name.strip() for name in head]
        columns = read_json(raw, "dataset.json")["columns"]
        target = head.index("y")
        expected = [
            [number_of(row[head.index(column["name"])], column["categories"]) for column in columns]
            for row in rows
            if row[target].strip().casefold() not in MISSING_TEXTS
        ]
        result = np.concatenate([array(raw, f"{split}_table") for split in ("train", "test")])
        # As texts, because NaN is not NaN.
        assert sorted(map(str, result.tolist())) == sorted(map(str, expected))
        if not (processed := unless_refused(lambda: preprocess(raw), answers)):
            return
        for split in ("train", "validation", "test"):
            for name in ("images", "labels"):
                assert np.isfinite(array(processed, f"{split}_{name}")).all()
        answers["accepted"] += 1

    @EXAMPLES
    @given(**CASES)
    def holds(*, table, cells, changes):
        for content in contents(table, cells, changes):
            check(content, table[0])

    with counted("table of columns, stages") as answers, contextlib.redirect_stdout(io.StringIO()):
        for table in TABLES:
            check(text_of(table).encode(), table[0])
        assert not answers["refused"]
        holds()
    assert not answers["lines"]
