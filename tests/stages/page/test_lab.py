"""The lab in a browser: each edit against the same edit in NumPy, by mouse, finger and keyboard."""

import re
from dataclasses import replace
from itertools import accumulate

import numpy as np
import pytest
from lab_page import edits, parameters, press, see, slow_down, wait
from page_results import HOSTILE_NAMES, mnist_sample, random_model, results, small_results

from nncore.config.architecture import Architecture
from nncore.model import Model
from nncore.model_file import load, save
from nncore.network.network import Network
from stages.shared.fingerprint import ROOT

HIDDEN, CLASSES = 40, 10


def fill(browser, edit, **values):
    for name, value in values.items():
        browser.page.fill(f"[data-edit={edit}] [name={name}]", str(value))


def choose_unit(browser, layer, unit):
    browser.page.select_option("#lab-layer", str(layer))
    browser.page.fill("#lab-unit", str(unit))


def copy_of(model):
    network = model.network
    copy = Network(network.architecture, inputs=network.inputs, outputs=network.outputs)
    copy.parameters[:] = network.parameters
    return Model(copy, model.labels, model.image_shape, model.normalization, {}, model.pictures)


def embedded(browser):
    """Return the numbers and labels of the test images in the page."""
    return np.array(browser.run("(({numbers, labels}) => [numbers, labels])(nncore.testImages())"))


def assert_same(browser, model, images):
    """Check parameters, classes and accuracy of the page against those of an edited model."""
    sentence = wait(browser)
    bits = parameters(browser)
    assert np.array_equal(bits, model.network.parameters.view("u4"))
    numbers, labels = embedded(browser)
    classes = model.classify(images[numbers]).classes
    assert browser.run("Array.from(nncore.lab.result().classes)") == classes.tolist()
    assert sentence.startswith(f"Accuracy {100 * np.mean(classes == labels):.2f} %, unedited")


def unit_off(network):
    network.weights[1][7] = 0


def region_off(network):
    network.weights[0].reshape(28, 28, HIDDEN)[4:20, 9:15] = 0


def shift_bias(network):
    network.biases[0][7] = np.float64(network.biases[0][7]) + 0.7


def scale_weights(network):
    network.weights[1][:, 3] = network.weights[1][:, 3].astype(np.float64) * -1.7


def prune(network):
    weights = network.parameters[: 784 * HIDDEN + HIDDEN * CLASSES]
    smallest = np.argsort(np.abs(weights), kind="stable")
    weights[smallest[: round(0.9 * len(weights))]] = 0


def mulberry32(seed):
    """Yield numbers in [0, 1), as in Tommy Ettinger's generator of this name."""
    mask = 2**32 - 1
    while True:
        seed = (seed + 0x6D2B79F5) & mask
        t = ((seed ^ (seed >> 15)) * (seed | 1)) & mask
        t ^= (t + (((t ^ (t >> 7)) * (t | 61)) & mask)) & mask
        yield (t ^ (t >> 14)) / 2**32


def add_noise(network):
    random = mulberry32(5)
    start = 0
    for weight in network.weights:
        values = network.parameters[start : start + weight.size].astype(np.float64)
        *_, squares = accumulate((values * values).tolist())
        deviation = 0.6 * np.sqrt(squares / weight.size)
        for k in range(weight.size):
            *_, number = accumulate((next(random) for _ in range(12)), initial=-6.0)
            values[k] += deviation * number
        network.parameters[start : start + weight.size] = values
        start += weight.size


def set_temperature(network):
    for values in (network.weights[1], network.biases[1]):
        values[:] = values.astype(np.float64) / 3


EDITS = {
    "unitOff": ((1, 7), {}, unit_off, "unit 7 of layer 1 switched off"),
    "regionOff": (
        None,
        {"top": 4, "bottom": 19, "left": 9, "right": 14},
        region_off,
        "input rows 4 to 19, columns 9 to 14 switched off",
    ),
    "shiftBias": ((1, 7), {"amount": 0.7}, shift_bias, "bias of unit 7 of layer 1 shifted by 0.7"),
    "scaleWeights": (
        (2, 3),
        {"factor": -1.7},
        scale_weights,
        "weights of unit 3 of layer 2 multiplied by -1.7",
    ),
    "prune": (None, {"percent": 90}, prune, "smallest 90 % of all weights set to 0"),
    "noise": (
        None,
        {"amount": 0.6, "seed": 5},
        add_noise,
        "noise of 0.6 times the RMS of each layer added to its weights, seed 5",
    ),
    "temperature": (
        None,
        {"temperature": 3},
        set_temperature,
        "logits divided by the temperature 3",
    ),
}


