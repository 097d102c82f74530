"""The report page in a real browser, used by mouse, finger and keyboard."""

from dataclasses import replace

import numpy as np
import pytest
from page_results import HOSTILE_NAMES, mnist_sample, small_results

from nncore.cli.digits import normalize_digit, to_uint8
from nncore.errors import BlankError
from stages.page.images import parameters
from stages.shared.fingerprint import ROOT

# Positions on the pad, as fractions of its sides.
ONE = [(0.55, 0.15), (0.52, 0.4), (0.48, 0.65), (0.45, 0.88)]
SEVEN = [(0.25, 0.2), (0.5, 0.2), (0.75, 0.2), (0.6, 0.5), (0.45, 0.85)]
ZERO = [(0.5 + 0.22 * np.sin(a), 0.5 - 0.32 * np.cos(a)) for a in np.linspace(0, 2 * np.pi, 24)]


def on_pad(browser, positions):
    """Return positions on the pad as positions in the window."""
    browser.run("document.getElementById('pad').scrollIntoView({block: 'center'})")
    box = browser.run("document.getElementById('pad').getBoundingClientRect().toJSON()")
    return [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in positions]


def draw(browser, positions):
    first, *others = on_pad(browser, positions)
    mouse = browser.page.mouse
    mouse.move(*first)
    mouse.down()
    for position in others:
        mouse.move(*position)
    mouse.up()
    browser.wait_for_frame()


def touch(browser, positions):
    first, *others = on_pad(browser, positions)
    browser.touch("touchStart", first)
    for position in others:
        browser.touch("touchMove", position)
    browser.touch("touchEnd")
    browser.wait_for_frame()


def text(browser, identity):
    return browser.run(f"document.getElementById('{identity}').textContent")


def ink(browser):
    """Return the ink on the pad, (rows, columns) uint8."""
    width, height, values = browser.run(
        "(({ink, width, height}) => [width, height, Array.from(ink)])(nncore.pad.drawing)"
    )
    return np.array(values, np.uint8).reshape(height, width)


def shown(browser):
    """Return the probabilities that the page shows, in [0, 1], to half a thousandth."""
    numbers = browser.run(
        "Array.from(document.querySelectorAll('#probabilities .number'), (n) => n.textContent)"
    )
    return np.array([float(number.strip("<> %")) / 100 for number in numbers])


def blob(rng, shape):
    """Return a random picture of a few strokes, uint8: light on dark or the other way round."""
    canvas = np.zeros(shape)
    y, x = np.indices(shape)
    for _ in range(3):
        radius = rng.uniform(0.05, 0.2) * max(shape)
        centre = rng.uniform(0.2, 0.8, 2) * shape
        canvas = np.maximum(canvas, 255 * (np.hypot(y - centre[0], x - centre[1]) < radius))
    canvas += rng.integers(0, 15, shape)
    canvas = np.clip(canvas, 0, 255).astype(np.uint8)
    return 255 - canvas if rng.random() < 0.5 else canvas


def test_the_page_logs_nothing(opened):
    draw(opened, SEVEN)
    assert opened.messages == []


def test_the_page_requests_only_itself(opened, digit_page):
    draw(opened, SEVEN)
    assert [url for url in opened.requested if not url.startswith("data:")] == [digit_page.as_uri()]


def test_a_violation_of_the_policy_is_logged(opened):
    opened.run(
        "new Promise((done) => { const i = new Image(); i.onerror = () => done(); i.src = '/x' })"
    )
    assert any("Content Security Policy" in message for message in opened.messages)


def test_a_request_of_another_page_is_recorded(browser, tmp_path):
    (tmp_path / "page.html").write_text('<link rel="stylesheet" href="x.css">', encoding="utf-8")
    browser.open(tmp_path / "page.html")
    assert (tmp_path / "x.css").as_uri() in browser.requested


@pytest.mark.parametrize(("digit", "strokes"), [("0", ZERO), ("1", ONE), ("7", SEVEN)])
@pytest.mark.parametrize("move", [draw, touch])
def test_the_network_classifies_a_drawn_digit(opened, move, digit, strokes):
    move(opened, strokes)
    assert text(opened, "prediction").startswith(f"{digit} (")


