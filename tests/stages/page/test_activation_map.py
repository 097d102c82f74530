"""The map of the test set: its places against NumPy, its marks, its pointer and its keys."""

import base64
import re
from dataclasses import replace

import numpy as np
import pytest
from contrast import contrast, from_hex
from live_regions import live_regions
from page_pictures import json_of, pictures_of
from page_results import digit_results, random_model, results, small_results

from nncore.config.architecture import Architecture
from nncore.network.inference import forward_all
from stages.page.images import galleries, samples
from stages.page.images.activation_map import map_section
from stages.page.images.document import page
from stages.reporting.activation_map import activation_map
from stages.shared.fingerprint import ROOT


def with_map(page_results):
    result = activation_map(page_results.model, page_results.images, page_results.predictions)
    return replace(page_results, activation_map=result)


def data_of(text):
    return json_of(text, "activation-map")


def places(data, layer):
    return np.frombuffer(base64.b64decode(data["coordinates"][layer]), "<i2").reshape(-1, 2)


@pytest.fixture(scope="module")
def digits():
    return digit_results()


def test_the_map_has_the_class_the_prediction_and_the_number_of_each_image(digits):
    data = data_of(page(with_map(digits)))
    outputs = forward_all(digits.model.network, digits.images)
    assert data["predicted"] == outputs.argmax(axis=1).tolist()
    assert data["actual"] == [int(name) for name in digits.predictions.actual]
    assert data["numbers"] == list(range(300))


def test_every_point_has_a_picture_of_its_own_image(digits, monkeypatch):
    """More test images than the scripts compute with, and than the galleries show."""
    monkeypatch.setattr(samples, "MAX_TEST_IMAGES", 50)
    monkeypatch.setattr(samples, "MAX_MAP_IMAGES", 120)
    text = page(with_map(digits))
    data, pictures = data_of(text), pictures_of(text, 784)
    assert len(data["numbers"]) == 120
    originals = np.rint(255 * digits.images).astype(np.uint8)
    for number, picture in zip(data["numbers"], data["pictures"], strict=True):
        assert np.array_equal(pictures[picture], originals[number])
    computed = json_of(text, "test-images")
    assert computed["computed"] == 50
    assert set(computed["numbers"][:50]) <= set(data["numbers"])


def test_a_page_says_how_many_of_each_class_it_maps_embeds_and_computes_with(monkeypatch):
    """Of 30 images of three classes in turn, the map has every second one."""
    monkeypatch.setattr(samples, "MAX_MAP_IMAGES", 15)
    monkeypatch.setattr(samples, "MAX_TEST_IMAGES", 4)
    text = page(with_map(small_results(images=30)))
    body = text.split("<caption>Test images of each class</caption>")[1].split("</table>")[0]
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in body.split("<tr>")[1:]]
    # Rows 0, 2, 4, … are a, c, b, and so on; of these, every fourth is computed with: a, c, b, a.
    assert rows == [
        ["class", "test set", "map", "pixels in the page", "lab and comparison"],
        ["<bdi>a</bdi>", "10", "5", "5", "2"],
        ["<bdi>b</bdi>", "10", "5", "5", "1"],
        ["<bdi>c</bdi>", "10", "5", "5", "1"],
        ["all", "30", "15", "15", "4"],
    ]
    assert "15 of 30 test images, evenly spread over the test set" in text
    assert "with 1 to 2 of each class; the test set has 30." in text


def test_an_image_beyond_the_limit_of_bytes_is_not_in_the_page(show, digits, monkeypatch):
    monkeypatch.setattr(samples, "MAX_TEST_BYTES", 8_000)
    # Galleries of few images.
    monkeypatch.setattr(galleries, "MAX_PIXELS", 5 * 784)
    page_results = with_map(digits)
    data = data_of(page(page_results))
    absent = [i for i, picture in enumerate(data["pictures"]) if picture < 0]
    assert 200 < len(absent) < 300
    browser = show(page_results)
    browser.page.locator("#map-chart").focus()
    visited = set()
    for key in ["Home", *["ArrowRight", "ArrowDown", "ArrowLeft"] * 8]:
        browser.page.keyboard.press(key)
        text = reading(browser)
        number = int(re.match(r"Test image (\d+)", text)[1])
        is_absent = data["pictures"][data["numbers"].index(number)] < 0
        visited.add(is_absent)
        assert text.endswith("Its pixels are not in this page") == is_absent
        assert browser.run("document.getElementById('map-picture').hidden") == is_absent
    assert visited == {True, False}
    assert browser.messages == []


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


