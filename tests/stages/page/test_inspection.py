"""The section that looks inside the network, used by pointer and keyboard."""

import re
from dataclasses import replace

import numpy as np
import pytest
from page_results import (
    mnist_sample,
    photo_results,
    random_model,
    results,
    results_with_training,
    small_results,
    training_images,
)

from nncore.analysis.activations import activations
from nncore.config.architecture import Architecture
from stages.shared.fingerprint import ROOT

MINUS = "\N{MINUS SIGN}"
# Halves of a unit in the last decimal that the page shows.
ROUNDING = 0.5 + 1e-6


def text(browser, identity):
    return browser.run(f"document.getElementById('{identity}').textContent")


def number(cell):
    return float(cell.replace(MINUS, "-"))


def shows(cell, value):
    """Return whether a cell shows a number, rounded to the cell's decimals."""
    plain = cell.replace(MINUS, "-")
    decimals = len(plain.split("e")[0].partition(".")[2])
    exponent = int(plain.partition("e")[2] or 0)
    return abs(float(plain) - value) <= ROUNDING * 10.0 ** (exponent - decimals)


def cells(browser, table):
    return browser.run(
        f"Array.from(document.querySelectorAll('#{table} tbody tr'),"
        "(row) => Array.from(row.cells, (cell) => cell.textContent))"
    )


def show_test_image(browser, image):
    browser.run(f"nncore.inspection.show(new Uint8Array({image.ravel().tolist()}), 'An image')")


def layer_canvas(browser, layer):
    return browser.page.locator("#layers canvas").nth(layer)


def values_of(model, image):
    """Return a_0, a_1, … and the logits for an image."""
    table = model.normalization.table()
    return [values[0] for values in activations(model.network, table[image.reshape(1, -1)])]


@pytest.fixture
def image():
    return mnist_sample(ROOT)[0][3]


def test_the_first_mistake_is_inspected_at_first(opened):
    label = opened.run("document.querySelector('#mistakes canvas').getAttribute('aria-label')")
    title = label.split(" taken for ")[0]
    assert text(opened, "inspected").startswith(f"{title}. Prediction: ")
    assert re.fullmatch(r"Test image \d+: \d", title)


def test_a_chosen_image_is_inspected(opened):
    label = opened.run(
        "(() => { const b = document.querySelectorAll('.examples button')[2]; b.click();"
        "return b.querySelector('canvas').getAttribute('aria-label') })()"
    )
    assert text(opened, "inspected").startswith(f"{label}. Prediction: ")


def test_a_button_shows_one_embedded_test_image_after_another(opened):
    images, labels = mnist_sample(ROOT)
    seen = []
    for _ in range(3):
        opened.page.locator("#next-image").click()
        label = text(opened, "inspected").split(". Prediction")[0]
        number = int(label.split(":")[0].removeprefix("Test image "))
        assert label == f"Test image {number}: {labels[number]}"
        assert np.array_equal(opened.run("Array.from(nncore.pad.input())"), images[number].ravel())
        seen.append(number)
    assert seen == opened.run("nncore.testImages().numbers.slice(0, 3)")


def test_a_drawing_is_inspected(opened):
    opened.page.locator("#pad").focus()
    keyboard = opened.page.keyboard
    keyboard.press("Space")
    for _ in range(9):
        keyboard.press("ArrowDown")
    keyboard.press("Space")
    assert text(opened, "inspected").startswith("The drawing on the pad. Prediction: ")


@pytest.mark.parametrize("layer", [1, 2])
def test_the_arrow_keys_reach_each_unit_and_its_activation(opened, digit_model, image, layer):
    show_test_image(opened, image)
    canvas = layer_canvas(opened, layer)
    canvas.focus()
    for key in ("End", "ArrowLeft"):
        opened.page.keyboard.press(key)
    a = values_of(digit_model, image)[layer]
    unit = len(a) - 2
    name, value = canvas.get_attribute("aria-valuetext").split(": ")
    assert name == (f"unit {unit}" if layer == 1 else f"unit {unit}, for {unit}")
    expected = digit_model.classify(image[np.newaxis]).probabilities[0] if layer == 2 else a
    assert shows(value, expected[unit])
    reading = opened.page.locator("#layers .reading").nth(layer).text_content()
    assert reading == f"{name}: {value}"


