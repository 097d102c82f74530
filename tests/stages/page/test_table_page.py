"""The page of a table, of numbers and of classes: what it shows, and that it fits."""

import re

import numpy as np
import pytest
from explained import unexplained
from live_regions import live_regions
from page_results import TRAIN, history, small_results
from table_models import AGE, CITY, PRICE, classified

from nncore.config.architecture import Architecture
from nncore.data.columns import NumericColumn, TableColumns
from nncore.model import Model
from nncore.network.network import Network
from stages.page.images.document import page as image_page
from stages.page.tables.column_influence import ColumnDependence, ColumnInfluence
from stages.page.tables.contributions import RowContributions
from stages.page.tables.document import table_page
from stages.page.tables.results import TableResults
from stages.shared.report_inputs import Predictions
from stages.shared.table_report_inputs import PredictedNumbers

LONG = "living area in square metres, as the surveyor of the county has measured it"
UNBROKEN = "w" * 200
WIDE = TableColumns(
    (
        AGE,
        CITY,
        NumericColumn(name=LONG, mean=1.0),
        NumericColumn(name=UNBROKEN),
        *(NumericColumn(name=f"v{index}", std=2.0) for index in range(30)),
    )
)
NARROW = TableColumns((AGE, CITY))
ROWS = 40


def described(columns, target):
    """Return the content of data.json."""
    splits = ("train", "validation", "test")
    missing = dict.fromkeys(splits, 0)
    numeric = {"kind": "numeric", "missing": missing, "lowest": 0.0, "highest": 90.0}
    categorical = {
        "kind": "categorical",
        "missing": missing,
        "categories": 2,
        "most_frequent": {"Bern": 60, UNBROKEN: 40},
        "unseen": {"test": 0},
    }
    copies = ("within_train", "validation_in_train", "test_in_train", "test_in_validation")
    return {
        "columns": [
            {"name": column.name, **(categorical if column == CITY else numeric)}
            for column in columns.columns
        ],
        "duplicates": dict.fromkeys(copies, 0),
        "rows": {"train": 100, "validation": 10, "test": ROWS},
        "target": target,
        "warnings": [],
    }


def influence(columns, classes=(), repeats=10):
    """Return the influence of columns whose importance is 3, 2, 1, …, less one each."""
    count, curves = len(columns.columns), max(len(classes), 1)
    numbers = ColumnDependence(
        column=0,
        values=["10", "20.5", "70", "missing"],
        positions=np.array([10, 20.5, 70]),
        missing=True,
        mean=np.linspace(0.125, 0.25, 4 * curves).reshape(4, curves),
        individual=np.full((4, 0 if len(classes) > 1 else 7), 0.5),
    )
    categories = ColumnDependence(
        column=1,
        values=["Bern", UNBROKEN, "missing"],
        positions=None,
        missing=True,
        mean=np.linspace(0.75, 0.5, 3 * curves).reshape(3, curves),
        individual=np.zeros((3, 0)),
    )
    return ColumnInfluence(
        test_rows=ROWS,
        rows=ROWS // 2,
        repeats=repeats,
        columns=range(count),
        baseline=0.25,
        mean=3.0 - np.arange(count),
        std=np.full(count, 0.5),
        classes=classes,
        mean_prediction=np.full(curves, 0.25),
        dependences=[numbers, categories],
    )


def results(model, predictions, test, target, **changes):
    """Return results for rows that live in Bern, whose numbers are 100, 101, and so on."""
    names = model.columns.names
    values = {name: range(100, 100 + ROWS) for name in names} | {"city": ["Bern"] * ROWS}
    others = {
        "dataset": "houses.csv",
        "parameters": {"train": {"seed": 1}},
        "digest": "0" * 32,
        "inputs": model.columns.encode(model.columns.parse(values)),
        "history": history(),
        "train": TRAIN,
        "test": test,
        "data": described(model.columns, target),
        "influence": influence(model.columns, () if model.is_regression else model.class_names),
        "contributions": contributions(model.columns),
    }
    return TableResults(model=model, predictions=predictions, **(others | changes))


