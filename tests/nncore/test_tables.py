"""Tables of text: the exact characters that a terminal and a Markdown reader get."""

from nncore.tables import format_markdown_table, format_table

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
