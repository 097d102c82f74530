"""A page that compares itself with another report, which may be any file."""

import base64
import json
import re
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from lab_page import press
from page_results import history, mnist_sample, random_model, results, small_results

from nncore.config.architecture import Architecture
from nncore.data.preprocessing import Normalization
from stages.page.images.document import page
from stages.shared.fingerprint import ROOT

OTHER_PARAMETERS = {"train": {"lr": 0.25, "name": "<sgd>", "none": None, "seed": 3}}


@pytest.fixture(scope="module")
def other_model():
    """Return a model of digits with other layers and another normalization, and random weights."""
    normalization = Normalization(33.318421, 78.567489)
    return random_model(Architecture(hidden=(20, 15)), normalization=normalization)


@pytest.fixture(scope="module")
def other_text(other_model):
    """Return the page of `other_model` on the same test images, with other parameters."""
    shown = results(
        other_model,
        *mnist_sample(ROOT),
        parameters=OTHER_PARAMETERS,
        history=history(5),
        digest="ffff",
    )
    return page(shown)


def sentence(browser):
    """Wait until predictions are compared, and return their sentence."""
    images = browser.page.locator("#compare-images")
    images.filter(has_text=re.compile("differ on|not compared")).wait_for()
    return images.text_content()


def rows(browser, identity):
    """Return the texts of the cells of each row of a table, without its header."""
    return [
        [text.replace("\u00a0", " ") for text in row.locator("th, td").all_text_contents()]
        for row in browser.page.locator(f"#compare-{identity} tbody tr").all()
    ]


def sources(browser):
    """Return the lines on code, data and parameters."""
    return browser.page.locator("#compare-sources li").all_text_contents()


def with_json(text, identity, change):
    """Return a page with other values in a JSON element."""

    def changed(found):
        values = json.loads(found[2])
        change(values)
        return found[1] + json.dumps(values).replace("<", r"\u003c") + found[3]

    pattern = rf'(<script type="application/json" id="{identity}">)(.*?)(</script>)'
    text, count = re.subn(pattern, changed, text, flags=re.DOTALL)
    assert count == 1
    return text


def test_images_on_which_two_models_differ_are_those_of_python(
    opened, compare, digit_model, other_model, other_text
):
    assert compare(opened, other_text) == "other.html beside this report."
    images, labels = mnist_sample(ROOT)
    numbers = np.array(opened.run("nncore.testImages().numbers"))
    actual = labels[numbers].astype(int)
    here, there = (model.classify(images[numbers]).classes for model in (digit_model, other_model))
    differing = here != there
    assert sentence(opened) == (
        f"Of the {len(numbers)} test images in both pages, this model is right on "
        f"{np.count_nonzero(here == actual)}, the other on {np.count_nonzero(there == actual)}. "
        f"They differ on {np.count_nonzero(differing)}."
    )
    groups = {
        "Right here, wrong there": differing & (here == actual),
        "Wrong here, right there": differing & (there == actual),
        "Wrong in both, with different classes": differing & (here != actual) & (there != actual),
    }
    assert all(group.any() for group in groups.values())
    headings = opened.page.locator("#compare-differences h4").all_text_contents()
    lists = opened.page.locator("#compare-differences ol").all()
    for (title, group), heading, shown in zip(groups.items(), headings, lists, strict=True):
        assert heading.split(",")[0].startswith(title.split(",")[0])
        assert f": {np.count_nonzero(group)}" in heading
        expected = [
            f"Test image {numbers[k]}: {actual[k]}, this model {here[k]}, the other {there[k]}. "
            "Look inside"
            for k in np.flatnonzero(group)[:24]
        ]
        buttons = shown.locator("button").all()
        assert [button.get_attribute("aria-label") for button in buttons] == expected
    assert opened.messages == []


def test_metrics_are_side_by_side(opened, compare, digit_page, other_text):
    compare(opened, other_text)
    text = digit_page.read_text(encoding="utf-8")
    values = [
        json.loads(re.search(r'id="run-numbers">(.*?)</script>', source)[1])["metrics"]
        for source in (text, other_text)
    ]
    here, there = (dict(row[:2] for row in metrics)["Test accuracy"] for metrics in values)
    shown = rows(opened, "metrics")
    percentages = [f"{100 * value:.2f}" for value in (here, there)]
    difference = Decimal(percentages[1]) - Decimal(percentages[0])
    points = f"{difference:+} points".replace("-", "\N{MINUS SIGN}")
    assert shown[0] == ["Test accuracy", *(f"{value} %" for value in percentages), points]
    assert ["Validation loss", "0.5", "0.5", "0"] in shown
    assert ["Epochs", "3", "3", "0"] in shown


