"""The map of the test set: its places against NumPy, its marks, its pointer and its keys."""

import base64
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from page_results import mnist_sample, random_model, results, small_results

from nncore.config.architecture import Architecture
from nncore.network.inference import forward_all
from stages.page.images.activation_map import map_section
from stages.page.images.document import page
from stages.reporting import activation_map as reporting
from stages.reporting.activation_map import activation_map
from stages.shared.fingerprint import ROOT


def with_map(page_results):
    found = activation_map(page_results.model, page_results.images, page_results.predictions)
    return replace(page_results, activation_map=found)


def data_of(text):
    (content,) = re.findall(r'id="activation-map">(.*?)</script>', text, re.DOTALL)
    return json.loads(content)


def places(data, layer):
    return np.frombuffer(base64.b64decode(data["coordinates"][layer]), "<i2").reshape(-1, 2)


def relu_layers(model, images):
    """Return the activations of each layer by NumPy, with the logits as the last."""
    values, layers = images.astype(np.float64), [images.astype(np.float64)]
    *hidden, last = zip(model.network.weights, model.network.biases, strict=True)
    for weight, bias in hidden:
        values = np.maximum(values @ weight + bias, 0)
        layers.append(values)
    return [*layers, values @ last[0] + last[1]]


@pytest.fixture(scope="module")
def digits():
    model = random_model(Architecture(hidden=(30, 20)))
    images, labels = mnist_sample(ROOT)
    return results(model, images[:300], labels[:300])


@pytest.mark.parametrize("layer", range(4))
def test_the_places_are_those_of_the_singular_value_decomposition(digits, layer):
    data = data_of(page(with_map(digits)))
    values = relu_layers(digits.model, digits.images)[layer]
    centred = values - values.mean(axis=0)
    left, singular, _ = np.linalg.svd(centred, full_matrices=False)
    expected = left[:, :2] * singular[:2]
    expected *= 32767 / np.abs(expected).max()
    found = places(data, layer).astype(np.float64)
    # The sign of a direction is free.
    expected *= np.sign(np.sum(expected * found, axis=0))
    np.testing.assert_allclose(found, expected, atol=40)
    fractions = singular[:2] ** 2 / np.sum(singular**2)
    np.testing.assert_allclose(data["fractions"][layer], fractions, rtol=1e-3)


def test_the_map_has_the_class_the_prediction_and_the_number_of_each_image(digits):
    data = data_of(page(with_map(digits)))
    outputs = forward_all(digits.model.network, digits.images)
    assert data["predicted"] == outputs.argmax(axis=1).tolist()
    assert data["actual"] == [int(name) for name in digits.predictions.actual]
    assert data["numbers"] == list(range(300))


def test_of_many_images_some_from_begin_to_end_are_on_the_map(digits, monkeypatch):
    monkeypatch.setattr(reporting, "MAX_IMAGES", 7)
    text = page(with_map(digits))
    assert data_of(text)["numbers"] == [0, 42, 85, 128, 171, 214, 257]
    assert "7 of 300 test images" in text


def test_large_images_are_fewer(digits, monkeypatch):
    monkeypatch.setattr(reporting, "MAX_ACTIVATIONS", 784 * 5)
    assert len(data_of(page(with_map(digits)))["numbers"]) == 5


def test_an_image_is_shown_if_the_page_has_it(digits):
    data = data_of(page(with_map(digits)))
    shown = [
        number
        for number, picture in zip(data["numbers"], data["pictures"], strict=True)
        if picture >= 0
    ]
    labels = re.findall(
        r'data-picture="(\d+)" role="img" aria-label="Test image (\d+)', page(digits)
    )
    assert dict(zip(data["numbers"], data["pictures"], strict=True)).items() >= {
        (int(number), int(picture)) for picture, number in labels
    }
    assert set(shown) == {int(number) for _, number in labels}


def test_without_images_no_picture_is_named(digits):
    data = data_of(page(with_map(replace(digits, embed_images=False))))
    assert set(data["pictures"]) == {-1}


@pytest.mark.parametrize(("classes", "colours"), [(3, 3), (10, 10), (14, 10)])
def test_at_most_ten_classes_have_a_colour(classes, colours):
    page_results = with_map(small_results([f"c{k}" for k in range(classes)], images=28))
    text = page(page_results)
    assert len(data_of(text)["colours"]) == colours
    assert ("other classes" in text) == (classes > colours)