def test_a_unit_is_lit_with_the_inputs_of_its_largest_products(opened, digit_model, image):
    show_test_image(opened, image)
    layer_canvas(opened, 2).focus()
    opened.page.keyboard.press("Home")
    marks = opened.run(
        "Array.from(document.querySelectorAll('#layers .cells'), (cells) =>"
        "Array.from(cells.querySelectorAll('span'), (mark) => [mark.style.left, mark.style.top]))"
    )
    products = np.abs(values_of(digit_model, image)[1] * digit_model.network.weights[1][:, 0])
    largest = [unit for unit in np.argsort(-products, kind="stable")[:12] if products[unit] > 0]
    # 40 units in two rows of 32.
    assert [len(layer) for layer in marks] == [0, len(largest), 1]
    places = [
        round(float(left.rstrip("%")) * 0.32) + 32 * round(float(top.rstrip("%")) / 50)
        for left, top in marks[1]
    ]
    assert places == largest


def test_enter_opens_the_mathematics_of_a_unit(opened, image):
    show_test_image(opened, image)
    layer_canvas(opened, 1).focus()
    for key in ("ArrowRight", "ArrowRight", "Enter"):
        opened.page.keyboard.press(key)
    assert text(opened, "unit-table").startswith("Layer 1, unit 2, the 20 largest of 784 products")
    chosen = [opened.run(f"document.getElementById('unit-{i}').value") for i in ("layer", "number")]
    assert chosen == ["1", "2"]


def test_a_click_on_a_unit_opens_its_mathematics(opened, image):
    show_test_image(opened, image)
    canvas = layer_canvas(opened, 2)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    opened.page.mouse.click(box["x"] + 0.75 * box["width"], box["y"] + box["height"] / 2)
    assert text(opened, "unit-table").startswith("Layer 2, unit 7, for 7, the 20 largest of 40")


def test_the_layer_and_the_unit_can_be_typed(opened, image):
    show_test_image(opened, image)
    opened.page.locator("#unit-layer").select_option("1")
    assert text(opened, "unit-table").startswith("Layer 1, unit 0, ")
    opened.page.locator("#unit-number").fill("39")
    opened.page.locator("#unit-number").press("Tab")
    assert text(opened, "unit-table").startswith("Layer 1, unit 39, ")


@pytest.mark.parametrize("value", ["99", "-1", "1.5", ""])
def test_a_unit_that_the_layer_lacks_is_refused(opened, image, value):
    show_test_image(opened, image)
    opened.page.locator("#unit-layer").select_option("1")
    field, refusal = opened.page.locator("#unit-number"), opened.page.locator("#unit-refusal")
    assert not refusal.is_visible()
    field.fill(value)
    field.press("Tab")
    assert refusal.is_visible()
    line = f"Expected a unit from 0 to 39, got {value or 'no number'}."
    assert (refusal.text_content(), text(opened, "speech")) == (line, line)
    assert field.get_attribute("aria-invalid") == "true"
    assert text(opened, "unit-table").startswith("Layer 1, unit 0, ")
    field.fill("7")
    field.press("Tab")
    assert text(opened, "unit-table").startswith("Layer 1, unit 7, ")
    assert (refusal.is_visible(), field.get_attribute("aria-invalid")) == (False, "false")


def test_an_image_passes_the_network_once(opened):
    """Each unit rounds its sum to float32 once, and the probabilities round theirs."""
    opened.run(
        "(() => { const original = Math.fround; window.calls = 0;"
        "Math.fround = (value) => { calls += 1; return original(value) } })()"
    )
    opened.page.locator("#next-image").click()
    assert opened.run("calls") == 40 + 10 + 1