def test_only_parameters_that_differ_are_listed(opened, compare, other_text):
    compare(opened, other_text)
    absent = "\N{EN DASH}"
    assert rows(opened, "parameters") == [["train.lr", "0.5", "0.25"], ["train.seed", absent, "3"]]
    assert sources(opened)[-1] == "2 of 4 settings of params.yaml differ."


def test_the_curves_of_both_have_a_point_for_each_epoch(opened, compare, other_text):
    compare(opened, other_text)
    panels = opened.page.locator("#compare-curves svg")
    titles = opened.page.locator("#compare-curves .title").all_text_contents()
    assert titles == [
        "validation loss",
        "validation accuracy, %",
        "training loss",
        "training accuracy, %",
    ]
    for panel in panels.all():
        here, there = (
            line.get_attribute("points").split() for line in panel.locator("polyline").all()
        )
        # Epoch 0 is left out; both runs have the same values at the same epochs.
        assert (len(here), len(there)) == (3, 5)
        assert here == there[:3]
    label = panels.first.get_attribute("aria-label")
    assert label == ("Curves of validation loss. At the last epoch: this 0.8438, other 0.4746.")


def test_a_report_beside_itself_differs_in_nothing(opened, compare, digit_page):
    status = compare(opened, digit_page.read_text(encoding="utf-8"))
    assert status.endswith("Both models have the same bytes.")
    assert sentence(opened).endswith("They differ on 0.")
    assert rows(opened, "parameters") == []
    assert {row[-1] for row in rows(opened, "metrics")} == {"0"}


def test_the_edited_network_is_not_compared(opened, compare, digit_page):
    opened.page.fill("[data-edit=noise] [name=amount]", "5")
    press(opened, "noise")
    compare(opened, digit_page.read_text(encoding="utf-8"))
    assert sentence(opened).endswith("They differ on 0.")


def test_an_image_opens_in_pad_and_inspection(opened, compare, other_text):
    compare(opened, other_text)
    sentence(opened)
    button = opened.page.locator("#compare-differences button").first
    title = button.get_attribute("aria-label").split(", ")[0]
    button.press("Enter")
    assert opened.page.text_content("#inspected").startswith(f"{title}. Prediction: ")


def test_pages_of_other_test_images_compare_all_but_predictions(opened, compare, other_model):
    images, labels = mnist_sample(ROOT)
    text = page(
        results(other_model, images[::-1], labels[::-1], dataset="another set", digest="ffff")
    )
    status = compare(opened, text)
    assert status == "other.html beside this report. Its data set is another set, this one's a set."
    assert sentence(opened) == (
        "The pages have other test images, so that predictions are not compared."
    )
    assert len(rows(opened, "metrics")) > 5


@pytest.mark.parametrize("side", ["This", "The other"])
@pytest.mark.parametrize("why", ["large", "no images"])
def test_a_page_without_predictions_compares_all_else(show, compare, monkeypatch, side, why):
    whole = small_results()
    less = replace(whole, embed_images=why != "no images")
    other = page(whole)
    if side == "The other":
        browser = show(whole)
    with monkeypatch.context() as patch:
        if why == "large":
            patch.setattr("stages.page.images.parameters.MAX_PARAMETER_BYTES", 0)
        if side == "The other":
            other = page(less)
        else:
            browser = show(less)
    compare(browser, other)
    assert sentence(browser) == (
        f"{side} page has no test images or no parameters to predict with, so that predictions "
        "are not compared."
    )
    assert len(rows(browser, "metrics")) > 5
    assert browser.messages == []


def test_the_curves_that_one_run_lacks_are_drawn_alone(show, compare):
    browser = show(small_results(history=history(validation=False)))
    compare(browser, page(small_results()))
    titles = browser.page.locator("#compare-curves .title").all_text_contents()
    lines = [
        len(panel.locator("polyline").all())
        for panel in browser.page.locator("#compare-curves svg").all()
    ]
    assert dict(zip(titles, lines, strict=True)) == {
        "training loss": 2,
        "training accuracy, %": 2,
        "validation loss": 1,
        "validation accuracy, %": 1,
    }
    label = browser.page.locator("#compare-curves svg").nth(2).get_attribute("aria-label")
    assert label.endswith("At the last epoch: this none, other 0.8438.")