def contributions(columns, rows=20):
    """Return contributions 3, -2, 1, 1, … of the columns of each row, whose sum is 5."""
    parts = np.ones((rows, len(columns.columns)))
    parts[:, :2] = 3, -2
    return RowContributions(parts, np.full(rows, 5.0), is_linear=False)


def of_numbers(columns=NARROW, **changes):
    """Return results of a regression, whose row n is n and predicted as 3 n."""
    architecture = Architecture(hidden=(3,), output="identity", loss="half_squared_error")
    network = Network(architecture, inputs=columns.input_count, outputs=1)
    network.initialize(np.random.default_rng(1))
    actual = np.arange(ROWS) * 1.0
    target = {"name": "price", "lowest": 0.0, "highest": 39.0, "mean": 20.5, "std": 20.0}
    no_accuracy = dict.fromkeys(("train_accuracy", "validation_accuracy"), np.full(4, np.nan))
    return results(
        Model(network, columns=columns, target=PRICE),
        PredictedNumbers(actual, 3 * actual),
        changes.pop("test", {"loss": 0.5, "mae": 39.0, "r2": -9.0, "rmse": 45.0, "total": ROWS}),
        target,
        history=history() | no_accuracy,
        train={"epochs": 3, "kept_epoch": 2, "train.loss": 0.5},
        **changes,
    )


def of_classes(columns=NARROW, **changes):
    """Return results in which every second row is mistaken, the first ones most confidently."""
    names = ("no", UNBROKEN)
    predicted = [names[row % 2] for row in range(ROWS)]
    predictions = Predictions(
        ["no"] * ROWS, predicted, np.linspace(0.9, 0.6, ROWS), np.arange(ROWS)
    )
    metrics = ("accuracy", "balanced_accuracy", "expected_calibration_error", "macro_f1", "loss")
    return results(
        classified(columns=columns, labels=names),
        predictions,
        dict.fromkeys(metrics, 0.5) | {"correct": ROWS / 2, "total": ROWS},
        {"name": "answer", "classes": {name: described(NARROW, {})["rows"] for name in names}},
        **changes,
    )


@pytest.fixture
def show_table(browser, tmp_path):
    """Return a function that opens the page of a table."""

    def show(table_results, **options):
        (tmp_path / "report.html").write_text(table_page(table_results), encoding="utf-8")
        browser.open(tmp_path / "report.html", **options)
        return browser

    return show


def section(page, name):
    """Return the text of a section, its marks as spaces, with hyphens for minus signs."""
    (content,) = re.findall(rf'<section aria-labelledby="{name}">(.*?)</section>', page, re.DOTALL)
    text = re.sub(r"<[^>]*>", " ", content).replace("&nbsp;", " ").replace("\N{MINUS SIGN}", "-")
    return " ".join(text.split())


def test_the_error_of_always_the_mean_stands_beside_that_of_the_network():
    """Of 0 to 39 around 20.5: the square root of (40² - 1) / 12 + 1."""
    page = table_page(of_numbers())
    page = re.sub(r"<button.*?</button>|</?span[^>]*>", "", page)
    assert "<dt>RMSE of always predicting the mean of the training rows</dt><dd>11.59</dd>" in page
    assert "<dd>45</dd>" in page


def test_the_largest_errors_are_rows_with_their_values_the_largest_first():
    text = section(table_page(of_numbers()), "predictions")
    assert "test row actual predicted residual age city 39 39.00 117.00 -78.00 139 Bern 38" in text
    # Twenty of them.
    errors, _, rest = text.partition("What each column contributed")
    assert errors.split("age city ")[1].count("Bern") == 20
    assert "20 20.00 60.00 -40.00 120 Bern" in errors
    assert rest.count("Test row") == 20