@pytest.mark.parametrize("layer", [1, 2])
def test_the_table_of_a_unit_has_the_numbers_of_numpy(opened, digit_model, image, layer):
    show_test_image(opened, image)
    opened.run(f"nncore.inspection.choose({layer}, 4)")
    values = values_of(digit_model, image)
    weight = digit_model.network.weights[layer - 1][:, 4].astype(float)
    below = values[layer - 1].astype(float)
    products, bias = below * weight, digit_model.network.biases[layer - 1][4]
    order = np.argsort(-np.abs(products), kind="stable")[:20]
    rows = cells(opened, "unit-table")
    for row, i in zip(rows, order, strict=False):
        name = f"row {i // 28}, column {i % 28}" if layer == 1 else f"unit {i}"
        assert row[0] == name
        assert shows(row[1], below[i])
        assert shows(row[2], weight[i])
        assert shows(row[3], products[i])
    z = products.sum() + bias
    a = max(z, 0) if layer == 1 else digit_model.classify(image[np.newaxis]).probabilities[0][4]
    rest = products.sum() - products[order].sum()
    expected = [rest, products.sum(), bias, z, a]
    for row, value in zip(rows[20:], expected, strict=True):
        assert shows(row[3], value), row
    assert rows[20][0] == f"the other {len(below) - 20} products"


def test_the_table_of_softmax_has_the_numbers_of_numpy(opened, digit_model, image):
    show_test_image(opened, image)
    z = values_of(digit_model, image)[-1].astype(float)
    powers = np.exp(z - z.max())
    *rows, total = cells(opened, "softmax-table")
    for k, row in enumerate(rows):
        assert row[0] == str(k)
        expected = (z[k], z[k] - z.max(), powers[k], powers[k] / powers.sum())
        assert all(map(shows, row[1:], expected)), row
    assert shows(total[3], powers.sum())
    opened.run("nncore.inspection.choose(1, 0)")
    assert opened.run("document.getElementById('softmax-table').hidden")


def test_a_row_of_the_table_is_lit_with_its_product_and_input(opened, image):
    show_test_image(opened, image)
    opened.run("nncore.inspection.choose(1, 4)")
    opened.page.locator("#unit-table tbody tr").first.focus()
    opened.page.keyboard.press("ArrowDown")
    name = opened.run("document.activeElement.cells[0].textContent")
    row, column = map(int, re.findall(r"\d+", name))
    lit = opened.run(
        "Array.from(document.querySelectorAll('#unit-table .lit'), (r) => r.dataset.input)"
    )
    assert lit == [str(28 * row + column)]
    for grid in ("#unit-products", "#layers figure:first-child"):
        left, top = opened.run(
            f"(({{left, top}}) => [left, top])(document.querySelector('{grid} .cells span').style)"
        )
        assert float(left.rstrip("%")) == pytest.approx(100 * column / 28, abs=0.01)
        assert float(top.rstrip("%")) == pytest.approx(100 * row / 28, abs=0.01)
    assert text(opened, "unit-reading").startswith(f"{name}: ")
    opened.page.keyboard.press("ArrowUp")
    assert opened.run("document.activeElement === document.querySelector('#unit-table tbody tr')")