# Each makes another report of a good one, which is refused with the text.
DAMAGES = {
    "no report": (lambda _: "a letter", "a report of nncore, from this version or a later one"),
    "empty": (lambda _: "", "a report of nncore, from this version or a later one"),
    "binary": (lambda _: bytes(range(256)) * 50, "a report of nncore"),
    "half": (lambda text: text[: text.index('id="run-numbers"') + 300], "JSON in"),
    "no script": (
        lambda text: text.replace(
            '<script type="application/json" id="run-numbers">',
            '<script id="run-numbers">',
        ),
        "a report of nncore, from this version or a later one",
    ),
    "wrong JSON": (lambda text: text.replace('"curves":[', '"curves":[[', 1), "JSON in"),
    "list": (
        lambda text: re.sub(r'(id="run-numbers">).*?(</script>)', r"\1null\2", text),
        "a JSON object in the element run-numbers",
    ),
}
VALUES = {
    "format": ("run-numbers", "format", "nncore report 9", "the format nncore report 2"),
    "kind": ("run-numbers", "kind", "__proto__", "a report of images or of a table"),
    "code": ("run-numbers", "code", 1, "names of data set, model, code and data"),
    "dataset": ("run-numbers", "dataset", ["a"], "names of data set, model, code and data"),
    "metrics": ("run-numbers", "metrics", [["a", "1", False]], "metrics with"),
    "infinite": ("run-numbers", "metrics", [["a", 1e999, False]], "JSON in"),
    "parameters": ("run-numbers", "parameters", {"a": "b"}, "parameters with"),
    "many": ("run-numbers", "parameters", [["a", "b"]] * 2001, "parameters with"),
    "curves": ("run-numbers", "curves", [["a", [1, None], False]], "curves of numbers"),
    "no epochs": ("run-numbers", "curves", [["a", [], False]], "curves of numbers"),
    "sizes": ("model", "sizes", [784, -40, 10], "the sizes of layers"),
    "huge": ("model", "sizes", [784, 1e300, 10], "the sizes of layers"),
    "activation": ("model", "activations", ["constructor"] * 3, "an activation of"),
    "prototype": ("model", "activations", ["__proto__"] * 3, "an activation of"),
    "std": ("model", "std", 0, "a mean and a standard deviation"),
    "shape": ("model", "shape", [28, 29], "a shape of its inputs"),
    "names": ("model", "names", ["a"], "a name of each class"),
    "labels": ("test-images", "labels", [10], "numbers and labels"),
    "packed": ("test-images", "packed", {"a": 1}, "numbers and labels"),
}


def refusal(expected):
    return re.compile(rf"other\.html: expected {re.escape(expected)}[^\n]*; got another file\.")


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_file_that_is_no_report_is_refused_in_a_line(opened, compare, other_text, damage):
    change, expected = DAMAGES[damage]
    status = compare(opened, change(other_text))
    assert refusal(expected).match(status)
    assert "\n" not in status
    assert opened.page.is_hidden("#compare-results")
    assert opened.messages == []


@pytest.mark.parametrize("name", VALUES)
def test_a_value_of_another_type_or_size_is_refused(opened, compare, other_text, name):
    identity, key, value, expected = VALUES[name]
    text = with_json(other_text, identity, lambda values: values.update({key: value}))
    assert refusal(expected).match(compare(opened, text))
    assert opened.messages == []


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("AAAA", "16,175 parameters"),
        ("~~~~", "parameters as base64"),
        (base64.b64encode(np.full(16175, np.nan, "<f4")).decode(), "finite parameters"),
    ],
)
def test_damaged_parameters_are_refused(opened, compare, other_text, content, expected):
    text = re.sub(r'(id="parameters">).*?(</script>)', rf"\g<1>{content}\2", other_text)
    assert refusal(expected).match(compare(opened, text))


def test_markup_that_multiplies_is_not_parsed(opened, compare):
    """2,000 paragraphs that repeat 400 open elements would be 800,000 elements."""
    bomb = "<p>" + "".join(f"<b a{n}>" for n in range(400)) + 2000 * "<p>x"
    assert refusal("a report of nncore").match(compare(opened, bomb))