@pytest.mark.parametrize("strokes", [ONE, SEVEN, ZERO, ZERO[:14], [(0, 0.9), (1, 0.95)]])
def test_a_drawing_gives_the_input_and_the_prediction_of_python(opened, digit_model, strokes):
    draw(opened, strokes)
    image = to_uint8(normalize_digit(ink(opened) / 255, (28, 28)))
    network_input = np.array(opened.run("Array.from(nncore.pad.input())")).reshape(28, 28)
    expected = digit_model.classify(image[np.newaxis])
    assert np.array_equal(network_input, image)
    assert np.abs(shown(opened) - expected.probabilities[0]).max() <= 0.001
    assert text(opened, "prediction").startswith(f"{expected.classes[0]} (")


@pytest.mark.parametrize(
    ("picture", "shape"),
    [
        ((280, 280), (28, 28)),
        ((30, 90), (28, 28)),
        ((61, 40), (28, 28)),
        ((9, 9), (28, 28)),
        ((120, 80), (12, 8)),
        ((40, 40), (1, 50)),
        ((50, 50), (31, 17)),
    ],
)
def test_a_picture_of_any_size_is_normalized_as_in_python(opened, picture, shape):
    rng = np.random.default_rng(picture)
    for _ in range(5):
        values = blob(rng, picture)
        expected = 255 * normalize_digit(values / 255, shape).ravel()
        arguments = ", ".join(map(str, [values.ravel().tolist(), *picture, *shape]))
        got = opened.run(f"Array.from(nncore.normalizeDigit({arguments}))")
        assert np.abs(np.array(got) - expected).max() < 0.5 + 1e-6


def test_the_frame_of_a_picture_is_cut_off_as_in_python(opened):
    rng = np.random.default_rng(6)
    for line in ((1, 1), (3, 0), (0, 2)):
        values = np.pad(blob(rng, (100, 70)), (line, line[::-1]), constant_values=100)
        expected = 255 * normalize_digit(values / 255, (28, 28)).ravel()
        arguments = ", ".join(map(str, [values.ravel().tolist(), *values.shape, 28, 28]))
        got = opened.run(f"Array.from(nncore.normalizeDigit({arguments}))")
        assert np.abs(np.array(got) - expected).max() < 0.5 + 1e-6


def test_a_smooth_shade_is_no_digit(opened):
    shade = np.tile(np.linspace(120, 230, 80).astype(int), 60).tolist()
    assert opened.run(f"nncore.normalizeDigit({shade}, 60, 80, 28, 28)") is None


def test_a_picture_without_contrast_is_no_digit(opened):
    assert (
        opened.run("nncore.normalizeDigit(new Uint8Array(100).fill(200), 10, 10, 28, 28)") is None
    )
    with pytest.raises(BlankError):
        normalize_digit(np.full((10, 10), 200 / 255), (28, 28))


def test_an_empty_pad_has_no_prediction(opened):
    assert text(opened, "prediction") == "The pad is empty."


def test_clear_empties_the_pad(opened):
    draw(opened, ONE)
    opened.run("document.getElementById('clear').click()")
    assert (ink(opened).any(), text(opened, "prediction")) == (False, "The pad is empty.")


def test_the_prediction_follows_the_pen_and_is_spoken_when_it_rests(opened):
    """A screen reader does not speak after every point of a stroke."""
    (x, y), end = on_pad(opened, [(0.5, 0.2), (0.5, 0.8)])
    mouse = opened.page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(*end)
    opened.wait_for_frame()
    assert shown(opened).max() > 0
    assert text(opened, "prediction").startswith("1 (")
    assert text(opened, "speech") == ""
    mouse.up()
    opened.wait_for_frame()
    assert "1 (" in text(opened, "speech")


def test_a_second_finger_draws_nothing(opened):
    first, second, third = on_pad(opened, [(0.2, 0.2), (0.8, 0.2), (0.8, 0.8)])
    opened.touch("touchStart", first)
    opened.touch("touchMove", first, second)
    opened.touch("touchMove", first, third)
    opened.touch("touchEnd")
    assert not ink(opened)[:, 140:].any()


def test_a_finger_on_the_pad_does_not_scroll_the_page(opened):
    before = opened.run("scrollY")
    touch(opened, ONE)
    assert opened.run("getComputedStyle(document.getElementById('pad')).touchAction") == "none"
    assert opened.run("scrollY") >= before