def apply(browser, name):
    unit, values, *_ = EDITS[name]
    if unit:
        choose_unit(browser, *unit)
    fill(browser, name, **values)
    press(browser, name)


def test_the_seeded_numbers_are_those_of_mulberry32():
    """The first three of seed 1, from the generator's publication in JavaScript."""
    first = [number for number, _ in zip(mulberry32(1), range(3), strict=False)]
    assert first == [0.6270739405881613, 0.002735721180215478, 0.5274470399599522]


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_has_the_parameters_and_the_predictions_of_numpy(opened, digit_model, name):
    *_, change, text = EDITS[name]
    apply(opened, name)
    edited = copy_of(digit_model)
    change(edited.network)
    assert not np.array_equal(edited.network.parameters, digit_model.network.parameters)
    assert_same(opened, edited, mnist_sample(ROOT)[0])
    assert (edits(opened), opened.messages) == ([text], [])


def test_edits_add_up_and_undo_restores_every_byte(opened, digit_model):
    images, _ = mnist_sample(ROOT)
    edited = [copy_of(digit_model)]
    for name in EDITS:
        apply(opened, name)
        edited.append(copy_of(edited[-1]))
        EDITS[name][2](edited[-1].network)
    assert edits(opened) == [text for *_, text in EDITS.values()]
    while len(edited) > 1:
        assert_same(opened, edited.pop(), images)
        opened.page.click("#lab-undo")
    wait(opened)
    assert np.array_equal(parameters(opened), digit_model.network.parameters.view("u4"))
    assert edits(opened) == []
    opened.page.click("#lab-undo")
    assert np.array_equal(parameters(opened), digit_model.network.parameters.view("u4"))


def test_reset_takes_all_edits_back(opened, digit_model):
    apply(opened, "prune")
    apply(opened, "noise")
    opened.page.click("#lab-reset")
    assert re.fullmatch(r"Accuracy \S+ %, unedited\. Mean confidence \S+ %\.", wait(opened))
    assert np.array_equal(parameters(opened), digit_model.network.parameters.view("u4"))
    assert (edits(opened), opened.page.is_visible("#lab-changes")) == ([], False)


def test_the_latest_of_many_quick_edits_is_shown(opened, digit_model):
    """The page computes in slices, and an edit interrupts the computation."""
    opened.run(
        "for (const name of ['unitOff', 'prune', 'temperature', 'regionOff'])"
        "document.querySelector(`[data-edit=${name}] button:not(.explain)`).click();"
        "document.getElementById('lab-undo').click();"
        "document.getElementById('lab-undo').click();"
        "document.getElementById('lab-undo').click()"
    )
    edited = copy_of(digit_model)
    edited.network.weights[1][0] = 0
    assert_same(opened, edited, mnist_sample(ROOT)[0])


def test_the_unedited_accuracy_and_the_number_of_images_are_shown(opened, digit_model):
    sentence = wait(opened)
    images, _ = mnist_sample(ROOT)
    numbers, labels = embedded(opened)
    prediction = digit_model.classify(images[numbers])
    accuracy = np.mean(prediction.classes == labels)
    confidence = np.mean(prediction.confidence, dtype=np.float64)
    assert sentence == (
        f"Accuracy {100 * accuracy:.2f} %, unedited. Mean confidence {100 * confidence:.2f} %."
    )
    section = opened.page.text_content("section[aria-labelledby=lab]")
    assert (
        f"on the {len(numbers)} test images that this page computes with follows at once" in section
    )
    counts = np.bincount(labels, minlength=10)
    assert f"with {counts.min()} to {counts.max()} of each class" in section
    assert "the test set has 1,000" in section