def test_a_digest_that_is_only_claimed_makes_no_equal_models(opened, compare, digit_page):
    text = digit_page.read_text(encoding="utf-8")
    content = re.search(r'(<script type="text/plain" id="parameters">)(.{8})', text)
    changed = text.replace(content[0], content[1] + "AAAAAAAA", 1)
    assert changed != text
    assert "same bytes" not in compare(opened, changed)


@pytest.mark.parametrize(
    "change",
    [
        {"mean": 0.5},
        {"std": 2},
        {"activations": ["tanh", "softmax"]},
        {"names": list("0123456798")},
    ],
    ids=lambda change: next(iter(change)),
)
def test_models_that_compute_otherwise_have_other_bytes(opened, compare, digit_page, change):
    """The digest and the parameters are those of this page."""
    text = digit_page.read_text(encoding="utf-8")
    changed = with_json(text, "model", lambda values: values.update(change))
    status = compare(opened, changed)
    assert status.startswith("other.html beside this report.")
    assert "same bytes" not in status


def test_a_model_of_more_parameters_has_other_bytes(opened, compare, digit_page):
    """The first parameters are those of this page."""
    text = digit_page.read_text(encoding="utf-8")
    layers = {"sizes": [784, 40, 10, 10], "activations": ["relu", "relu", "softmax"]}
    changed = with_json(text, "model", lambda values: values.update(layers))
    pattern = r'(id="parameters">)(.*?)(</script>)'
    parameters = base64.b64decode(re.search(pattern, text)[2]) + bytes(4 * 110)
    content = base64.b64encode(parameters).decode()
    status = compare(opened, re.sub(pattern, rf"\g<1>{content}\3", changed))
    assert status.startswith("other.html beside this report.")
    assert "same bytes" not in status


def test_a_huge_file_is_refused_unread(opened, tmp_path):
    path = tmp_path / "huge.html"
    with path.open("wb") as file:
        file.truncate(64_000_001)
    opened.page.set_input_files("#compare-file", path)
    refusal = opened.page.locator("#compare-refusal")
    refusal.filter(has_text="a report of at most 64 MB").wait_for()


def test_images_that_unpack_to_gigabytes_are_never_unpacked(opened, compare, other_text):
    bomb = base64.b64encode(b"\0\xff" * 9_000_000).decode()
    text = with_json(other_text, "test-images", lambda values: values.update(packed=bomb))
    compare(opened, text)
    assert "other test images" in sentence(opened)


def test_scripts_and_markup_of_a_report_stay_text(opened, compare, other_text):
    markup = '<img src="/x" onerror="window.attacked = 1"><script>window.attacked = 1</script>'

    def attack(values):
        values["dataset"] = values["digest"] = markup
        values["metrics"].append([markup, 1, False])
        values["parameters"] = [[markup, markup]]
        values["curves"] = [[markup, curve, flag] for _, curve, flag in values["curves"]]

    text = with_json(other_text, "run-numbers", attack)
    text = with_json(text, "model", lambda values: values.update(names=[markup] * 10))
    text = text.replace("<main", f"{markup}<main").replace("<title>", f"{markup}<title>")
    before = len(opened.requested)
    status = compare(opened, text, "<img src=x onerror=alert(1)>.html")
    assert status.startswith("<img src=x onerror=alert(1)>.html beside this report.")
    assert markup in status
    assert markup in rows(opened, "parameters")[-1][0]
    assert opened.run("window.attacked") is None
    assert opened.page.locator("section[aria-labelledby=compare] img").count() == 0
    assert len(opened.requested) == before
    # The parsed document has handlers, which the policy of this page blocks too.
    assert all(m.startswith("Executing inline event handler") for m in opened.messages)


@pytest.mark.parametrize(
    "values", [[1e300, -1e300], [1e300] * 4, [0, 0, 0], [5e-324, 0, 5e-324], [1e20, 1e20 + 2**14]]
)
def test_extreme_curves_are_drawn_or_left_out(opened, compare, other_text, values):
    text = with_json(
        other_text,
        "run-numbers",
        lambda run: run.update(curves=[["validation loss", values, False]]),
    )
    compare(opened, text)
    panels = opened.page.locator("#compare-curves svg")
    assert panels.count() == 4
    assert panels.first.locator(".grid").count() < 8
    assert opened.messages == []


