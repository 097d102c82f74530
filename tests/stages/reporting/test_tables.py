"""Tables from a file to the report, by the stages: classes and numbers."""

import csv
import html
import json
import re

import numpy as np
import pandas as pd
import pytest
import yaml
from explained import unexplained
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from nncore.model_file import load
from stages.evaluate import evaluate
from stages.fetch import fetch
from stages.preprocess import preprocess
from stages.report import report
from stages.reporting import tables
from stages.train import train

HOSTILE = "<script>alert(1)</script>"
PICTURES = ("confusion_matrix", "first_layer", "learning_curves", "mistakes", "weight_movement")


def frame(count=160):
    rng = np.random.default_rng(3)
    table = pd.DataFrame(
        {
            "size": rng.normal(100, 20, count),
            HOSTILE: rng.choice(["a", "b", "<b>"], count),
            "noise": rng.integers(0, 9, count),
        }
    )
    table["price"] = 5e5 + 3e3 * table["size"] + 2e4 * (table[HOSTILE] == "a")
    table["dear"] = np.where(table["price"] + 3e4 * rng.standard_normal(count) > 8e5, "yes", "no")
    table.loc[::7, "size"] = np.nan
    return table


def run(folder, target, *, output="softmax", embed_images=True, model=None):
    others = {"price", "dear"} - {target}
    frame().drop(columns=list(others)).to_csv(folder / "houses.csv", index=False)
    settings = {
        "fetch": {
            "dataset": "table",
            "path": str(folder / "houses.csv"),
            "table": {"target": target},
        },
        "preprocess": {"scaling": "standard"},
        "model": {"hidden": [16], "output": output} | (model or {}),
        "train": {"epochs": 12, "lr": 0.05, "batch_size": 8, "augment": {}},
        "report": {"embed_images": embed_images},
    }
    for name in ("rotation", "scale", "shear", "shift", "alpha"):
        settings["train"]["augment"][name] = 0.0
    params, reports = folder / "params.yaml", folder / "reports"
    params.write_text(yaml.safe_dump(settings), encoding="utf-8")
    for name in ("raw", "processed", "reports"):
        (folder / name).mkdir()
    fetch(params=params, raw=folder / "raw")
    shared = {"params": params, "processed": folder / "processed", "reports": reports}
    preprocess(raw=folder / "raw", **shared)
    file = folder / "model.npz"
    train(model=file, checkpoints=folder / "checkpoints", **shared)
    evaluate(model=file, **shared)
    report(
        params=params,
        history=reports / "history.csv",
        weights=reports / "weights.csv",
        predictions=reports / "predictions.csv",
        train=reports / "train.json",
        test=reports / "test.json",
        images=folder / "processed" / "test_images.npy",
        data=reports / "data.json",
        training_images=folder / "processed" / "train_images.npy",
        training_labels=folder / "processed" / "train_labels.npy",
        model=file,
        output=reports,
    )
    return reports


@pytest.fixture(scope="module")
def regression(tmp_path_factory):
    model = {"loss": "half_squared_error"}
    return run(tmp_path_factory.mktemp("price"), "price", output="identity", model=model)


@pytest.fixture(scope="module")
def classes(tmp_path_factory):
    return run(tmp_path_factory.mktemp("dear"), "dear")