def test_the_surest_mistakes_are_rows_with_their_values_the_surest_first():
    text = section(table_page(of_classes()), "predictions")
    assert f"20 mistakes among {ROWS} test rows" in text
    first, second = (f"test row {row} age {100 + row}, city Bern" for row in (1, 3))
    assert 0 < text.index(first) < text.index(second)


def test_a_row_shows_what_its_columns_contributed_the_largest_first():
    """Of a price whose mean is 100: 3 and -2, and 4 that belongs to no column."""
    text = section(table_page(of_numbers()), "predictions")
    assert (
        "Test row 39: price 39.00, predicted 117.00 Gradient times input, by column column value "
        "adds age 139 3.00 city Bern -2.00 biases and curvature 4.00 "
        "prediction less the mean, 100.00 5.00"
    ) in text
    assert "Above 0 the column raised the prediction" in text


def test_a_mistake_shows_what_its_columns_contributed_and_the_sum_of_the_others():
    text = section(table_page(of_classes(WIDE)), "predictions")
    assert text.count("Gradient times input, by column") == 20
    assert "the other 24 columns 24.00 biases and curvature -28.00" in text
    assert "difference of the logits 5.00" in text
    assert "Above 0 the column spoke for the predicted class" in text


def test_contributions_of_which_none_is_above_0_have_bars():
    """From -0.04 to 0 is the width of 196: the bars of -0.02 and -0.04 end at 0, at the right."""
    parts = np.tile([-0.04, -0.02], (20, 1))
    page = table_page(of_classes(contributions=RowContributions(parts, parts.sum(1), True)))
    (first, second, *_) = re.findall(
        r'<rect x="([\d.]+)" y="2" width="([\d.]+)"', page[page.index("Gradient times input") :]
    )
    assert (first, second) == (("2.0", "196.0"), ("100.0", "98.0"))


def test_contributions_of_0_have_empty_bars():
    parts = np.zeros((20, 2))
    page = table_page(of_classes(contributions=RowContributions(parts, parts.sum(1), True)))
    table = page[page.index("Gradient times input") :]
    assert re.search(r'<rect x="2.0" y="2" width="0.0"', table)


def test_only_the_first_mistakes_may_have_contributions():
    text = table_page(of_classes(contributions=contributions(NARROW, rows=3)))
    assert text.count("<summary>What each column contributed</summary>") == 3
    assert "Gradient times input" not in table_page(of_classes(contributions=None))


def test_importances_are_in_the_unit_of_the_target_the_largest_first():
    text = section(table_page(of_numbers()), "columns")
    assert "20 of 40 rows" in text
    assert "RMSE is 0.25, in the unit of price" in text
    assert "shuffled column RMSE rises by age 3.00 ± 0.50 city 2.00 ± 0.50" in text


def test_importances_of_classes_are_points_of_accuracy():
    text = section(table_page(of_classes()), "columns")
    assert "accuracy is 75.00 %, of which one row is 5.00 %" in text
    assert "accuracy falls by, points age 300.00 ± 50.00 city 200.00 ± 50.00" in text


def test_a_bar_ends_at_the_importance_and_its_whisker_at_the_deviations():
    """From -0.5 to 3.5 is the width of 196: 0 at 26.5, 3 at 173.5, 2.5 to 3.5 at 149 to 198."""
    columns = TableColumns((AGE, CITY, NumericColumn(name="a"), NumericColumn(name="b")))
    (bar, *_) = re.findall(r'<svg class="bar" .*?</svg>', importance(columns))
    assert '<rect x="26.5" y="2" width="147.0" height="10"/>' in bar
    assert "M149.0 7H198.0" in bar


def importance(columns):
    page = table_page(of_numbers(columns))
    return page[page.index('<section aria-labelledby="columns">') :]


def test_importances_below_0_are_explained_and_the_charts_are_counted():
    text = section(table_page(of_numbers(WIDE)), "columns")
    assert "After ± stands the standard deviation over the shuffles" in text
    assert "A value below 0, where shuffled values did better, is chance as a rule" in text
    assert "2 charts for 34 columns: those of the highest importance" in text
    assert "A chart for each column" in section(table_page(of_numbers()), "columns")