def test_a_digit_can_be_drawn_with_the_keyboard(opened):
    opened.run("document.getElementById('pad').focus()")
    for _ in range(9):
        opened.page.keyboard.press("ArrowUp")
    opened.page.keyboard.press("Space")
    for _ in range(18):
        opened.page.keyboard.press("ArrowDown")
    opened.page.keyboard.press("Space")
    assert text(opened, "prediction").startswith("1 (")
    opened.page.keyboard.press("Delete")
    assert text(opened, "prediction") == "The pad is empty."


def test_a_drawing_is_looked_into_if_the_pen_leaves_the_pad_while_it_is_down(opened):
    opened.run("document.getElementById('pad').focus()")
    for key in ["ArrowUp"] * 9 + ["Space"] + ["ArrowDown"] * 18:
        opened.page.keyboard.press(key)
    opened.page.keyboard.press("Tab")
    opened.wait_for_frame()
    assert "1 (" in text(opened, "speech")


def test_a_lifted_pen_draws_nothing(opened):
    opened.run("document.getElementById('pad').focus()")
    opened.page.keyboard.press("ArrowLeft")
    assert not ink(opened).any()


@pytest.mark.parametrize("gallery", [".examples", "#mistakes"])
def test_the_network_gets_an_image_of_the_test_set_unchanged(opened, digit_model, gallery):
    label = opened.run(
        f"(() => {{ const b = document.querySelector('{gallery} button'); b.focus(); b.click();"
        "return b.getAttribute('aria-label') })()"
    )
    number = int(label.split(":")[0].removeprefix("Test image "))
    images, _ = mnist_sample(ROOT)
    expected = digit_model.classify(images[number : number + 1])
    assert np.array_equal(opened.run("Array.from(nncore.pad.input())"), images[number].ravel())
    assert np.abs(shown(opened) - expected.probabilities[0]).max() <= 0.001
    assert np.array_equal(ink(opened)[5::10, 5::10], images[number])


def test_choosing_a_mistake_leads_inside_and_back(opened):
    mistake = opened.page.locator("#mistakes button").nth(3)
    mistake.click()
    assert opened.run("document.activeElement.id") == "inspect"
    title = mistake.locator("canvas").get_attribute("data-title")
    assert text(opened, "inspected").startswith(f"{title}. Prediction")
    back = opened.page.locator("#inspection-back button:first-child")
    assert back.text_content() == "Back to “Mistakes”"
    back.press("Enter")
    assert mistake.evaluate("(button) => button === document.activeElement")
    opened.page.keyboard.press("Tab")
    assert opened.run("document.activeElement.closest('#mistakes > li') !== null")


def test_the_way_back_from_an_image_that_is_gone_leads_to_its_heading(opened):
    opened.page.locator("#mistakes button").first.click()
    opened.run("document.getElementById('mistakes').replaceChildren()")
    opened.page.locator("#inspection-back button:first-child").press("Enter")
    assert opened.run("document.activeElement.id") == "mistakes-heading"


def test_an_image_beside_the_pad_is_classified_there(opened):
    button = opened.page.locator(".try ~ .examples button").first
    assert button.get_attribute("aria-label").endswith(". Classify it")
    button.click()
    assert button.evaluate("(button) => button === document.activeElement")
    assert opened.page.is_hidden("#inspection-back")


def test_the_tab_key_reaches_every_control_and_shows_the_focus(opened):
    count = opened.run(
        "Array.from(document.querySelectorAll('a, button, input, select, summary, [tabindex]'))"
        ".filter((e) => e.checkVisibility() && e.tabIndex === 0)"
        ".filter((e) => e.type !== 'radio' || e.checked).length"
    )
    # The focus lights cells, which are new elements.
    opened.run("document.querySelectorAll('*').forEach((e, i) => { e.position = i; })")
    seen, rings = [], set()
    for _ in range(count):
        opened.page.keyboard.press("Tab")
        place, ring = opened.run(
            "(() => { const e = document.activeElement; return "
            "[e.position, getComputedStyle(e).outlineStyle] })()"
        )
        seen.append(place)
        rings.add(ring)
    assert (seen, len(set(seen)), rings) == (sorted(seen), count, {"solid"})