def test_images_that_became_wrong_and_right_are_shown(opened, digit_model):
    apply(opened, "noise")
    sentence = wait(opened)
    images, _ = mnist_sample(ROOT)
    numbers, labels = embedded(opened)
    edited = copy_of(digit_model)
    add_noise(edited.network)
    predictions = [model.classify(images[numbers]) for model in (digit_model, edited)]
    before, after = (prediction.classes for prediction in predictions)
    confidence = [100 * np.mean(p.confidence, dtype=np.float64) for p in predictions]
    wrong = np.flatnonzero((before == labels) & (after != labels))
    right = np.flatnonzero((before != labels) & (after == labels))
    assert sentence.endswith(
        f": {len(wrong)} images became wrong, {len(right)} right. Mean confidence "
        f"{confidence[1]:.2f} %, unedited {confidence[0]:.2f} %."
    )
    assert min(len(wrong), len(right)) > 0
    for name, rows in (("wrong", wrong), ("right", right)):
        expected = [
            f"Test image {numbers[k]}: {labels[k]}, before the edits {before[k]}, now {after[k]}. "
            "Look inside"
            for k in rows[:24]
        ]
        buttons = opened.page.locator(f"#lab-{name} button").all()
        assert [button.get_attribute("aria-label") for button in buttons] == expected
        assert opened.page.text_content(f"#lab-{name}-count").startswith(f"{len(rows)} of ")


def test_a_changed_image_opens_in_pad_and_inspection(opened):
    apply(opened, "noise")
    wait(opened)
    button = opened.page.locator("#lab-wrong button").first
    title = button.get_attribute("aria-label").split(",")[0]
    button.press("Enter")
    assert opened.run("document.activeElement.id") == "inspect"
    assert opened.page.text_content("#inspected").startswith(f"{title}. Prediction: ")
    number = int(re.match(r"Test image (\d+): \d$", title)[1])
    images, _ = mnist_sample(ROOT)
    assert np.array_equal(opened.run("Array.from(nncore.pad.input())"), images[number].ravel())


def test_pad_and_inspection_use_the_edited_network_and_say_so(opened, digit_model):
    opened.run("document.querySelector('#mistakes button').click()")
    image = np.array(opened.run("Array.from(nncore.pad.input())"), np.uint8).reshape(1, 28, 28)
    notes = opened.page.locator(".note", has_text="edited in the lab")
    assert [notes.nth(k).is_visible() for k in range(notes.count())] == [False, False]
    apply(opened, "noise")
    edited = copy_of(digit_model)
    add_noise(edited.network)
    probability = edited.classify(image).probabilities[0].max()
    expected = f"{edited.classify(image).classes[0]} ({100 * probability:.1f}\N{NO-BREAK SPACE}%)"
    assert opened.page.text_content("#prediction").startswith(expected)
    assert f"Prediction: {expected}" in opened.page.text_content("#inspected")
    assert [notes.nth(k).is_visible() for k in range(notes.count())] == [True, True]
    opened.page.click("#lab-reset")
    assert [notes.nth(k).is_visible() for k in range(notes.count())] == [False, False]
    before = digit_model.classify(image).classes[0]
    assert opened.page.text_content("#prediction").startswith(f"{before} (")


def selected(browser):
    names = ("top", "bottom", "left", "right")
    return [int(browser.page.input_value(f"[data-edit=regionOff] [name={n}]")) for n in names]


