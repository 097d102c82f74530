"""The report page in a real browser: what it computes, shows and says, by mouse, finger and key."""

import json

import numpy as np
import pytest
from browser import Browser, find
from page_results import digits, drawn, results, small

from nncore.architecture import Architecture
from nncore.data import Data
from nncore.digits import BlankError, normalized, to_bytes
from nncore.model import Model
from nncore.network import Network
from nncore.preprocessing import Scaling, one_hot, scale
from nncore.settings import TrainingSettings
from nncore.training import fit
from stages.imports import ROOT
from stages.page import document, page

PROGRAM = find()
pytestmark = pytest.mark.skipif(
    PROGRAM is None, reason="needs a Chromium: apt-get install chromium"
)
HOSTILE = ("</script><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "<!-- & \u202e")
# Places on the pad, as shares of its sides.
ONE = [(0.55, 0.15), (0.52, 0.4), (0.48, 0.65), (0.45, 0.88)]
SEVEN = [(0.25, 0.2), (0.5, 0.2), (0.75, 0.2), (0.6, 0.5), (0.45, 0.85)]
ZERO = [(0.5 + 0.22 * np.sin(a), 0.5 - 0.32 * np.cos(a)) for a in np.linspace(0, 2 * np.pi, 24)]


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Return a browser, which all tests of this file share."""
    browser = Browser(PROGRAM, tmp_path_factory.mktemp("browser"))
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def reader():
    """Train a network on the embedded digits, enough to read a clear one."""
    images, labels = digits(ROOT, "train")
    scaled = np.empty((len(images), 784), np.float32)
    scale(images.reshape(-1, 784), Scaling().table(), out=scaled)
    network = Network(Architecture(hidden=(40,)), inputs=784, outputs=10)
    fit(network, TrainingSettings(epochs=6, lr=0.1), Data(scaled, one_hot(labels, 10)))
    return Model(network, tuple("0123456789"), (28, 28), Scaling())


@pytest.fixture(scope="module")
def file(reader, tmp_path_factory):
    """Return the page of that network."""
    file = tmp_path_factory.mktemp("page") / "report.html"
    file.write_text(page(results(reader, *digits(ROOT))), encoding="utf-8")
    return file


@pytest.fixture
def opened(browser, file):
    """Return the browser with that page newly opened."""
    browser.open(file)
    return browser


@pytest.fixture
def show(browser, tmp_path):
    """Return a function that opens the page of other results."""

    def show_page(told, **look):
        (tmp_path / "report.html").write_text(page(told), encoding="utf-8")
        browser.open(tmp_path / "report.html", **look)
        return browser

    return show_page


def on_pad(browser, places):
    """Return places on the pad as places in the window."""
    browser.run("document.getElementById('pad').scrollIntoView({block: 'center'})")
    box = browser.run("document.getElementById('pad').getBoundingClientRect().toJSON()")
    return [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]


def draw(browser, places):
    first, *others = on_pad(browser, places)
    browser.mouse("mousePressed", *first)
    for place in others:
        browser.mouse("mouseMoved", *place)
    browser.mouse("mouseReleased", *others[-1])
    browser.rest()


def touch(browser, places):
    first, *others = on_pad(browser, places)
    browser.touch("touchStart", first)
    for place in others:
        browser.touch("touchMove", place)
    browser.touch("touchEnd")
    browser.rest()


def text(browser, identity):
    return browser.run(f"document.getElementById('{identity}').textContent")


def ink(browser):
    """Return what is on the pad, (rows, columns) uint8."""
    width, height, values = browser.run(
        "(({ink, width, height}) => [width, height, Array.from(ink)])(nncore.pad.drawing)"
    )
    return np.array(values, np.uint8).reshape(height, width)


def shown(browser):
    """Return the probabilities that stand on the page, in [0, 1], to half a thousandth."""
    numbers = browser.run(
        "Array.from(document.querySelectorAll('#probabilities .number'), (n) => n.textContent)"
    )
    return np.array([float(number.strip("<> %")) / 100 for number in numbers])


def predicted(browser, images):
    """Return the page's probabilities for images, (n, rows, columns) uint8."""
    values = json.dumps(images.reshape(len(images), -1).tolist())
    return np.array(browser.run(f"{values}.map((image) => nncore.predict(image).probabilities)"))


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


def test_the_page_says_nothing_in_the_console(opened):
    draw(opened, SEVEN)
    assert opened.said == []


def test_the_page_asks_for_nothing_but_itself(opened, file):
    draw(opened, SEVEN)
    assert [url for url in opened.requested if not url.startswith("data:")] == [file.as_uri()]


def test_a_violated_policy_would_be_heard(opened):
    opened.run("new Promise((done) => { const i = new Image(); i.onerror = done; i.src = '/x' })")
    assert any("Content Security Policy" in said for said in opened.said)


def test_a_request_would_be_seen(browser, tmp_path):
    (tmp_path / "page.html").write_text('<link rel="stylesheet" href="x.css">', encoding="utf-8")
    browser.open(tmp_path / "page.html")
    assert (tmp_path / "x.css").as_uri() in browser.requested


def test_probabilities_of_a_hundred_images_are_numpys(opened, reader):
    images, _ = digits(ROOT)
    expected = reader.predict(images[:100]).probabilities
    assert np.abs(predicted(opened, images[:100]) - expected).max() < 1e-4


@pytest.mark.parametrize(
    ("output", "loss"),
    [
        ("softmax", "cross_entropy"),
        ("sigmoid", "binary_cross_entropy"),
        ("identity", "half_squared_error"),
        ("leaky_relu", "mean_squared_error"),
        ("relu", "mean_squared_error"),
        ("tanh", "mean_squared_error"),
    ],
)
def test_every_activation_gives_numpys_probabilities(show, output, loss):
    hidden = ("identity", "leaky_relu", "relu", "sigmoid", "tanh")
    architecture = Architecture(hidden=(9,) * 5, activation=hidden, output=output, loss=loss)
    model = drawn(architecture, scaling=Scaling(33.3, 78.6))
    images, labels = digits(ROOT)
    browser = show(results(model, images[:50], labels[:50]))
    expected = model.predict(images[:50]).probabilities
    assert browser.said == []
    assert np.abs(predicted(browser, images[:50]) - expected).max() < 1e-4


def test_the_most_probable_class_is_that_of_the_outputs_where_clipping_makes_them_equal(show):
    model = drawn(Architecture(hidden=(), output="identity", loss="mean_squared_error"))
    model.network.parameters[:] = 0
    model.network.biases[0][:] = [2, 3, 0, 0, 0, 0, 0, 0, 0, 0]
    images, labels = digits(ROOT)
    browser = show(results(model, images[:3], labels[:3]))
    said = browser.run("nncore.predict(new Uint8Array(784))")
    assert (said["best"], said["probabilities"][:3]) == (1, [0.5, 0.5, 0])


def test_where_all_outputs_are_zero_each_class_is_equally_likely(show):
    model = drawn(Architecture(hidden=(), output="relu", loss="mean_squared_error"))
    model.network.parameters[:] = 0
    images, labels = digits(ROOT)
    browser = show(results(model, images[:3], labels[:3]))
    assert browser.run("nncore.predict(new Uint8Array(784)).probabilities") == [0.1] * 10


@pytest.mark.parametrize(("digit", "strokes"), [("0", ZERO), ("1", ONE), ("7", SEVEN)])
@pytest.mark.parametrize("move", [draw, touch])
def test_a_digit_that_is_drawn_is_read(opened, move, digit, strokes):
    move(opened, strokes)
    assert text(opened, "answer").startswith(f"{digit} (")


@pytest.mark.parametrize("strokes", [ONE, SEVEN, ZERO, ZERO[:14], [(0, 0.9), (1, 0.95)]])
def test_what_the_page_says_of_a_drawing_is_what_numpy_says_of_it(opened, reader, strokes):
    draw(opened, strokes)
    image = to_bytes(normalized(ink(opened) / 255, (28, 28)))
    seen = np.array(opened.run("Array.from(nncore.pad.seen())")).reshape(28, 28)
    expected = reader.predict(image[np.newaxis])
    assert np.array_equal(seen, image)
    assert np.abs(predicted(opened, seen[np.newaxis]) - expected.probabilities).max() < 1e-4
    assert np.abs(shown(opened) - expected.probabilities[0]).max() <= 0.001
    assert text(opened, "answer").startswith(f"{expected.classes[0]} (")


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
def test_a_picture_of_any_size_becomes_the_image_that_numpy_makes_of_it(opened, picture, shape):
    rng = np.random.default_rng(picture)
    for _ in range(5):
        values = blob(rng, picture)
        expected = 255 * normalized(values / 255, shape).ravel()
        arguments = ", ".join(map(str, [values.ravel().tolist(), *picture, *shape]))
        got = opened.run(f"Array.from(nncore.prepare({arguments}))")
        assert np.abs(np.array(got) - expected).max() < 0.5 + 1e-6


def test_a_picture_without_contrast_is_no_digit(opened):
    assert opened.run("nncore.prepare(new Uint8Array(100).fill(200), 10, 10, 28, 28)") is None
    with pytest.raises(BlankError):
        normalized(np.full((10, 10), 200 / 255), (28, 28))


def test_an_empty_pad_has_no_answer(opened):
    assert text(opened, "answer") == "The pad is empty."


def test_clear_empties_the_pad(opened):
    draw(opened, ONE)
    opened.run("document.getElementById('clear').click()")
    assert (ink(opened).any(), text(opened, "answer")) == (False, "The pad is empty.")


def test_bars_move_while_the_pen_is_down_and_words_come_when_it_rests(opened):
    """Someone who hears the page is not told of every point of a stroke."""
    (x, y), end = on_pad(opened, [(0.5, 0.2), (0.5, 0.8)])
    opened.mouse("mousePressed", x, y)
    opened.mouse("mouseMoved", *end)
    opened.rest()
    assert (shown(opened).max() > 0, text(opened, "answer")) == (True, "The pad is empty.")
    opened.mouse("mouseReleased", *end)
    assert text(opened, "answer").startswith("1 (")


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
        opened.key("ArrowUp")
    opened.key(" ")
    for _ in range(18):
        opened.key("ArrowDown")
    opened.key(" ")
    assert text(opened, "answer").startswith("1 (")
    opened.key("Delete")
    assert text(opened, "answer") == "The pad is empty."


def test_a_pen_that_is_up_leaves_nothing(opened):
    opened.run("document.getElementById('pad').focus()")
    opened.key("ArrowLeft")
    assert not ink(opened).any()


@pytest.mark.parametrize("gallery", [".examples", "#mistakes"])
def test_an_image_of_the_test_set_is_given_as_it_is(opened, reader, gallery):
    label = opened.run(
        f"(() => {{ const b = document.querySelector('{gallery} button'); b.focus(); b.click();"
        "return b.getAttribute('aria-label') })()"
    )
    number = int(label.split(":")[0].removeprefix("Test image "))
    images, _ = digits(ROOT)
    expected = reader.predict(images[number : number + 1])
    assert np.array_equal(opened.run("Array.from(nncore.pad.seen())"), images[number].ravel())
    assert np.abs(shown(opened) - expected.probabilities[0]).max() <= 0.001
    assert np.array_equal(ink(opened)[5::10, 5::10], images[number])


def test_choosing_a_mistake_leads_to_the_answer(opened):
    opened.run("document.querySelector('#mistakes button').click()")
    assert opened.run("document.activeElement.id") == "try"


def test_every_control_is_reached_with_the_tab_key_and_is_seen_to_be(opened):
    count = opened.run(
        "Array.from(document.querySelectorAll('a, button, #pad, input, summary, .wide'))"
        ".filter((e) => e.checkVisibility()).length"
    )
    seen, rings = [], set()
    for _ in range(count):
        opened.key("Tab")
        place, ring = opened.run(
            "(() => { const e = document.activeElement; return ["
            "Array.from(document.querySelectorAll('*')).indexOf(e),"
            "getComputedStyle(e).outlineStyle] })()"
        )
        seen.append(place)
        rings.add(ring)
    assert (seen, len(set(seen)), rings) == (sorted(seen), count, {"solid"})


def accessible(browser):
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
    return [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"] and "role" in node
    ]


def test_a_screen_reader_finds_landmarks_and_a_name_for_all_that_can_be_used(opened):
    found = accessible(opened)
    roles = [role for role, _ in found]
    assert {"banner", "navigation", "main", "contentinfo", "status"} <= set(roles)
    used = {"application", "button", "image", "link", "region", "slider", "table"}
    assert not [role for role, name in found if role in used and not name.strip()]
    assert used <= set(roles)


def test_an_answer_and_a_choice_of_mistakes_are_spoken(opened):
    roles = "['answer', 'choice'].map((id) => document.getElementById(id).getAttribute('role'))"
    assert opened.run(roles) == ["status", "status"]


def test_a_cell_of_the_confusion_matrix_chooses_its_mistakes(opened):
    count, actual, guess = opened.run(
        "(() => { const b = document.querySelector('.confusion button'); b.click();"
        "const d = b.closest('td').dataset;"
        "return [Number(b.textContent), d.actual, d.predicted] })()"
    )
    marks = opened.run(
        "Array.from(document.querySelectorAll('#mistakes > li')).filter((e) => !e.hidden)"
        ".map((e) => [e.dataset.actual, e.dataset.predicted])"
    )
    assert marks == [[actual, guess]] * count
    assert text(opened, "choice").startswith(f"{actual} taken for {guess}, {count} time")


def test_the_first_mistakes_are_seen_and_all_when_asked_for(opened):
    seen = "Array.from(document.querySelectorAll('#mistakes > li')).filter((e) => !e.hidden).length"
    first, total = (
        opened.run(seen),
        opened.run("document.querySelectorAll('#mistakes > li').length"),
    )
    opened.run("document.getElementById('all-mistakes').click()")
    assert (first, opened.run(seen)) == (24, total)
    assert total > 24


def test_the_slider_reads_the_values_of_an_epoch(opened):
    opened.run("document.getElementById('epoch').focus()")
    opened.key("ArrowLeft")
    assert text(opened, "reading").startswith("2: training loss 0.5, validation loss 1.125, ")
    value = opened.run("document.getElementById('epoch').getAttribute('aria-valuetext')")
    assert value == text(opened, "reading")


def test_the_pointer_reads_the_values_of_the_nearest_epoch(opened):
    opened.run("document.querySelector('.panel').scrollIntoView({block: 'center'})")
    box = opened.run("document.querySelector('.panel').getBoundingClientRect().toJSON()")
    for share, epoch in ((46 / 360, 0), (350 / 360, 3), (0.4, 1)):
        opened.mouse("mouseMoved", box["x"] + share * box["width"], box["y"] + 80)
        assert text(opened, "reading").startswith(f"{epoch}: ")


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_is_wider_than_the_window(browser, file, width):
    browser.open(file, width=width)
    assert browser.run("document.documentElement.scrollWidth <= innerWidth")
    assert browser.run("innerWidth") == width


def test_a_long_name_and_many_layers_are_not_wider_than_a_phone(show):
    names = ["x" * 60, "an ordinary name of several words that goes on", "z"]
    browser = show(small(names, dataset="y" * 80), width=320)
    assert browser.run("document.documentElement.scrollWidth <= innerWidth")


def pixel(browser, script):
    return browser.run(f"Array.from({script}.getContext('2d').getImageData(0, 0, 1, 1).data)")


def test_dark_and_light_are_the_readers_choice_and_change_at_once(browser, file):
    """The drawn weights too."""
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    browser.open(file, dark=True)
    dark = browser.run(ground), pixel(browser, "document.querySelector('[data-unit]')")
    scheme = {"name": "prefers-color-scheme", "value": "light"}
    browser.call("Emulation.setEmulatedMedia", features=[scheme])
    browser.rest()
    light = browser.run(ground), pixel(browser, "document.querySelector('[data-unit]')")
    assert (dark[0], light[0]) == ("rgb(20, 23, 26)", "rgb(255, 255, 255)")
    assert dark[1] != light[1]


def test_without_scripts_tables_and_curves_remain(browser, file):
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(file)
        found = accessible(browser)
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)
    assert "application" not in {role for role, _ in found}
    assert any("Without JavaScript" in name for _, name in found)
    assert [role for role, _ in found].count("table") >= 2


def test_class_names_with_markup_are_shown_as_they_are(show):
    browser = show(small(HOSTILE))
    browser.run("document.querySelector('.examples button, #mistakes button').click()")
    names = browser.run(
        "Array.from(document.querySelectorAll('#probabilities bdi'), (e) => e.textContent)"
    )
    assert (names, browser.said) == (list(HOSTILE), [])


def test_of_many_classes_the_ten_most_probable_are_shown_in_their_order(show):
    browser = show(small([f"class {number}" for number in range(60)]))
    browser.run("document.querySelector('.examples button, #mistakes button').click()")
    probabilities = shown(browser)
    assert (len(probabilities), browser.said) == (10, [])
    assert np.array_equal(probabilities, np.sort(probabilities)[::-1])


def test_a_page_without_a_pad_works_too(show, monkeypatch):
    monkeypatch.setattr(document, "MOST_BYTES", 0)
    browser = show(small())
    assert browser.run("document.getElementById('pad')") is None
    assert browser.run("document.querySelector('.confusion button') !== null")
    assert browser.said == []