def accessible(browser):
    nodes = browser.devtools("Accessibility.getFullAXTree")["nodes"]
    return [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"] and "role" in node
    ]


def test_a_screen_reader_finds_landmarks_and_a_name_for_every_control(opened):
    result = accessible(opened)
    roles = [role for role, _ in result]
    assert {"banner", "navigation", "main", "contentinfo", "status"} <= set(roles)
    used = {"application", "button", "image", "link", "region", "slider", "table"}
    assert not [role for role, name in result if role in used and not name.strip()]
    assert used <= set(roles)


def test_a_cell_of_the_confusion_matrix_selects_its_mistakes(opened):
    count, actual, guess = opened.run(
        "(() => { const b = document.querySelector('.confusion td:not(.correct) button');"
        "b.click();"
        "const d = b.closest('td').dataset;"
        "return [Number(b.textContent), d.actual, d.predicted] })()"
    )
    marks = opened.run(
        "Array.from(document.querySelectorAll('#mistakes > li')).filter((e) => !e.hidden)"
        ".map((e) => [e.dataset.actual, e.dataset.predicted])"
    )
    assert marks == [[actual, guess]] * count
    assert text(opened, "mistakes-summary").startswith(f"{actual} taken for {guess}, {count} time")


def test_the_first_mistakes_are_visible_and_all_after_a_click(opened):
    seen = "Array.from(document.querySelectorAll('#mistakes > li')).filter((e) => !e.hidden).length"
    first, total = (
        opened.run(seen),
        opened.run("document.querySelectorAll('#mistakes > li').length"),
    )
    opened.run("document.getElementById('all-mistakes').click()")
    assert (first, opened.run(seen)) == (24, total)
    assert total > 24


def test_the_slider_shows_the_values_of_an_epoch(opened):
    opened.run("document.getElementById('epoch').focus()")
    opened.page.keyboard.press("ArrowLeft")
    assert text(opened, "reading").startswith("2: training loss 0.5, validation loss 1.125, ")
    value = opened.run("document.getElementById('epoch').getAttribute('aria-valuetext')")
    assert value == text(opened, "reading")


def test_the_pointer_shows_the_values_of_the_nearest_epoch(opened):
    opened.run("document.querySelector('.panel').scrollIntoView({block: 'center'})")
    box = opened.run("document.querySelector('.panel').getBoundingClientRect().toJSON()")
    for fraction, epoch in ((46 / 360, 0), (350 / 360, 3), (0.4, 1)):
        opened.page.mouse.move(box["x"] + fraction * box["width"], box["y"] + 80)
        assert text(opened, "reading").startswith(f"{epoch}: ")


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_is_wider_than_the_window(browser, digit_page, width):
    browser.open(digit_page, width=width)
    assert browser.run("document.documentElement.scrollWidth <= innerWidth")
    assert browser.run("innerWidth") == width


def test_long_names_are_not_wider_than_a_phone(show):
    names = ["x" * 60, "an ordinary name of several words that goes on", "z"]
    browser = show(small_results(names, dataset="y" * 80), width=320)
    assert browser.run("document.documentElement.scrollWidth <= innerWidth")


def pixel(browser, script):
    return browser.run(f"Array.from({script}.getContext('2d').getImageData(0, 0, 1, 1).data)")


def test_a_change_of_the_colour_scheme_repaints_page_and_weights(browser, digit_page):
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    browser.open(digit_page, dark=True)
    dark = browser.run(ground), pixel(browser, "document.querySelector('[data-unit]')")
    browser.page.emulate_media(color_scheme="light")
    browser.wait_for_frame()
    light = browser.run(ground), pixel(browser, "document.querySelector('[data-unit]')")
    assert (dark[0], light[0]) == ("rgb(20, 23, 26)", "rgb(255, 255, 255)")
    assert dark[1] != light[1]


def test_without_scripts_tables_and_curves_remain(browser, digit_page):
    browser.open(digit_page, scripts=False)
    result = accessible(browser)
    assert "application" not in {role for role, _ in result}
    assert any("Without JavaScript" in name for _, name in result)
    assert [role for role, _ in result].count("table") >= 2