def in_region(browser, positions):
    """Return centres of pixels, (row, column), as positions in the window."""
    see(browser)
    canvas = browser.page.locator("#lab-region canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    side = box["width"] / 28
    return [(box["x"] + side * (x + 0.5), box["y"] + side * (y + 0.5)) for y, x in positions]


@pytest.mark.parametrize("corners", [((3, 5), (12, 20)), ((12, 20), (3, 5)), ((3, 20), (12, 5))])
def test_the_mouse_drags_a_region(opened, corners):
    (x0, y0), (x1, y1) = in_region(opened, corners)
    mouse = opened.page.mouse
    mouse.move(x0, y0)
    mouse.down()
    mouse.move((x0 + x1) / 2, y1)
    mouse.move(x1, y1)
    mouse.up()
    mouse.move(x1 + 40, y1 + 40)
    assert selected(opened) == [3, 12, 5, 20]
    press(opened, "regionOff")
    assert edits(opened) == ["input rows 3 to 12, columns 5 to 20 switched off"]


def test_a_drag_beyond_the_picture_ends_at_its_edge(opened):
    start, (x, y) = in_region(opened, [(20, 20), (27, 27)])
    mouse = opened.page.mouse
    mouse.move(*start)
    mouse.down()
    mouse.move(x + 60, y + 90)
    mouse.up()
    assert selected(opened) == [20, 27, 20, 27]


def test_a_finger_drags_a_region(opened):
    start, end = in_region(opened, [(2, 2), (8, 9)])
    opened.touch("touchStart", start)
    opened.touch("touchMove", end)
    opened.touch("touchEnd")
    assert selected(opened) == [2, 8, 2, 9]


def test_the_keyboard_switches_a_region_off(opened, digit_model):
    opened.page.focus("[data-edit=regionOff] [name=top]")
    for value in (4, 19, 9, 14):
        opened.page.keyboard.press("Control+A")
        opened.page.keyboard.type(str(value))
        opened.page.keyboard.press("Tab")
    opened.page.keyboard.press("Enter")
    edited = copy_of(digit_model)
    region_off(edited.network)
    assert_same(opened, edited, mnist_sample(ROOT)[0])


def test_pixels_that_are_off_have_another_colour(opened):
    pixel = (
        "Array.from(document.querySelector('#lab-region canvas').getContext('2d')"
        ".getImageData(10, 5, 1, 1).data)"
    )
    see(opened)
    before = opened.run(pixel)
    apply(opened, "regionOff")
    assert opened.run(pixel) != before
    opened.page.click("#lab-undo")
    assert opened.run(pixel) == before


@pytest.mark.parametrize(("layer", "unit"), [(1, HIDDEN), (2, CLASSES), (1, -1), (1, 0.5), (1, "")])
def test_a_unit_that_the_layer_lacks_is_refused(opened, layer, unit):
    choose_unit(opened, layer, unit)
    press(opened, "shiftBias")
    assert edits(opened) == []
    assert opened.run("document.activeElement.id") == "lab-unit"


def test_an_output_cannot_be_switched_off(opened):
    choose_unit(opened, 2, 0)
    assert opened.page.is_disabled("[data-edit=unitOff] button")
    choose_unit(opened, 1, 0)
    assert opened.page.is_enabled("[data-edit=unitOff] button")


def test_an_edit_beyond_float32_is_refused_in_a_line(opened, digit_model):
    apply(opened, "unitOff")
    wait(opened)
    fill(opened, "shiftBias", amount="1e39")
    press(opened, "shiftBias")
    expected = "Expected finite parameters, got others; no edit: bias of unit 7 of layer 1"
    assert opened.page.text_content("#lab-refusal").startswith(expected)
    assert edits(opened) == ["unit 7 of layer 1 switched off"]
    edited = copy_of(digit_model)
    unit_off(edited.network)
    assert np.array_equal(parameters(opened), edited.network.parameters.view("u4"))
    opened.page.click("#lab-undo")
    assert opened.page.is_hidden("#lab-refusal")


def saved(browser, path):
    with browser.page.expect_download() as download:
        browser.page.click("#lab-save")
    assert download.value.suggested_filename == "model-edited.npz"
    download.value.save_as(path)
    return load(path)


def test_python_loads_the_saved_model_with_equal_parameters_and_predictions(
    opened, digit_model, tmp_path
):
    names = ("noise", "unitOff", "prune", "shiftBias")
    for name in names:
        apply(opened, name)
    model = saved(opened, tmp_path / "edited.npz")
    assert np.array_equal(model.network.parameters.view("u4"), parameters(opened))
    assert model.provenance == {"edits": [EDITS[name][3] for name in names]}
    assert (model.labels, model.image_shape) == (digit_model.labels, digit_model.image_shape)
    assert_same(opened, model, mnist_sample(ROOT)[0])
    assert opened.messages == []


@pytest.mark.parametrize("provenance", [{}, {"code": "é", "data": [1.0, 2]}])
@pytest.mark.parametrize("shape", [(4, 3), (4, 3, 3)])
def test_the_saved_file_has_the_bytes_that_python_writes(show, tmp_path, shape, provenance):
    names = ('"edits": []', "b\\", "\u00e9")
    model = random_model(Architecture(hidden=(5, 4)), shape, names)
    model = Model(model.network, names, shape, model.normalization, provenance, model.pictures)
    pixels = np.random.default_rng(1).integers(0, 256, (12, *shape), dtype=np.uint8)
    browser = show(results(model, pixels, np.arange(12) % 3))
    fill(browser, "scaleWeights", factor=0.5)
    press(browser, "scaleWeights")
    saved(browser, tmp_path / "page.npz")
    edited = copy_of(model)
    edited.network.weights[0][:, 0] *= np.float32(0.5)
    listed = provenance | {"edits": ["weights of unit 0 of layer 1 multiplied by 0.5"]}
    parts = (names, shape, model.normalization, listed, model.pictures)
    save(tmp_path / "python.npz", Model(edited.network, *parts))
    assert (tmp_path / "page.npz").read_bytes() == (tmp_path / "python.npz").read_bytes()


def test_a_model_that_was_edited_before_keeps_its_edits(show, tmp_path):
    page_results = small_results()
    model = replace(page_results.model, provenance={"edits": ["an earlier one"]})
    browser = show(replace(page_results, model=model))
    press(browser, "temperature")
    expected = ["an earlier one", "logits divided by the temperature 2"]
    assert saved(browser, tmp_path / "edited.npz").provenance == {"edits": expected}


def test_a_region_of_a_colour_image_has_all_its_channels(show):
    page_results = small_results(shape=(4, 3, 3))
    browser = show(page_results)
    fill(browser, "regionOff", top=1, bottom=2, left=2, right=2)
    press(browser, "regionOff")
    edited = copy_of(page_results.model)
    edited.network.weights[0].reshape(4, 3, 3, 5)[1:3, 2] = 0
    pixels = np.rint(255 * page_results.images).astype(np.uint8).reshape(-1, 4, 3, 3)
    assert_same(browser, edited, pixels)


def test_a_single_output_has_a_lab(show):
    architecture = Architecture(hidden=(), output="sigmoid", loss="binary_cross_entropy")
    model = random_model(architecture, (4, 3), "ab", outputs=1)
    pixels = np.random.default_rng(1).integers(0, 256, (12, 4, 3), dtype=np.uint8)
    browser = show(results(model, pixels, np.arange(12) % 2))
    assert browser.page.is_disabled("[data-edit=unitOff] button")
    fill(browser, "shiftBias", amount=-3)
    press(browser, "shiftBias")
    edited = copy_of(model)
    edited.network.biases[0][0] = np.float64(edited.network.biases[0][0]) - 3
    assert_same(browser, edited, pixels)
    assert browser.page.is_visible("[data-edit=temperature]")


def test_outputs_that_are_no_probabilities_have_no_temperature(show):
    architecture = Architecture(hidden=(5,), output="identity", loss="half_squared_error")
    model = random_model(architecture, (4, 3), "abc")
    pixels = np.random.default_rng(1).integers(0, 256, (12, 4, 3), dtype=np.uint8)
    browser = show(results(model, pixels, np.arange(12) % 3))
    wait(browser)
    assert browser.page.locator("[data-edit=temperature]").count() == 0
    assert browser.messages == []


@pytest.mark.parametrize("why", ["large", "no images"])
def test_a_page_without_parameters_or_images_has_no_lab(show, monkeypatch, why):
    if why == "large":
        monkeypatch.setattr("stages.page.images.parameters.MAX_PARAMETER_BYTES", 0)
    browser = show(small_results(embed_images=why != "no images"))
    assert browser.page.locator("#lab").count() == 0
    assert browser.page.locator("a[href='#lab']").count() == 0
    assert browser.messages == []


def test_class_names_with_markup_are_shown_unchanged(show):
    browser = show(small_results(HOSTILE_NAMES))
    fill(browser, "noise", amount=5)
    press(browser, "noise")
    wait(browser)
    shown = browser.page.locator("#lab-changes bdi").all_text_contents()
    assert set(shown) <= set(HOSTILE_NAMES)
    assert len(set(shown)) > 1
    assert browser.messages == []


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_lab_is_not_wider_than_the_window(show, width):
    names = ["x" * 60, "an ordinary name of several words that goes on", "z"]
    browser = show(small_results(names), width=width)
    fill(browser, "noise", amount=5)
    press(browser, "noise")
    wait(browser)
    assert browser.run("document.documentElement.scrollWidth <= innerWidth")


def test_a_long_computation_is_in_slices_with_its_progress(show):
    browser = show(small_results())
    wait(browser)
    slow_down(browser)
    press(browser, "prune")
    wait(browser)
    expected = [f"Computing: {count} of 12 images." for count in range(1, 13)]
    # The edit has slices too, as test_lab_controls.py requires.
    computing = [text for text in browser.run("progress") if text != "Editing."]
    assert computing == [*expected, ""]