def marks(browser):
    """Return x and y of each mark on the chart, by image."""
    return np.array(
        browser.run(
            "(() => { const box = document.getElementById('map-chart').getBoundingClientRect();"
            "const all = document.querySelectorAll('#map-chart .mark > .shape');"
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
    assert browser.run("document.querySelectorAll('#map-chart .mark').length") == 300
    assert browser.run("document.querySelectorAll('#map-chart .mark > .line').length") == mistakes
    assert browser.messages == []


def test_no_two_classes_have_the_same_shape(show):
    """A class is known by its path, and by whether the path is filled."""
    browser = show(with_map(small_results([f"c{k}" for k in range(11)], images=44)))
    looks = browser.run(
        "Array.from(document.querySelectorAll('ul.legend .shape'), (e) =>"
        " e.getAttribute('d') + (getComputedStyle(e).fill === getComputedStyle(e).color))"
    )
    assert len(set(looks)) == len(looks) == 11


def test_keys_and_a_tap_speak_an_image_and_a_moving_pointer_does_not(show, digits):
    browser = show(with_map(digits))
    assert live_regions(browser) == ["speech"]
    speech = browser.page.locator("#speech")
    box = box_of(browser)
    browser.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=9)
    assert reading(browser).startswith("Test image ")
    assert speech.text_content() == ""
    browser.page.locator("#map-chart").focus()
    browser.page.keyboard.press("Home")
    assert speech.text_content() == reading(browser)
    x, y = box["width"] / 2, box["height"] / 2
    browser.page.locator("#map-chart").tap(position={"x": x, "y": y}, force=True)
    assert speech.text_content() == reading(browser)


def test_all_images_at_one_point_are_reached_by_keys(show):
    page_results = small_results()
    page_results.images[:] = 0.5
    browser = show(with_map(page_results))
    browser.page.locator("#map-chart").focus()
    browser.page.keyboard.press("Home")
    read = [reading(browser)]
    for key in [*["ArrowRight"] * 6, *["ArrowDown"] * 6, *["ArrowLeft"] * 12]:
        browser.page.keyboard.press(key)
        read.append(reading(browser))
    numbers = [int(re.match(r"Test image (\d+)", text)[1]) for text in read]
    assert numbers == [*range(12), 11, *range(10, -1, -1), 0]
    assert all("12 images are at this point" in text for text in read)


def test_the_keys_leave_a_point_after_its_last_image(show):
    """The map of two images, six times each, is a line of two points."""
    page_results = small_results()
    page_results.images[:6], page_results.images[6:] = page_results.images[:2, np.newaxis]
    browser = show(with_map(page_results))
    browser.page.locator("[name=map-layer]").first.check()
    browser.page.locator("#map-chart").focus()
    browser.page.keyboard.press("Home")
    ends = []
    for key in ["ArrowRight", "ArrowLeft", "ArrowRight"]:
        visited = set()
        for _ in range(12):
            visited.add(int(re.match(r"Test image (\d+)", reading(browser))[1]))
            browser.page.keyboard.press(key)
        ends.append(visited)
    assert ends[1] == ends[2] == set(range(12))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_marks_have_a_contrast_of_three_with_the_ground(scheme):
    """Web Content Accessibility Guidelines 2.2, success criterion 1.4.11."""
    styles = ROOT / "stages/page/styles"
    sheets = [(styles / f"{name}.css").read_text("utf-8") for name in ("page", "class_colours")]
    colours = {}
    for sheet in sheets:
        light, dark = re.split(r"@media [^{]*\(prefers-color-scheme: dark\) \{", sheet, maxsplit=1)
        rules = dark.split("}")[0] if scheme == "dark" else light
        colours |= dict(re.findall(r"--([\w-]+): (#\w{6});", rules))
    marks = {name: colour for name, colour in colours.items() if name.startswith("class-")}
    assert len(marks) == 10
    (other,) = re.findall(r"\.class-other \{ color: var\(--([\w-]+)\); \}", sheets[1])
    for colour in [*marks.values(), colours[other], colours["ink"]]:
        assert contrast(from_hex(colour), from_hex(colours["card"])) >= 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_marks_are_drawn_in_the_colours_of_their_classes(show, scheme):
    """What the contrast is computed from is what the browser draws: nothing makes it pale."""
    browser = show(
        with_map(small_results([f"c{k}" for k in range(11)], images=44)), dark=scheme == "dark"
    )
    pale = browser.run(
        "Array.from(document.querySelectorAll('#map-chart .shape, #map-chart .line'), (e) => {"
        "const s = getComputedStyle(e), g = getComputedStyle(e.parentElement);"
        "const drawn = s.fill === s.color || s.stroke === s.color || e.classList.contains('line');"
        "const opacities = [s.opacity, g.opacity, s.fillOpacity, s.strokeOpacity];"
        "return drawn && opacities.every((o) => o === '1') }).filter((isFull) => !isFull).length"
    )
    assert pale == 0


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
    result = marks(browser)
    result, expected = result - result.mean(axis=0), expected - expected.mean(axis=0)
    scale = np.sum(result * expected) / np.sum(expected**2)
    assert scale > 0
    assert np.abs(result - scale * expected).max() < 0.3


def test_the_pointer_shows_the_nearest_image(show, digits):
    browser = show(with_map(digits))
    box, result = box_of(browser), marks(browser)
    right = [
        a == p for a, p in zip(digits.predictions.actual, digits.predictions.predicted, strict=True)
    ]
    numbers = [*np.flatnonzero(right), *np.flatnonzero(np.logical_not(right))]
    alone = [
        k for k, place in enumerate(result) if np.sort(np.abs(result - place).sum(axis=1))[1] > 3
    ][:5]
    assert alone
    for mark in alone:
        browser.page.mouse.move(box["x"] + result[mark, 0], box["y"] + result[mark, 1])
        assert reading(browser).startswith(f"Test image {numbers[mark]}: ")


@pytest.mark.parametrize("key", ["Home", "End"])
@pytest.mark.parametrize("shown", ["all", "mistakes"])
def test_the_picture_of_the_image_is_shown(show, digits, monkeypatch, key, shown):
    """The last images are none with which the scripts compute."""
    monkeypatch.setattr(samples, "MAX_TEST_IMAGES", 50)
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
    result = marks(browser)
    assert (result >= 0).all()
    assert (result <= [chart["width"], chart["height"]]).all()


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
    monkeypatch.setattr("stages.page.images.parameters.MAX_PARAMETER_BYTES", 0)
    browser = show(with_map(digits))
    browser.page.locator("#map-shown").select_option("mistakes")
    browser.page.locator("#map-chart").focus()
    browser.page.keyboard.press("Home")
    assert not browser.run("document.getElementById('map-picture').hidden")
    assert not browser.page.locator("#inspect-map-image").is_visible()
    assert browser.messages == []