def test_class_names_with_markup_are_shown_unchanged(show):
    browser = show(small_results(HOSTILE_NAMES))
    browser.run("document.querySelector('.examples button, #mistakes button').click()")
    names = browser.run(
        "Array.from(document.querySelectorAll('#probabilities bdi'), (e) => e.textContent)"
    )
    assert (names, browser.messages) == (list(HOSTILE_NAMES), [])


def test_of_many_classes_the_ten_most_probable_are_shown_by_probability(show):
    browser = show(small_results([f"class {number}" for number in range(60)]))
    browser.run("document.querySelector('.examples button, #mistakes button').click()")
    probabilities = shown(browser)
    assert (len(probabilities), browser.messages) == (10, [])
    assert np.array_equal(probabilities, np.sort(probabilities)[::-1])


@pytest.mark.parametrize("why", ["large", "no digits", "colour", "no images"])
def test_a_page_without_a_pad_works(show, monkeypatch, why):
    page_results = small_results(shape=(4, 3, 3) if why == "colour" else (4, 3))
    if why == "large":
        monkeypatch.setattr(parameters, "MAX_PARAMETER_BYTES", 0)
    elif why == "no digits":
        model = replace(page_results.model, pictures="as-is")
        page_results = replace(page_results, model=model)
    elif why == "no images":
        page_results = small_results(shape=(4, 3, 3), embed_images=False)
    browser = show(page_results)
    assert browser.run("document.getElementById('pad')") is None
    assert browser.run("document.querySelector('.confusion button') !== null")
    browser.run("document.querySelector('.confusion button').click()")
    assert text(browser, "mistakes-summary").endswith("time.") or "times" in text(
        browser, "mistakes-summary"
    )
    pictures = browser.run("document.querySelectorAll('[data-picture]').length")
    assert (pictures > 0) == (why != "no images")
    assert browser.messages == []


def shown_pixels(browser, canvas):
    """Return the red, green and blue on a canvas, (pixels, 3)."""
    data = browser.run(
        f"(() => {{ const c = document.querySelector('{canvas}');"
        "return Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data) })()"
    )
    return np.array(data).reshape(-1, 4)[:, :3]


def test_a_colour_image_of_the_test_set_is_shown_in_its_colours(show):
    page_results = small_results(shape=(4, 3, 3))
    browser = show(page_results)
    label = browser.run("document.querySelector('[data-picture=\"1\"]').getAttribute('aria-label')")
    number = int(label.split(":")[0].removeprefix("Test image "))
    expected = np.rint(255 * page_results.images[number]).reshape(-1, 3)
    assert np.array_equal(shown_pixels(browser, '[data-picture="1"]'), expected)


def test_the_weights_of_a_colour_network_are_as_bright_as_red_green_and_blue(show):
    """The largest of the limit is 255, of minus the limit 0; a weight of 0 is grey."""
    page_results = small_results(shape=(1, 2, 3))
    weights = page_results.model.network.weights[0]
    weights[:] = 0
    weights[:, 3] = 1, -1, 0, 0.5, -0.5, 0
    browser = show(page_results)
    pixels = shown_pixels(browser, '[data-unit="0"]')
    assert np.abs(pixels - [[255, 0, 127.5], [191.25, 63.75, 127.5]]).max() < 1.1
    browser.page.emulate_media(color_scheme="dark")
    browser.wait_for_frame()
    assert np.array_equal(shown_pixels(browser, '[data-unit="0"]'), pixels)


def test_a_long_name_is_cut_and_its_title_is_whole(show):
    names = [
        "W" * 90,
        "猫の写真がたくさんあるとても長い名前のフォルダー",
        "قطة صغيرة جدا على السجادة",
    ]
    browser = show(small_results(names, shape=(4, 3, 3)))
    cut, titles = browser.run(
        "(() => { const b = Array.from(document.querySelectorAll('.confusion thead bdi'));"
        "return [b.map((e) => e.scrollWidth > e.clientWidth), b.map((e) => e.title)] })()"
    )
    assert (cut[0], titles) == (True, names)
    heights = browser.run(
        "Array.from(document.querySelectorAll('.gallery p'), (e) => e.clientHeight)"
    )
    line = browser.run(
        "parseFloat(getComputedStyle(document.querySelector('.gallery p')).lineHeight)"
    )
    assert max(heights) < 2.5 * line