def test_class_names_add_no_markup():
    hostile = ("</script><script>alert(1)</script>", '"><img src=x onerror=alert(1)>')
    page_results = with_map(small_results(hostile))
    section = map_section(
        page_results.activation_map, page_results.predictions, page_results.model, {}
    )
    assert "<img" not in section
    assert section.count("<script") == 1


def test_a_page_without_a_map_has_no_link_to_it():
    assert "#map" not in page(small_results()).split("<main")[0].split("</style>")[1]


def test_images_that_are_all_the_same_have_one_place():
    page_results = small_results()
    page_results.images[:] = 0.5
    data = data_of(page(with_map(page_results)))
    assert all(not places(data, layer).any() for layer in range(3))


def marks(browser):
    """Return x and y of each mark on the chart, by image."""
    return np.array(
        browser.run(
            "(() => { const box = document.getElementById('map-chart').getBoundingClientRect();"
            "const all = document.querySelectorAll('#map-chart .dot, #map-chart .cross');"
            "return Array.from(all, (e) => {"
            "const b = e.getBoundingClientRect();"
            "return [b.x + b.width / 2 - box.x, b.y + b.height / 2 - box.y] }) })()"
        )
    )


def reading(browser):
    return browser.run("document.getElementById('map-reading').textContent")


def box_of(browser):
    browser.run("document.getElementById('map-chart').scrollIntoView({block: 'center'})")
    return browser.run("document.getElementById('map-chart').getBoundingClientRect().toJSON()")


def test_mistakes_have_another_shape(show, digits):
    browser = show(with_map(digits))
    mistakes = sum(
        a != p for a, p in zip(digits.predictions.actual, digits.predictions.predicted, strict=True)
    )
    assert browser.run("document.querySelectorAll('#map-chart g.cross').length") == mistakes
    assert (
        browser.run("document.querySelectorAll('#map-chart circle.dot').length") == 300 - mistakes
    )
    assert browser.messages == []


def test_marks_keep_the_proportions_of_the_places(show, digits):
    """Distances on the screen are those of the coordinates, times one number."""
    page_results = with_map(digits)
    browser = show(page_results)
    browser.page.locator("[name=map-layer][value='1']").check()
    order = np.array(
        [
            a != p
            for a, p in zip(
                page_results.predictions.actual, page_results.predictions.predicted, strict=True
            )
        ]
    )
    expected = places(data_of(page(page_results)), 1).astype(np.float64)
    # Mistakes are drawn last.
    expected = np.concatenate([expected[~order], expected[order]]) * [1, -1]
    found = marks(browser)
    found, expected = found - found.mean(axis=0), expected - expected.mean(axis=0)
    scale = np.sum(found * expected) / np.sum(expected**2)
    assert scale > 0
    assert np.abs(found - scale * expected).max() < 0.3


def test_the_pointer_shows_the_nearest_image(show, digits):
    browser = show(with_map(digits))
    box, found = box_of(browser), marks(browser)
    right = [
        a == p for a, p in zip(digits.predictions.actual, digits.predictions.predicted, strict=True)
    ]
    numbers = [*np.flatnonzero(right), *np.flatnonzero(np.logical_not(right))]
    alone = [
        k for k, place in enumerate(found) if np.sort(np.abs(found - place).sum(axis=1))[1] > 3
    ][:5]
    assert alone
    for mark in alone:
        browser.page.mouse.move(box["x"] + found[mark, 0], box["y"] + found[mark, 1])
        assert reading(browser).startswith(f"Test image {numbers[mark]}: ")


@pytest.mark.parametrize("key", ["Home", "End"])
@pytest.mark.parametrize("shown", ["all", "mistakes"])
def test_the_picture_of_the_image_is_shown(show, digits, key, shown):
    browser = show(with_map(digits))
    browser.page.locator("#map-shown").select_option(shown)
    browser.page.locator("#map-chart").focus()
    browser.page.keyboard.press(key)
    number = int(re.match(r"Test image (\d+)", reading(browser))[1])
    assert not browser.run("document.getElementById('map-picture').hidden")
    pixels = browser.run(
        "(() => { const c = document.getElementById('map-picture');"
        "return Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data) })()"
    )
    expected = np.rint(255 * digits.images[number])
    assert np.array_equal(np.array(pixels).reshape(-1, 4)[:, 0], expected)