def test_a_product_under_the_pointer_is_lit_with_its_row(opened, digit_model, image):
    show_test_image(opened, image)
    opened.run("nncore.inspection.choose(1, 4)")
    products = values_of(digit_model, image)[0] * digit_model.network.weights[0][:, 4]
    pixel = int(np.argmax(np.abs(products)))
    canvas = opened.page.locator("#unit-products canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    x, y = ((place + 0.5) / 28 for place in (pixel % 28, pixel // 28))
    opened.page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
    lit = opened.run("Array.from(document.querySelectorAll('#unit-table .lit'), (r) => r.rowIndex)")
    assert lit == [1]
    opened.page.mouse.move(box["x"] - 20, box["y"])
    assert opened.run("document.querySelectorAll('#unit-table .lit').length") == 0


def test_the_parts_of_the_chosen_class_and_of_the_biases_add_up_to_the_logit(
    opened, digit_model, image
):
    show_test_image(opened, image)
    opened.page.locator("#attribution-classes input:checked").focus()
    opened.page.keyboard.press("ArrowRight")
    label = int(opened.run("document.querySelector('#attribution-classes input:checked').value"))
    predicted = int(digit_model.classify(image[np.newaxis]).classes[0])
    assert label == (predicted + 1) % 10
    numbers = re.findall(
        rf"[{MINUS}\d.e]*\d", text(opened, "attribution-sum").partition("add up to")[2]
    )
    pixels, biases, logit = map(number, numbers)
    assert shows(numbers[2], values_of(digit_model, image)[-1][label])
    assert pixels + biases == pytest.approx(logit, abs=0.01)


def test_the_map_of_parts_is_read_with_the_arrow_keys(opened, image):
    show_test_image(opened, image)
    opened.page.locator("#attribution-map canvas").focus()
    for key in ("ArrowDown", "ArrowRight"):
        opened.page.keyboard.press(key)
    assert text(opened, "attribution-reading") == "row 1, column 1: 0"


def test_curved_activations_have_parts_that_need_not_add_up(show):
    model = random_model(Architecture(hidden=(5,), activation="tanh"), (4, 3), "abc")
    pixels, labels = training_images(12)
    browser = show(results(model, pixels.reshape(-1, 4, 3), labels))
    assert "The activations are curved" in text(browser, "attribution-sum")


def see_nearest(browser):
    """Scroll to the nearest images, which unpacks them."""
    browser.page.locator("#inspection-views").scroll_into_view_if_needed()
    browser.page.locator("#nearest-sentence").evaluate("(e) => e.scrollIntoView()")
    browser.page.wait_for_function(
        "() => document.getElementById('nearest-sentence').textContent", timeout=5000
    )


def test_the_number_of_embedded_training_images_is_shown_and_one_can_be_inspected(show):
    browser = show(results_with_training(*training_images()))
    assert text(browser, "nearest-sentence") == ""
    see_nearest(browser)
    sentence = text(browser, "nearest-sentence")
    assert sentence.startswith("The 8 nearest of 60 embedded training images; the training set has")
    label = browser.run(
        "(() => { const b = document.querySelectorAll('#nearest button')[3]; b.click();"
        "return b.getAttribute('aria-label') })()"
    )
    name, *_ = label.split(", distance")
    assert text(browser, "inspected").startswith(f"{name}. Prediction: ")
    # Nothing is nearer to an image than itself.
    first = browser.run("document.querySelector('#nearest button').getAttribute('aria-label')")
    assert first == f"{name}, distance 0. Look inside"


def test_without_training_images_the_page_gives_the_reason(show):
    browser = show(small_results())
    see_nearest(browser)
    assert text(browser, "nearest-sentence") == "This page embeds no training images."


def test_the_nearest_images_are_in_a_print(show):
    browser = show(results_with_training(*training_images()))
    browser.run("window.dispatchEvent(new Event('beforeprint'))")
    assert browser.page.locator("#nearest button").count() == 8


def test_a_page_without_images_looks_inside_at_a_drawing_alone(show):
    browser = show(small_results(embed_images=False))
    hidden = "document.getElementById('inspection-views').hidden"
    assert browser.run(hidden)
    assert "choose an image" not in text(browser, "inspection")
    browser.page.locator("#pad").focus()
    for key in ("Space", "ArrowDown", "Space"):
        browser.page.keyboard.press(key)
    assert not browser.run(hidden)
    assert browser.messages == []


@pytest.mark.parametrize("shape", [(4, 3, 3), (4, 3)])
def test_an_image_that_is_no_digit_is_inspected_without_a_pad(show, shape):
    browser = show(photo_results(shape))
    browser.run("document.querySelector('.examples button, #mistakes button').click()")
    assert browser.run("document.activeElement.id") == "inspect"
    layer_canvas(browser, 0).focus()
    value = layer_canvas(browser, 0).get_attribute("aria-valuetext")
    assert len(value.split(": ")[1].split(", ")) == (3 if len(shape) == 3 else 1)
    browser.run("nncore.inspection.choose(1, 0)")
    browser.page.locator("#unit-products canvas").focus()
    assert re.match(r"row 0, column 0(, (red|green|blue))?: ", text(browser, "unit-reading"))
    assert browser.messages == []


def test_a_cell_of_a_colour_picture_has_its_three_products_and_their_sum(show):
    model = random_model(Architecture(hidden=(5,)), (4, 3, 3), "abc")
    model = replace(model, pictures="as-is")
    images = np.random.default_rng(1).integers(1, 256, (9, 4, 3, 3), dtype=np.uint8)
    browser = show(results(model, images, np.arange(9) % 3))
    show_test_image(browser, images[4])
    browser.run("nncore.inspection.choose(1, 2)")
    canvas = browser.page.locator("#unit-products canvas")
    canvas.focus()
    for key in ("ArrowDown", "ArrowRight"):
        browser.page.keyboard.press(key)
    by_key = canvas.get_attribute("aria-valuetext")
    assert text(browser, "unit-reading") == by_key
    # Row 1, column 1 of three columns.
    values = model.normalization.table()[images[4].reshape(-1)][12:15].astype(float)
    weights = model.network.weights[0][12:15, 2].astype(float)
    name, _, rest = by_key.partition(": ")
    parts, _, total = rest.partition("; sum ")
    assert name == "row 1, column 1"
    for part, colour, value, weight in zip(
        parts.split(", "), ["red", "green", "blue"], values, weights, strict=True
    ):
        start, product = part.split(" = ")
        assert start.startswith(f"{colour} ")
        factors = start.removeprefix(f"{colour} ").split(" \N{MULTIPLICATION SIGN} ")
        assert [number(cell) for cell in factors] == pytest.approx([value, weight], rel=6e-4)
        assert number(product) == pytest.approx(value * weight, rel=6e-4)
    assert number(total) == pytest.approx(np.sum(values * weights), rel=6e-4)
    lit = browser.run(
        "Array.from(document.querySelectorAll('#unit-table .lit'), (r) => r.dataset.input)"
    )
    assert set(lit) <= {"12", "13", "14"}
    browser.run("document.activeElement.blur()")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    browser.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 1.5 * box["height"] / 4)
    assert text(browser, "unit-reading") == by_key


