"""The leaderboard stage: what the recipes reach beside what their sources publish."""

import csv
import json

import pytest

from stages.leaderboard import LeaderboardError, leaderboard
from stages.plots.leaderboard import leaderboard as draw

PUBLISHED = """\
recipe,error_percent,kind,source
wide,1.6,published,"Somebody, 2003, table 1"
deep,3.75,rerun,"a program, 2016"
own,,none,our own
"""
METRICS = {"wide": (1.55, 30, 636010), "deep": (4, 100, 23860), "own": (0.5, 1200, 10)}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "published.csv").write_text(PUBLISHED, encoding="utf-8")
    for name, (error, epochs, parameters) in METRICS.items():
        reports = tmp_path / "reports" / name
        reports.mkdir(parents=True)
        (reports / "test.json").write_text(json.dumps({"error_percent": error}))
        (reports / "train.json").write_text(
            json.dumps({"epochs": epochs, "parameters": parameters})
        )
    return tmp_path


def run(folder):
    leaderboard(folder / "published.csv", folder / "reports", folder / "out")
    return folder / "out"


def refusal(folder):
    with pytest.raises(LeaderboardError) as caught:
        run(folder)
    assert not (folder / "out").exists()
    return str(caught.value).replace(f"{folder}/", "")


def test_the_csv_has_a_line_for_each_recipe_in_the_order_of_the_sources(folder):
    with (run(folder) / "leaderboard.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [
        [
            *("recipe", "published_error_percent", "kind"),
            *("error_percent", "epochs", "parameters", "source"),
        ],
        ["wide", "1.6", "published", "1.55", "30", "636010", "Somebody, 2003, table 1"],
        ["deep", "3.75", "rerun", "4", "100", "23860", "a program, 2016"],
        ["own", "", "none", "0.5", "1200", "10", "our own"],
    ]


def test_the_markdown_is_a_table_of_the_same(folder):
    assert (run(folder) / "leaderboard.md").read_text(encoding="utf-8").splitlines() == [
        "| recipe | published error, % | ours, % | epochs | parameters | source |",
        "|---|--:|--:|--:|--:|---|",
        "| wide | 1.60 | 1.55 | 30 | 636,010 | Somebody, 2003, table 1 |",
        "| deep | 3.75 (rerun) | 4.00 | 100 | 23,860 | a program, 2016 |",
        "| own |  | 0.50 | 1,200 | 10 | our own |",
    ]


def test_a_terminal_shows_aligned_columns(folder, capsys):
    run(folder)
    assert capsys.readouterr().out.splitlines() == [
        "recipe   published %  ours %  epochs  parameters",
        "wide            1.60    1.55      30     636,010",
        "deep    3.75 (rerun)    4.00     100      23,860",
        "own                     0.50   1,200          10",
    ]


def test_twice_gives_the_same_picture(folder):
    first = (run(folder) / "leaderboard.png").read_bytes()
    assert (run(folder) / "leaderboard.png").read_bytes() == first


def test_the_picture_says_how_many_reach_the_published_figure():
    figure = draw([("a", 1.0, 1.0), ("b", 1.0, 1.1), ("c", None, 0.3)])
    assert "1 of 2 at or below the published figure." in [text.get_text() for text in figure.texts]


def test_the_picture_draws_an_error_of_zero():
    (axes,) = draw([("a", 1.0, 0.0)]).axes
    assert axes.texts[0].get_text() == "0.00"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("wide,", "narrow,", "got wide without a row, narrow without metrics, no recipe twice"),
        ("own,", "deep,", "got own without a row, no recipe without metrics, deep twice"),
        (
            "recipe,error_percent",
            "recipe,error",
            "kind, source, got recipe, error, kind, source",
        ),
        (",kind,source", "", "expected the columns recipe, error_percent, kind, source"),
        (",our own", "", "published.csv, row 4: expected 4 cells, got fewer"),
        (",our own", ",our own,1", "published.csv, row 4: expected 4 cells, got more"),
        ("1.6,p", "x,p", "row 2, error_percent: expected a number from 0 to 100, got 'x'"),
        ("1.6,p", "nan,p", "row 2, error_percent: expected a number from 0 to 100, got 'nan'"),
        ("1.6,p", "-1,p", "row 2, error_percent: expected a number from 0 to 100, got '-1'"),
        ("1.6,p", ",p", "row 2, error_percent: expected a number from 0 to 100, got ''"),
        ("own,,", "own,3,", "row 4, error_percent: expected nothing, got '3'"),
        ("rerun", "heard", "row 3, kind: expected published or rerun or none, got 'heard'"),
        ('"a pr', '"a "pr', "published.csv: expected CSV in UTF-8, got: "),
    ],
)
def test_wrong_sources_are_refused(folder, old, new, fault):
    path = folder / "published.csv"
    path.write_text(PUBLISHED.replace(old, new), encoding="utf-8")
    assert fault in refusal(folder)


def test_sources_in_another_encoding_are_refused(folder):
    (folder / "published.csv").write_bytes(b"recipe,\xff\n")
    assert refusal(folder).startswith("published.csv: expected CSV in UTF-8, got: ")


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("test.json", "{", "reports/deep/test.json: expected JSON, got: "),
        ("train.json", "{}", "reports/deep: expected error_percent in test.json, epochs and "),
        ("test.json", '{"error_percent": "x"}', "got ValueError at could not convert"),
        ("test.json", "[]", "got TypeError at list indices"),
    ],
)
def test_wrong_metrics_are_refused(folder, name, text, fault):
    (folder / "reports" / "deep" / name).write_text(text)
    assert fault in refusal(folder)


def test_a_recipe_that_was_trained_and_not_evaluated_is_none(folder):
    (folder / "reports" / "deep" / "test.json").unlink()
    assert "deep without metrics" in refusal(folder)