def test_the_run_says_why_a_training_loss_may_be_above_that_of_the_test():
    regularization = {"dropout": 0.2, "label_smoothing": 0.1, "l2": 0.5}
    weights = {"no": 2.0}
    train = {"regularization": regularization, "class_weight": weights, "augment": {"shift": 0.0}}
    text = section(table_page(of_classes(parameters={"train": train})), "run")
    assert "with dropout, label smoothing and weights of the classes. Validation and test" in text
    assert "the two losses can't be compared" in text
    assert "can't be compared" not in section(table_page(of_classes()), "run")


def test_only_columns_of_categories_make_an_input_of_each_category():
    numbers = TableColumns((NumericColumn(name="a"), NumericColumn(name="b")))
    text = section(table_page(of_numbers(numbers, influence=influence(NARROW))), "run")
    assert "2 columns become 2 inputs: numbers are standardised. The output is" in text
    both = section(table_page(of_numbers()), "run")
    assert "numbers are standardised, each category is an input, and whether a value is" in both


def test_more_columns_are_in_a_closed_table():
    page = table_page(of_numbers(WIDE))
    assert "<summary>The other 19 columns</summary>" in page
    assert "<summary>The other" not in table_page(of_numbers(NARROW))


def test_a_regression_has_curves_of_rows_and_classes_have_a_curve_each():
    numbers, classes = (importance_chart(make()) for make in (of_numbers, of_classes))
    assert numbers.count('<polyline class="single"') == 7
    assert numbers.count('<polyline class="train"') == 1
    assert numbers.count("<circle") == 3
    assert "<title>age 20.5: 0.17</title>" in numbers
    for index in range(2):
        assert classes.count(f'<polyline class="class-line class-{index}"') == 1
    assert classes.count("<circle") == 6
    assert "<title>age 20.5: no 16.07 %</title>" in classes


def importance_chart(table_results):
    page = table_page(table_results)
    start = page.index('<div class="panels dependence">')
    return page[start : page.index("</svg>", start)]


def test_the_bars_of_categories_begin_at_the_mean_prediction():
    page = table_page(of_numbers())
    x, width = re.search(r'<rect class="train" x="(.*?)" .*? width="(.*?)" ', page).groups()
    # From 0.25 to 0.75 is 0.8 of the axis: the values are from 0.125 to 0.75, with 5 % at each end.
    left = round(12 + 6.8 * 16)
    assert float(width) == pytest.approx((346 - left) * 0.5 / 0.6875, abs=0.1)
    assert float(x) == pytest.approx(left + (346 - left) * 0.15625 / 0.6875, abs=0.1)


def test_a_missing_number_has_its_prediction_below_the_chart():
    assert "<figcaption>Where it is missing: 0.25.</figcaption>" in table_page(of_numbers())


def test_the_table_has_the_prediction_at_each_value():
    text = section(table_page(of_numbers()), "columns")
    assert "age 10 0.12 age 20.5 0.17 age 70 0.21 age missing 0.25 city Bern 0.75" in text


@pytest.mark.parametrize("make", [of_numbers, of_classes])
def test_without_rows_the_page_has_no_value_of_them(make):
    page = table_page(make(embed_rows=False))
    assert "This page embeds no values of test rows" in page
    assert "Bern" not in section(page, "predictions")
    assert "age" not in section(page, "predictions")
    assert "test row" in section(page, "predictions")


def test_without_rows_a_regression_has_no_actual_and_predicted_numbers():
    """Row 39 is 39, and predicted as 117."""
    page = table_page(of_numbers(embed_rows=False))
    text = section(page, "predictions")
    assert "test row residual 39 -78.00 38 -76.00" in text
    assert "39.00" not in text
    assert "117.00" not in text
    scatter = page[page.index('class="scatter"') : page.index("Largest errors")]
    assert scatter.count("<circle") == 2 * ROWS
    assert "<title>" not in scatter
    assert "the rows with the largest errors, with their residuals" in page
    assert "the numbers of mistaken test rows" in table_page(of_classes(embed_rows=False))