def test_another_network_can_be_inspected(opened, image):
    show_test_image(opened, image)
    opened.run(
        "nncore.inspection.use({ ...nncore.network,"
        "predict: (pixels) => nncore.predict(pixels.map((value) => 255 - value)) })"
    )
    canvas = layer_canvas(opened, 0)
    assert canvas.get_attribute("aria-valuetext") == "row 0, column 0: 1"


def test_hostile_class_names_add_no_markup(show):
    names = ("<b>x</b>", '"><img src=x>', "c")
    browser = show(results_with_training(*training_images(), names=names))
    for layer in (1, 2):
        browser.run(f"nncore.inspection.choose({layer}, 1)")
    assert browser.run("document.querySelectorAll('#inspection b b, #inspection img').length") == 0
    assert browser.messages == []


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
@pytest.mark.parametrize("dark", [False, True])
def test_nothing_is_wider_than_the_window(browser, digit_page, width, dark):
    browser.open(digit_page, width=width, dark=dark)
    for layer in (1, 2):
        browser.run(f"nncore.inspection.choose({layer}, 0)")
        assert browser.run("document.documentElement.scrollWidth <= innerWidth")


def test_of_many_classes_the_most_probable_are_shown(show):
    browser = show(small_results([f"class {number}" for number in range(60)]))
    assert browser.run("document.querySelectorAll('#attribution-classes input').length") == 10
    *_, rest, _ = cells(browser, "softmax-table")
    assert rest[0] == "the other 40"


@pytest.mark.parametrize(("layer", "is_visible"), [(1, False), (2, True)])
def test_softmax_is_explained_where_it_is_computed(opened, layer, is_visible):
    opened.run(f"nncore.inspection.choose({layer}, 0)")
    button = opened.page.locator("[data-explanation=explain-softmax]")
    assert button.is_visible() == is_visible