def test_a_text_of_megabytes_is_cut(opened, compare, other_text):
    text = with_json(
        other_text, "run-numbers", lambda values: values.update(dataset="x" * 3_000_000)
    )
    assert len(compare(opened, text)) < 400


def test_the_latest_of_two_reports_is_shown(opened, compare, other_text):
    first = with_json(other_text, "run-numbers", lambda values: values.update(digest="0123abcd"))
    compare(opened, first, "first.html")
    status = compare(opened, "no report", "second.html")
    compare(opened, other_text, "third.html")
    opened.page.locator("#compare-status", has_text="third.html").wait_for()
    assert status.startswith("second.html: expected")
    assert "same bytes" not in opened.page.text_content("#compare-status")


def test_a_refused_file_leaves_the_comparison_on_show(opened, compare, other_text):
    status = compare(opened, other_text)
    images = sentence(opened)
    shown = opened.page.inner_html("#compare-results")
    assert compare(opened, "no report", "second.html").startswith("second.html: expected")
    assert opened.page.is_visible("#compare-results")
    assert opened.page.inner_html("#compare-results") == shown
    assert opened.page.text_content("#compare-status") == status
    assert compare(opened, other_text, "third.html").startswith("third.html beside")
    assert opened.page.is_hidden("#compare-refusal")
    assert sentence(opened) == images


def test_a_refused_file_does_not_end_a_computation(opened, compare, other_text):
    """The slices of the computation wait until the second file is refused."""
    opened.hold_timers()
    compare(opened, other_text)
    opened.page.locator("#compare-images", has_text="Computing: ").wait_for()
    assert compare(opened, "no report", "second.html").startswith("second.html: expected")
    opened.release_timers()
    assert "They differ on" in sentence(opened)


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_comparison_is_not_wider_than_the_window(show, compare, width):
    names = ["x" * 60, "an ordinary name of several words that goes on", "z"]
    parameters = {"a" * 80: "b" * 300, "list": list(range(100))}
    browser = show(small_results(names), width=width)
    compare(browser, page(small_results(names, parameters=parameters, dataset="y" * 90)))
    sentence(browser)
    assert browser.run("document.documentElement.scrollWidth <= innerWidth")


PROVENANCE = {"code": "2:" + "ab" * 32, "data": "cd" * 32, "numerics": "exact"}


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({}, ["The same code of the training.", "The same training data."]),
        ({"code": "2:00"}, ["Other code of the training.", "The same training data."]),
        ({"data": "00"}, ["The same code of the training.", "Other training data."]),
        (
            {"code": "", "data": ""},
            [
                "Perhaps other code of the training: the other report names none.",
                "Perhaps other training data: the other report names none.",
            ],
        ),
    ],
)
def test_the_first_lines_give_what_is_the_same(show, compare, changes, lines):
    shown = small_results()
    model = replace(shown.model, provenance=PROVENANCE)
    text = page(replace(shown, model=model))
    browser = show(replace(shown, model=model))
    compare(browser, with_json(text, "run-numbers", lambda values: values.update(changes)))
    model_line = "MD5 of the model file: 0123abcd in both reports."
    assert sources(browser) == [*lines, model_line, "The same settings of params.yaml."]


def test_reports_of_the_same_name_are_told_apart_by_their_models(show, compare):
    browser = show(small_results())
    other = with_json(page(small_results()), "run-numbers", lambda v: v.update(digest="f" * 32))
    compare(browser, other)
    assert sources(browser)[2] == (
        "MD5 of the model files: 0123abcd here, ffffffff\N{HORIZONTAL ELLIPSIS} there."
    )


def test_two_reports_without_digests_are_both_named(show, compare):
    browser = show(small_results())
    compare(browser, page(small_results()))
    assert sources(browser)[:2] == [
        "Perhaps other code of the training: neither report names any.",
        "Perhaps other training data: neither report names any.",
    ]


def test_epochs_of_a_curve_have_commas_as_those_of_python(opened, compare, other_text):
    curve = ["validation loss", [1.0, 0.5] * 1001, False]
    compare(opened, with_json(other_text, "run-numbers", lambda run: run.update(curves=[curve])))
    texts = opened.page.locator("#compare-curves svg").first.locator("text").all_text_contents()
    assert {"500", "1,000", "1,500", "2,000"} <= set(texts)