def test_the_values_of_many_columns_are_closed_at_first():
    page = table_page(of_classes(WIDE))
    assert page.count("<details><summary>34 values</summary>") == 20
    assert " values</summary>" not in table_page(of_classes(NARROW))


def test_a_regression_has_no_accuracy():
    page = table_page(of_numbers())
    assert "accuracy" not in page[: page.index("<script>")].lower()


@pytest.mark.parametrize("make", [of_numbers, of_classes])
@pytest.mark.parametrize("columns", [NARROW, WIDE], ids=["narrow", "wide"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_fits_its_window(show_table, make, columns, width):
    browser = show_table(make(columns), width=width, dark=width == 390)
    assert browser.run("document.documentElement.scrollWidth") == width
    browser.run("document.querySelectorAll('details').forEach((e) => { e.open = true; })")
    assert browser.run("document.documentElement.scrollWidth") == width
    # A heading of 200 letters takes some lines, and no screen.
    tallest = "Math.max(...Array.from(document.querySelectorAll('tr'), (e) => e.offsetHeight))"
    assert browser.run(tallest) < 150
    assert (browser.messages, len(browser.requested)) == ([], 1)


def test_a_point_names_its_row_and_numbers(show_table):
    browser = show_table(of_numbers())
    last = browser.page.locator("svg.scatter").first.locator("circle").last
    assert last.locator("title").text_content() == "test row 39: actual 39.00, predicted 117.00"
    last.hover()
    fill = browser.run("getComputedStyle(document.querySelector('svg.scatter circle:hover')).fill")
    other = browser.run("getComputedStyle(document.querySelector('svg.scatter circle')).fill")
    assert fill != other


def test_a_tap_near_a_point_shows_its_numbers(show_table):
    browser = show_table(of_numbers(), width=390)
    browser.page.locator("svg.scatter").first.scroll_into_view_if_needed()
    box = browser.page.locator("svg.scatter").first.locator("circle").last.bounding_box()
    browser.page.touchscreen.tap(box["x"] + box["width"] + 8, box["y"])
    reading = browser.page.locator(".point-reading").first
    assert reading.text_content() == "test row 39: actual 39.00, predicted 117.00"


def test_an_opened_row_fits_a_phone(show_table):
    browser = show_table(of_classes(WIDE), width=390)
    browser.page.locator(".contributions summary").first.click()
    overflow = "(([e]) => e.scrollWidth - e.clientWidth)(document.querySelectorAll('{}'))"
    assert browser.run(overflow.format(".contributions .wide")) == 0
    assert browser.run(overflow.format(".importance .wide")) == 0
    assert browser.run("document.documentElement.scrollWidth") == 390


def test_a_cell_of_the_confusions_selects_its_rows(show_table):
    browser = show_table(of_classes())
    shown = (
        "Array.from(document.querySelectorAll('#mistakes > li')).filter((e) => !e.hidden).length"
    )
    assert browser.run(shown) == 10
    browser.page.locator(".confusion button").first.click()
    assert browser.run(shown) == 20


def test_columns_that_nothing_measured_have_a_reason_instead():
    page = table_page(of_numbers(influence=None, refusal="it needs <another> BLAS"))
    assert "There is no measurement: it needs &lt;another&gt; BLAS." in page
    assert "Importance by permutation</caption>" not in page


def compared(browser, identity):
    """Return the texts of the cells of each row of a table of the comparison."""
    rows = browser.page.locator(f"#compare-{identity} tbody tr").all()
    return [row.locator("th, td").all_text_contents() for row in rows]


def test_two_regressions_are_compared(show_table, compare):
    other = of_numbers(
        test={"loss": 0.5, "mae": 39.5, "r2": -9.0, "rmse": 44.0, "total": ROWS},
        parameters={"train": {"seed": 2}},
    )
    browser = show_table(of_numbers())
    assert compare(browser, table_page(other)) == "other.html beside this report."
    metrics = {name: cells for name, *cells in compared(browser, "metrics")}
    assert metrics["Test RMSE"] == ["45", "44", "\N{MINUS SIGN}1"]
    assert metrics["Test MAE"] == ["39", "39.5", "+0.5"]
    assert metrics["R²"] == ["\N{MINUS SIGN}9", "\N{MINUS SIGN}9", "0"]
    assert compared(browser, "parameters") == [["train.seed", "1", "2"]]
    titles = browser.page.locator("#compare-curves .title").all_text_contents()
    assert titles == ["validation loss", "training loss"]
    assert browser.messages == []


def test_classes_and_numbers_have_parameters_and_metrics_in_common(show_table, compare):
    browser = show_table(of_classes())
    assert compare(browser, table_page(of_numbers())) == (
        "other.html beside this report. It is a report of a table of numbers, this one of a table "
        "of classes: only the settings of params.yaml and the metrics of both are compared."
    )
    losses = {name: cells for name, *cells in compared(browser, "metrics") if name.endswith("loss")}
    assert [cells[2] for cells in losses.values()] == ["\N{EN DASH}"] * len(losses)
    assert len(losses) >= 2
    names = [name for name, *_ in compared(browser, "metrics")]
    assert names == ["Test loss", "Training loss", "Epochs", "Epoch of the weights"]
    sources = browser.page.locator("#compare-sources li").all_text_contents()
    assert sources[-1] == "The same settings of params.yaml."
    assert browser.page.is_hidden("#compare-curves")


@pytest.mark.parametrize("is_table_opened", [True, False])
def test_a_table_and_images_have_parameters_and_metrics_in_common(
    browser, tmp_path, compare, is_table_opened
):
    texts = {"a table of classes": table_page(of_classes()), "images": image_page(small_results())}
    here, there = texts if is_table_opened else reversed(texts)
    (tmp_path / "report.html").write_text(texts[here], encoding="utf-8")
    browser.open(tmp_path / "report.html")
    assert f"It is a report of {there}, this one of {here}:" in compare(browser, texts[there])
    assert "Test accuracy" in [name for name, *_ in compared(browser, "metrics")]
    assert browser.page.locator("#compare-alike").is_hidden()
    assert browser.messages == []


@pytest.mark.parametrize("width", [320, 1280])
def test_the_comparison_of_tables_fits_its_window(show_table, compare, width):
    browser = show_table(of_numbers(), width=width)
    parameters = {UNBROKEN: UNBROKEN, "list": list(range(100))}
    compare(browser, table_page(of_numbers(dataset="y" * 90, parameters=parameters)))
    assert browser.run("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("make", [of_numbers, of_classes])
def test_the_comparison_of_a_table_is_explained(make):
    assert unexplained(table_page(make())) == []


def test_a_file_that_is_dropped_does_not_leave_the_page(show_table):
    browser = show_table(of_numbers())
    is_prevented = browser.run(
        """(() => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File(["no picture"], "x.png"));
          const options = { dataTransfer, bubbles: true, cancelable: true };
          return ["dragover", "drop"].map((type) => {
            const event = new DragEvent(type, options);
            document.querySelector("footer").dispatchEvent(event);
            return event.defaultPrevented;
          });
        })()"""
    )
    assert is_prevented == [True, True]
    status = browser.page.locator("#compare-refusal", has_text="x.png")
    status.wait_for()
    assert status.text_content() == (
        "x.png: a page of a table takes no pictures. Drop the report.html of another run."
    )
    assert browser.run("document.activeElement.id") == "compare"


@pytest.mark.parametrize("make", [of_numbers, of_classes])
def test_one_region_of_the_page_is_live(show_table, make):
    browser = show_table(make())
    assert live_regions(browser) == ["speech"]