def rows(reports):
    with (reports / "predictions.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def metrics(reports, name="test.json"):
    return json.loads((reports / name).read_text(encoding="utf-8"))


def test_the_predictions_of_numbers_keep_the_digits_in_which_they_differ(regression):
    """Six digits of a price of 800,000 would round it to dollars, and one of 1e9 to nothing."""
    for row in rows(regression):
        residual = float(row["actual"]) - float(row["predicted"])
        assert float(row["residual"]) == pytest.approx(residual, abs=0.02)
    prices = frame()["price"].to_numpy()
    assert all(np.abs(prices - float(row["actual"])).min() < 0.05 for row in rows(regression))


def test_the_metrics_of_a_regression_are_scikit_learns(regression):
    numbers = rows(regression)
    actual, predicted = (
        np.array([float(row[name]) for row in numbers]) for name in ("actual", "predicted")
    )
    found = metrics(regression)
    # The files have six digits.
    assert found["rmse"] == pytest.approx(root_mean_squared_error(actual, predicted), rel=1e-3)
    assert found["mae"] == pytest.approx(mean_absolute_error(actual, predicted), rel=1e-3)
    assert found["r2"] == pytest.approx(r2_score(actual, predicted), rel=1e-3)
    assert found["r2"] > 0.6
    assert found["total"] == len(numbers) == 32
    assert "accuracy" not in metrics(regression, "train.json")["train"]


def test_predictions_are_those_of_the_model_on_raw_rows(regression):
    model = load(regression.parent / "model.npz")
    table = pd.read_csv(regression.parent / "houses.csv")
    predicted = dict(zip(table["price"].round(0), model.predict(table), strict=True))
    for row in rows(regression):
        expected = predicted[min(predicted, key=lambda price: abs(price - float(row["actual"])))]
        assert float(row["predicted"]) == pytest.approx(expected, rel=1e-4)
        residual = float(row["actual"]) - float(row["predicted"])
        assert float(row["residual"]) == pytest.approx(residual, abs=2)


def test_classes_have_the_metrics_of_images(classes):
    answers = rows(classes)
    right = np.mean([row["actual"] == row["predicted"] for row in answers])
    assert metrics(classes)["accuracy"] == pytest.approx(right, abs=1e-5)
    assert right > 0.6
    assert list(answers[0]) == ["row", "actual", "predicted", "confidence"]


@pytest.mark.parametrize("kind", ["regression", "classes"])
def test_the_report_has_all_pictures_and_a_page(kind, request):
    reports = request.getfixturevalue(kind)
    for name in PICTURES:
        assert (reports / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    page = (reports / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"\$\w", page.partition("<script>")[0])
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("kind", ["regression", "classes"])
def test_everything_on_the_page_is_explained(kind, request):
    page = (request.getfixturevalue(kind) / "report.html").read_text(encoding="utf-8")
    assert unexplained(page) == []
    assert page.count('class="explain"') > 10


def test_the_page_of_a_regression_is_in_the_unit_of_the_target(regression):
    page = (regression / "report.html").read_text(encoding="utf-8")
    found = metrics(regression)
    # More than 10,000.
    assert f"{found['rmse']:,.0f}" in page
    predictions = page[page.index('aria-labelledby="predictions"') : page.index('id="columns"')]
    assert predictions.count("<circle") == 2 * found["total"]
    assert "accuracy" not in page.partition("Parameters")[0]


@pytest.mark.parametrize("kind", ["regression", "classes"])
def test_the_page_ranks_the_column_that_makes_the_target_first(kind, request):
    """A price is 3,000 times the size, and 20,000 more for one category; noise has no part."""
    page = (request.getfixturevalue(kind) / "report.html").read_text(encoding="utf-8")
    start = page.index("Importance by permutation</caption>")
    names = re.findall(r'<th scope="row"><bdi.*?>(.*?)</bdi>', page[start:])[:3]
    assert names[0] == "size"
    assert set(names) == {"size", "noise", html.escape(HOSTILE)}
    charts = page[page.index('<div class="panels dependence">') :]
    assert charts.count('<polyline class="single"') > 0


def test_the_picture_of_mistakes_has_no_certain_one(tmp_path, monkeypatch):
    read, draw, captions = tables.read_predictions, tables.mistaken_rows, []

    def draw_and_keep(lines, *others, **options):
        captions.extend(lines)
        return draw(lines, *others, **options)

    def read_almost_certain(*files, **options):
        rows = read(*files, **options)
        return rows._replace(confidence=np.full_like(rows.confidence, 0.9999))

    monkeypatch.setattr(tables, "read_predictions", read_almost_certain)
    monkeypatch.setattr(tables, "mistaken_rows", draw_and_keep)
    run(tmp_path, "dear")
    assert captions
    assert all(", >\N{NO-BREAK SPACE}99.9\N{NO-BREAK SPACE}%, row " in line for line in captions)


def test_rows_stay_out_of_the_page_if_they_are_private(tmp_path):
    reports = run(tmp_path, "dear", embed_images=False)
    page = (reports / "report.html").read_text(encoding="utf-8")
    assert "This page embeds no values of test rows" in page
    mistakes = page[page.index('id="mistakes"') : page.index('id="columns"')]
    assert "size" not in mistakes
    assert '<polyline class="train"' in page
    assert '<polyline class="single"' not in page


def test_a_run_gives_the_same_bytes_again(tmp_path, classes):
    again = run(tmp_path, "dear")
    for name in ("test.json", "predictions.csv", "history.csv", "data.json"):
        assert (again / name).read_bytes() == (classes / name).read_bytes()
    pages = [(reports / "report.html").read_text(encoding="utf-8") for reports in (again, classes)]
    first, second = (
        page[page.index('id="columns"') : page.index('id="weights"')] for page in pages
    )
    assert first == second


def test_the_page_of_classes_says_how_far_to_trust_them_and_that_of_a_regression_does_not(
    classes, regression
):
    page = (classes / "report.html").read_text(encoding="utf-8")
    assert "answered rows, %" in page
    assert '<a href="#trust">' in page
    assert "images with a confidence" not in page
    assert (
        "#trust" not in (regression / "report.html").read_text(encoding="utf-8").split("<main")[1]
    )