def test_a_metric_of_one_run_has_an_empty_cell(opened, compare, other_text):
    def change(values):
        values["metrics"] = [["Test accuracy", 0.5, True], ["Speed", 12, False]]

    compare(opened, with_json(other_text, "run-numbers", change))
    shown = {name: cells for name, *cells in rows(opened, "metrics")}
    absent = "\N{EN DASH}"
    assert shown["Test loss"] == ["0.5", absent, absent]
    assert shown["Speed"] == [absent, "12", absent]
    assert "points" in shown["Test accuracy"][-1]


@pytest.mark.parametrize(
    ("values", "is_fraction", "cells"),
    [
        ((0.971905, 0.891862), True, ["97.19 %", "89.19 %", "\N{MINUS SIGN}8.00 points"]),
        ((0.97191, 0.97194), True, ["97.19 %", "97.19 %", "+0.00 points"]),
        ((0.30374, 0.17566), False, ["0.3037", "0.1757", "\N{MINUS SIGN}0.128"]),
        ((0.303711, 0.303712), False, ["0.3037", "0.3037", "+1.00e\N{MINUS SIGN}6"]),
        ((235146, 1235150), False, ["235,146", "1,235,150", "+1,000,004"]),
    ],
)
def test_differences_are_those_of_the_numbers_on_the_page(
    opened, compare, digit_page, tmp_path, *, values, is_fraction, cells
):
    def with_metric(value):
        text = digit_page.read_text(encoding="utf-8")
        metrics = [["x", value, is_fraction]]
        return with_json(text, "run-numbers", lambda values: values.update(metrics=metrics))

    path = tmp_path / "here.html"
    here, there = map(with_metric, values)
    path.write_text(here, encoding="utf-8")
    opened.open(path)
    compare(opened, there)
    assert rows(opened, "metrics") == [["x", *cells]]


def test_texts_that_differ_after_their_shown_beginning_differ(opened, compare, other_text):
    def change(values):
        values["parameters"] = [["train.lr", "0.5"], ["x" * 300 + "a", "1"], ["x" * 300 + "b", "2"]]

    compare(opened, with_json(other_text, "run-numbers", change))
    shown = rows(opened, "parameters")
    assert [row[0] for row in shown[-2:]] == ["x" * 200 + "\N{HORIZONTAL ELLIPSIS}"] * 2
    assert [row[2] for row in shown[-2:]] == ["1", "2"]


def test_long_parameters_are_compared_whole(show, compare):
    browser = show(small_results(parameters={"a": "b" * 300 + "c"}))
    compare(browser, page(small_results(parameters={"a": "b" * 300 + "d"})))
    assert sources(browser)[-1] == "1 of 1 settings of params.yaml differs."


def test_a_fault_of_this_page_is_no_refusal_of_the_file(opened, compare, other_text):
    opened.run("document.getElementById('run-numbers').textContent = '{}'")
    assert compare(opened, other_text) == "other.html: this page failed to compare it."
    assert opened.page.is_hidden("#compare-results")
    assert "this page: expected the format" in "".join(opened.messages)


def test_the_name_of_a_file_is_isolated_and_cut(opened, compare):
    name = "\N{RIGHT-TO-LEFT OVERRIDE}" + "x" * 150 + ".html"
    status = compare(opened, "no report", name)
    assert status.startswith("x" * 60 + "\N{HORIZONTAL ELLIPSIS}: expected a report of nncore")
    isolated = opened.page.locator("#compare-refusal bdi")
    assert isolated.text_content() == "x" * 60 + "\N{HORIZONTAL ELLIPSIS}"
    assert isolated.get_attribute("title") == "x" * 150 + ".html"


def test_labels_of_long_names_are_compared_in_time(show, compare):
    """10,000 labels of a name of a million letters would be a text of ten billion."""
    text = page(small_results())

    def change(values):
        values["labels"] = [0] * 10_000
        values["numbers"] = list(range(10_000))

    text = with_json(text, "test-images", change)
    text = with_json(text, "model", lambda values: values.update(names=["x" * 1_000_000, "b", "c"]))
    browser = show(small_results())
    compare(browser, text)
    assert "other test images" in sentence(browser)
