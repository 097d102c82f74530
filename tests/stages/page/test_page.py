"""The report page as text: its content, its escaping, and that it refers to no file."""

import base64
import dataclasses
import hashlib
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from contrast import contrast, from_hex
from page_pictures import pictures_of
from page_results import HOSTILE_NAMES, TRAIN, history, random_model, small_results

from nncore.config.architecture import Architecture
from stages.page.confusion import confusion
from stages.page.curves import learning_curves
from stages.page.images import parameters
from stages.page.images.document import page
from stages.shared.fingerprint import ROOT
from stages.shared.report_inputs import Predictions

VOID = {"img", "input", "link", "meta"}


class Outline(HTMLParser):
    """The elements and the text of a document; elements must be properly nested."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.texts = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def attributes_of(text, tag):
    return [attributes for name, attributes in Outline(text).elements if name == tag]


def script_text(text, identity):
    found = re.search(rf'<script type="[^"]+" id="{identity}">(.*?)</script>', text, re.DOTALL)
    return found[1]


def cells(text):
    """Return the texts of each row of a table."""
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in text.split("<tr>")[1:]]
    # No line breaks within a percentage.
    return [[re.sub(r"<[^>]+>", "", cell).replace("\xa0", " ") for cell in row] for row in rows]


@pytest.mark.parametrize("names", [("a", "b", "c"), HOSTILE_NAMES, tuple(map(str, range(60)))])
def test_elements_are_properly_nested(names):
    assert Outline(page(small_results(names))).open == []


def test_every_id_is_unique():
    elements = Outline(page(small_results())).elements
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert len(ids) == len(set(ids)) > 10


def test_every_reference_names_an_element():
    elements = Outline(page(small_results())).elements
    ids = {attributes.get("id") for _, attributes in elements}
    keys = ("for", "aria-labelledby", "aria-describedby")
    references = {
        reference
        for _, attributes in elements
        for key in keys
        for reference in attributes.get(key, "").split()
    }
    references |= {attributes["href"][1:] for tag, attributes in elements if tag == "a"}
    assert references <= ids


def test_the_same_results_give_the_same_text():
    assert page(small_results()) == page(small_results())


def test_class_names_add_no_markup():
    harmless = [tag for tag, _ in Outline(page(small_results())).elements]
    assert [tag for tag, _ in Outline(page(small_results(HOSTILE_NAMES))).elements] == harmless


def test_class_names_are_unchanged():
    text = page(small_results(HOSTILE_NAMES))
    assert json.loads(script_text(text, "model"))["names"] == list(HOSTILE_NAMES)
    assert set(HOSTILE_NAMES) <= set(Outline(text).texts)


def test_the_name_of_the_data_set_and_parameters_add_no_markup():
    text = page(small_results(dataset="<b>", parameters={"<i>": "<u>"}))
    assert {"b", "i", "u"}.isdisjoint(tag for tag, _ in Outline(text).elements)


def test_no_element_refers_to_a_file():
    loading = ("src", "srcset", "poster", "action", "data", "background", "xlink:href")
    for tag, attributes in Outline(page(small_results())).elements:
        assert not [key for key in loading if key in attributes]
        expected = {"a": "#", "link": "data:,"}
        assert attributes.get("href", expected.get(tag, "")).startswith(expected.get(tag, ""))


def test_the_only_address_in_style_and_scripts_is_that_of_svg():
    text = page(small_results())
    addresses = re.findall(r"https?://[^\"']*|url\(|@import|fetch\(|import\(", text)
    assert addresses == ["http://www.w3.org/2000/svg"]


def test_the_policy_allows_only_this_script_and_this_style():
    text = page(small_results())
    policy = next(
        entry["content"] for entry in attributes_of(text, "meta") if "http-equiv" in entry
    )
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    for rule, tag in (("script-src", "script"), ("style-src", "style")):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"


def test_the_page_has_the_parameters_of_the_network():
    results = small_results()
    values = np.frombuffer(base64.b64decode(script_text(page(results), "parameters")), "<f4")
    assert np.array_equal(values, results.model.network.parameters)


def test_a_page_without_its_large_network_gives_the_reason(monkeypatch):
    monkeypatch.setattr(parameters, "MAX_PARAMETER_BYTES", 100)
    text = page(small_results())
    assert 'id="parameters"' not in text
    assert 'id="pad"' not in text
    assert "The network's 83 parameters would make this page larger than" in text


@pytest.mark.parametrize(("inputs", "fits"), [(374_999, True), (375_001, False)])
def test_twenty_megabytes_hold_three_and_three_quarter_million_parameters(inputs, fits):
    model = random_model(Architecture(hidden=()), (inputs, 1), "0123456789")
    assert parameters.fits(model) == fits


def test_images_are_the_surest_mistakes_an_example_of_each_class_and_the_least_sure_right_ones():
    pixels = np.arange(5 * 12, dtype=np.uint8).reshape(5, 12)
    predictions = Predictions(
        ["a", "b", "c", "a", "a"],
        ["b", "b", "a", "a", "a"],
        np.array([0.6, 0.9, 0.7, 0.9, 0.9]),
        np.array([4, 3, 2, 1, 0]),
    )
    scaled = (pixels / np.float32(255)).astype(np.float32)
    text = page(
        dataclasses.replace(
            small_results(images=5, predictions=predictions, training_examples=None), images=scaled
        )
    )
    # Rows 2 and 0 are wrong; of those right, row 3 is the first a and row 1 the only b; row 4 is
    # right too.
    shown = {
        entry["aria-label"]: int(entry["data-picture"])
        for entry in attributes_of(text, "canvas")
        if "data-picture" in entry
    }
    pictures = pictures_of(text, 12)
    assert len(pictures) == 5
    for label, picture in shown.items():
        number = int(label.removeprefix("Test image ").split(":")[0])
        assert np.array_equal(pictures[picture], pixels[number])
    assert sorted(label.replace("\xa0", " ") for label in shown) == [
        "Test image 0: a recognised, 90.0 %",
        "Test image 1: a",
        "Test image 1: a recognised, 90.0 %",
        "Test image 2: c taken for a, 70.0 %",
        "Test image 3: b",
        "Test image 3: b recognised, 90.0 %",
        "Test image 4: a taken for b, 60.0 %",
    ]


def test_a_page_of_other_things_than_digits_has_no_pad():
    results = small_results()
    model = dataclasses.replace(results.model, pictures="as-is")
    text = page(dataclasses.replace(results, model=model))
    ids = {attributes.get("id") for _, attributes in Outline(text).elements}
    assert ids.isdisjoint({"try", "pad", "network"})
    assert {"parameters", "test-images"} <= ids
    assert "#try" not in text
    assert "An example of each class" in text
    assert "An example of each class" not in page(results)


def test_a_colour_image_has_its_bytes_in_the_page():
    results = small_results(shape=(4, 3, 3))
    model = json.loads(script_text(page(results), "model"))
    pictures = pictures_of(page(results), 36)
    assert model["shape"] == [4, 3, 3]
    originals = np.rint(255 * results.images).astype(np.uint8)
    assert {row.tobytes() for row in pictures} <= {row.tobytes() for row in originals}
    assert len(pictures) > 2
    assert "The inputs are 4 &times; 3 pixels in red, green and blue" in page(results)


@pytest.mark.parametrize("shape", [(4, 3), (4, 3, 3)])
def test_no_image_is_in_a_page_that_leaves_images_out(shape):
    results = small_results(shape=shape, embed_images=False)
    text = page(results)
    assert json.loads(script_text(text, "model"))["pictures"] == ""
    assert not [entry for entry in attributes_of(text, "canvas") if "data-picture" in entry]
    assert [entry for entry in attributes_of(text, "canvas") if "data-unit" in entry]
    assert "This page embeds no image of the data" in text
    mistakes = len([entry for entry in attributes_of(text, "li") if "data-actual" in entry])
    assert mistakes == sum(
        a != p
        for a, p in zip(results.predictions.actual, results.predictions.predicted, strict=True)
    )


def test_the_page_says_how_many_images_it_embeds():
    text = page(small_results())
    assert "This page embeds 12 of 12 test images and 2 training images" in text


def test_the_confusion_matrix_has_counts_recall_and_precision():
    actual = ["a", "a", "a", "b", "c", "c"]
    predicted = ["a", "b", "b", "b", "c", "a"]
    assert cells(confusion(actual, predicted, ("a", "b", "c"))) == [
        ["", "a", "b", "c", "recall, %"],
        ["a", "1", "2", "0", "33.3"],
        ["b", "0", "1", "0", "100.0"],
        ["c", "1", "0", "1", "50.0"],
        ["precision, %", "50.0", "33.3", "100.0", ""],
    ]


def test_a_recall_beside_a_mistake_is_not_100_percent():
    actual, predicted = ["a"] * 2000 + ["b"], ["b"] + ["a"] * 1999 + ["b"]
    assert cells(confusion(actual, predicted, ("a", "b")))[1] == ["a", "1999", "1", "> 99.9"]


def test_the_most_frequent_mistake_has_the_strongest_colour_and_a_single_one_the_weakest():
    text = confusion(["a"] * 11, ["b"] * 10 + ["c"], ("a", "b", "c"))
    assert re.findall(r'class="(heat\d)"[^>]*>(\d+)<', text) == [("heat5", "10"), ("heat1", "1")]


def test_more_than_forty_classes_give_a_list_of_mistakes():
    names = tuple(f"class {number}" for number in range(41))
    actual, predicted = [names[1], *names[:3]], [names[2], names[0], names[2], names[2]]
    rows = cells(confusion(actual, predicted, names))
    assert rows[:2] == [["actual", "predicted", "times"], ["class 1", "class 2", "2"]]
    assert rows[3:6] == [
        ["class 0", "100.00 %", "100.00 %"],
        ["class 1", "0.00 %", "0.00 %"],
        ["class 2", "100.00 %", "33.33 %"],
    ]
    assert len(rows) == 3 + 41


def test_without_mistakes_the_page_counts_none():
    predictions = Predictions(["a", "b"], ["a", "b"], np.array([1.0, 1.0]), np.array([0, 1]))
    assert "No mistakes among 2 test images." in page(
        small_results(images=2, predictions=predictions)
    )


def test_all_mistakes_or_the_most_confident_of_them_are_counted(monkeypatch):
    predictions = Predictions(["a"] * 3, ["b"] * 3, np.array([0.5, 0.6, 0.7]), np.arange(3))
    results = small_results(images=3, predictions=predictions)
    assert "3 mistakes among 3 test images, the most confident first." in page(results)
    monkeypatch.setattr("stages.page.images.galleries.MAX_MISTAKES", 2)
    assert "The 2 most confident of 3 mistakes among 3 test images" in page(results)


def test_the_curves_table_has_each_epoch():
    rows = cells(learning_curves(history(1)))
    accuracies = ["training accuracy", "validation accuracy"]
    assert rows == [
        ["epoch", "training loss", "validation loss", *accuracies, "learning rate"],
        ["0", "2", "2", "0.00 %", "0.00 %", "0"],
        ["1", "1", "1.5", "50.00 %", "25.00 %", "0.25"],
    ]


def points(text):
    found = re.findall(r'<polyline class="(\w+)" data-first="(\d)" points="([^"]+)"', text)
    return [
        (name, int(first), [[float(value) for value in point.split(",")] for point in line.split()])
        for name, first, line in found
    ]


def test_a_point_of_a_curve_has_the_coordinates_of_its_epoch_and_value():
    """Losses 2 and 1 on a scale from 0 to 2.16, between 194 and 30 of the drawing."""
    name, first, ((x0, y0), (x1, y1)) = points(learning_curves(history(1)))[0]
    assert (name, first, x0, x1) == ("train", 0, 46, 350)
    assert (y0, y1) == pytest.approx((42.15, 118.07), abs=0.01)


@pytest.mark.parametrize(("epochs", "first"), [(0, 0), (1, 0), (2, 1), (5, 1)])
def test_a_longer_curve_of_the_accuracy_leaves_epoch_0_out(epochs, first):
    lines = [line for line in points(learning_curves(history(epochs))) if line[0] != "rate"]
    assert [line[1] for line in lines] == [0, 0, first, first]


def test_losses_over_a_decade_have_a_logarithmic_scale():
    """Each halving of the loss is the same distance."""
    heights = [y for _, y in points(learning_curves(history(5)))[0][2]]
    assert np.diff(heights) == pytest.approx(heights[1] - heights[0], abs=0.02)


def test_without_a_validation_set_each_panel_has_one_curve():
    text = page(small_results(history=history(validation=False), train=TRAIN))
    assert [name for name, *_ in points(text)] == ["train", "train", "rate"]
    assert "Validation" not in text


@pytest.mark.parametrize("epochs", [0, 1, 2, 1000])
def test_any_number_of_epochs_can_be_drawn(epochs):
    lines = points(learning_curves(history(epochs)))
    assert {len(line) + first for _, first, line in lines} == {epochs + 1}


def test_constant_values_can_be_drawn():
    still = {name: np.zeros(3) for name in history()} | {"epoch": np.arange(3.0)}
    assert all(np.isfinite(line).all() for *_, line in points(learning_curves(still)))


def test_a_sentence_has_the_data_and_the_number_of_epochs():
    text = " ".join(Outline(page(small_results(images=7))).texts)
    assert "Data: a set. The training took 3 epochs and read none of the 7 test images." in text


@pytest.mark.parametrize(("name", "is_said"), [("none", False), ("exponential", True)])
def test_averaged_weights_are_those_of_validation_and_test(name, is_said):
    text = page(small_results(parameters={"train": {"average": {"name": name}}}))
    assert ("Validation and test are those of the averaged weights" in text) == is_said


def test_the_parameters_are_shown_as_in_params_yaml():
    text = page(small_results(parameters={"model": {"hidden": [9], "none": None}, "on": True}))
    assert [row for row in cells(text) if row[0] in {"model.hidden", "model.none", "on"}] == [
        ["model.hidden", "[9]"],
        ["model.none", ""],
        ["on", "true"],
    ]


def test_the_provenance_and_the_digest_of_the_model_are_shown():
    results = small_results()
    model = dataclasses.replace(results.model, provenance={"code": "c0de", "list": [1]})
    text = page(dataclasses.replace(results, model=model))
    for row in (["code", "c0de"], ["list", "[1]"], ["model file, MD5 as in dvc.lock", "0123abcd"]):
        assert row in cells(text)


def colours(rules):
    found = re.findall(r"--(paper|card|ink|faint|blue|vermilion): (#\w{6});", rules)
    return {name: from_hex(value) for name, value in found}


SHEET, TABLES = (
    (ROOT / f"stages/page/styles/{name}.css").read_text(encoding="utf-8")
    for name in ("page", "tables")
)
LIGHT, DARK = map(colours, re.findall(r"html \{(.*?)\}", SHEET, re.DOTALL))
HEAT = [0.0, *map(float, re.findall(r"rgb\(213 94 0 / ([\d.]+)\)", TABLES))]


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("text", ["ink", "faint", "blue", "vermilion"])
@pytest.mark.parametrize("ground", ["paper", "card"])
def test_text_has_a_contrast_of_at_least_four_and_a_half(scheme, text, ground):
    assert contrast(scheme[text], scheme[ground]) >= 4.5


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("opacity", HEAT)
def test_counts_can_be_read_on_every_colour_of_the_matrix(scheme, opacity):
    orange = (213 / 255, 94 / 255, 0)
    ground = [opacity * o + (1 - opacity) * p for o, p in zip(orange, scheme["paper"], strict=True)]
    assert contrast(scheme["ink"], ground) >= 4.5


@pytest.mark.parametrize(
    "path", sorted((ROOT / "stages/page/scripts").rglob("*.js")), ids=lambda p: p.name
)
def test_no_script_ends_the_element_that_holds_it(path):
    """One that names an end tag must break it with a backslash."""
    assert "</script" not in path.read_text(encoding="utf-8").casefold()