def test_an_image_that_the_page_lacks_has_no_picture(show, digits):
    browser = show(with_map(replace(digits, embed_images=False)))
    browser.page.locator("#map-chart").focus()
    browser.page.keyboard.press("Home")
    assert reading(browser).startswith("Test image 0: ")
    assert browser.run("document.getElementById('map-picture').hidden")
    assert browser.messages == []


def test_an_arrow_key_moves_in_its_direction(show, digits):
    browser = show(with_map(digits))
    browser.page.locator("#map-chart").focus()
    browser.page.keyboard.press("Home")
    ring = "document.querySelector('#map-chart .ring').getBoundingClientRect().toJSON()"
    for key, axis, sign in (
        ("ArrowRight", "x", 1),
        ("ArrowLeft", "x", -1),
        ("ArrowUp", "y", -1),
        ("ArrowDown", "y", 1),
    ):
        before = browser.run(ring)
        browser.page.keyboard.press(key)
        after = browser.run(ring)
        moved = sign * (after[axis] - before[axis])
        other = "y" if axis == "x" else "x"
        assert moved >= abs(after[other] - before[other])


def test_a_class_that_is_not_shown_is_not_read(show, digits):
    browser = show(with_map(digits))
    browser.page.locator("#map-shown").select_option("3")
    faded = browser.run("document.querySelectorAll('#map-chart .faded').length")
    assert faded == 300 - digits.predictions.actual.count("3")
    browser.page.locator("#map-chart").focus()
    for key in ("Home", "ArrowRight", "ArrowDown", "End"):
        browser.page.keyboard.press(key)
        assert re.match(r"Test image \d+: 3, ", reading(browser))


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_map_is_not_wider_than_the_window(show, digits, width):
    browser = show(with_map(digits), width=width)
    assert browser.run("document.documentElement.scrollWidth") <= width
    chart = browser.run("document.getElementById('map-chart').getBoundingClientRect().toJSON()")
    found = marks(browser)
    assert (found >= 0).all()
    assert (found <= [chart["width"], chart["height"]]).all()


@pytest.mark.parametrize("width", [320, 1280])
def test_long_names_of_classes_and_many_layers_fit(show, width):
    names = ("w" * 200, "my big dog", "猫の写真がたくさんあるとても長い名前のフォルダー")
    model = random_model(Architecture(hidden=(5,) * 9), (4, 3, 3), names)
    pixels = np.random.default_rng(1).integers(0, 256, (30, 4, 3, 3), dtype=np.uint8)
    browser = show(with_map(results(model, pixels, np.arange(30) % 3)), width=width)
    assert browser.run("document.documentElement.scrollWidth") <= width
    cut = browser.run(
        "Array.from(document.querySelectorAll('.map-layers, #map-shown, ul.legend'))"
        ".filter((e) => e.getBoundingClientRect().right > innerWidth).length"
    )
    assert cut == 0
    assert browser.messages == []


def test_an_image_of_the_map_is_shown_to_the_network(show, digits):
    browser = show(with_map(digits))
    assert not browser.page.locator("#inspect-map-image").is_visible()
    browser.page.locator("#map-chart").focus()
    browser.page.keyboard.press("End")
    number = int(re.match(r"Test image (\d+)", reading(browser))[1])
    browser.page.locator("#inspect-map-image").click()
    assert np.array_equal(
        browser.run("Array.from(nncore.pad.input())"), np.rint(255 * digits.images[number])
    )
    assert browser.run("document.activeElement.id") == "inspect"
    title = reading(browser).split(", ")[0]
    text = browser.run("document.getElementById('inspected').textContent")
    assert text.startswith(f"{title}. Prediction: ")


def test_a_page_without_the_network_shows_no_image_to_it(show, digits, monkeypatch):
    monkeypatch.setattr("stages.page.images.pad.MAX_PARAMETER_BYTES", 0)
    browser = show(with_map(digits))
    browser.page.locator("#map-shown").select_option("mistakes")
    browser.page.locator("#map-chart").focus()
    browser.page.keyboard.press("Home")
    assert not browser.run("document.getElementById('map-picture').hidden")
    assert not browser.page.locator("#inspect-map-image").is_visible()
    assert browser.messages == []
