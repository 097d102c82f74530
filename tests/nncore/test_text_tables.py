"""Tables of text: the exact characters that a terminal and a Markdown reader get."""

import pytest

from nncore.text_tables import format_markdown_table, format_table, shorten, table_width, text_width

ROWS = [("name", "n", "error"), ("wide", "10", "1.5"), ("a", "2", "")]


def test_a_table_pads_cells_and_not_the_ends_of_lines():
    assert format_table(ROWS, "<><").splitlines() == [
        "name   n  error",
        "wide  10  1.5",
        "a      2",
    ]


def test_the_last_alignment_holds_for_all_further_columns():
    assert format_table(ROWS, "<>") == format_table(ROWS, "<>>")


def test_alignments_beyond_the_last_column_are_ignored():
    assert format_table(ROWS, "<<<>") == format_table(ROWS, "<<<")


def test_characters_that_a_terminal_obeys_are_escaped():
    assert format_table([("\x1b[31mred", "é±€")], "<") == "\\x1b[31mred  é±€"


def test_a_markdown_table_is_aligned():
    assert format_markdown_table(ROWS, "<").splitlines() == [
        "| name | n  | error |",
        "| ---- | -- | ----- |",
        "| wide | 10 | 1.5   |",
        "| a    | 2  |       |",
    ]


def test_the_rule_of_a_compact_markdown_table_has_the_alignment():
    assert format_markdown_table(ROWS, "<>", compact=True).splitlines() == [
        "| name | n | error |",
        "|---|--:|--:|",
        "| wide | 10 | 1.5 |",
        "| a | 2 |  |",
    ]


def test_a_bar_in_a_cell_is_no_border_in_markdown():
    lines = format_markdown_table([["model.name", "n"], ["a|b", "1"]], "<").splitlines()
    assert lines[-1] == "| a\\|b       | 1 |"


def test_wide_letters_take_two_columns_and_marks_none():
    assert [text_width(text) for text in ("cat", "猫", "e\u0301", "한글", "\uff41", "قطة")] == [
        *(3, 2, 1),
        *(4, 2, 3),
    ]
    assert format_table([("猫", "1"), ("cat", "2"), ("e\u0301", "3")], "<").splitlines() == [
        "猫   1",
        "cat  2",
        "e\u0301    3",
    ]
    assert format_table([("猫", "1"), ("cat", "2")], ">").splitlines()[0] == " 猫  1"


def test_the_width_of_a_table_is_that_of_its_longest_line():
    assert table_width(ROWS) == max(map(len, format_table(ROWS, ">").splitlines())) == 15


@pytest.mark.parametrize(
    ("text", "width", "short"),
    [
        ("a/name.png", 10, "a/name.png"),
        ("a long/name.png", 10, "a l…me.png"),
        ("abc", 1, "…"),
        ("字字字字", 8, "字字字字"),
        ("字字字字", 7, "字…字字"),
        ("字字字字", 6, "字…字"),
        ("ae\u0301i", 3, "ae\u0301i"),
    ],
)
def test_a_long_text_loses_its_middle(text, width, short):
    assert shorten(text, width) == short
    assert text_width(short) <= width
