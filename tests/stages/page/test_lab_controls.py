"""The controls of the lab: what they compute, and their use with keyboard and screen reader."""

import numpy as np
import pytest
from lab_page import edits, parameters, press, see, slow_down, wait
from page_results import random_model, results, small_results

from nncore.config.architecture import Architecture


def count_calls(browser, function):
    """Count the calls of a function of Math from now on, as `window.calls`."""
    browser.run(
        f"(() => {{ const original = Math.{function}; window.calls = 0;"
        f"Math.{function} = (...values) => {{ calls += 1; return original(...values) }} }})()"
    )


def test_an_edit_and_undo_repeat_no_earlier_edit(show):
    """Only noise draws random numbers, with two multiplications of integers for each."""
    browser = show(small_results())
    wait(browser)
    count_calls(browser, "imul")
    press(browser, "noise")
    wait(browser)
    weights = 12 * 5 + 5 * 3
    assert browser.run("calls") == 2 * 12 * weights
    for control in ("[data-edit=temperature] button", "[data-edit=prune] button", "#lab-undo"):
        browser.page.locator(control).first.click()
        wait(browser)
    assert edits(browser)[-1] == "logits divided by the temperature 2"
    assert browser.run("calls") == 2 * 12 * weights


def test_undo_goes_beyond_the_parameters_that_the_page_keeps(show):
    page_results = small_results()
    browser = show(page_results)
    see(browser)
    browser.page.fill("[data-edit=shiftBias] [name=amount]", "0.1")
    click = "document.querySelector('{}').click()"
    browser.run(
        f"for (let k = 0; k < 60; k += 1) {click.format('[data-edit=shiftBias] button')};"
        f"for (let k = 0; k < 57; k += 1) {click.format('#lab-undo')}"
    )
    wait(browser)
    expected = page_results.model.network.parameters.copy()
    biases = expected[12 * 5 + 5 * 3 :]
    unedited = expected.view("u4").copy()
    for _ in range(3):
        biases[0] = np.float64(biases[0]) + 0.1
    assert np.array_equal(parameters(browser), expected.view("u4"))
    assert len(edits(browser)) == 3
    for _ in range(3):
        browser.page.click("#lab-undo")
    wait(browser)
    assert np.array_equal(parameters(browser), unedited)
    assert browser.messages == []


def test_a_long_edit_is_in_slices_and_the_next_one_waits(opened):
    wait(opened)
    slow_down(opened)
    opened.run(
        "for (const name of ['noise', 'prune'])"
        "document.querySelector(`[data-edit=${name}] button:not(.explain)`).click()"
    )
    wait(opened)
    seen = opened.run("progress")
    # 784 · 40 and 40 · 10 weights, at most 8,192 in a step.
    assert seen[:5] == ["Editing."] * 5
    assert [text.split()[0] for text in edits(opened)] == ["noise", "smallest"]


@pytest.mark.parametrize("percentage", [0, 0.5, 37, 100])
def test_the_smallest_weights_of_equal_ones_are_the_first(show, percentage):
    """Weights of few sizes, of both signs and zeros of both signs."""
    page_results = small_results()
    values = page_results.model.network.parameters
    values[:] = np.random.default_rng(2).choice(
        np.array([-0.0, 0.0, 1e-42, -3e-5, 3e-5, 1.5, -1.5, 2**-7], np.float32), len(values)
    )
    browser = show(page_results)
    browser.page.fill("[data-edit=prune] [name=percent]", str(percentage))
    press(browser, "prune")
    wait(browser)
    expected = values.copy()
    weights = expected[: 12 * 5 + 5 * 3]
    order = np.argsort(np.abs(weights), kind="stable")
    weights[order[: int(percentage * len(weights) / 100 + 0.5)]] = 0
    assert np.array_equal(parameters(browser), expected.view("u4"))


def test_images_are_classified_when_the_lab_is_first_seen(opened):
    """The first mistake is looked at, and nothing more is computed."""
    opened.wait_for_frame()
    assert opened.run("nncore.lab.result()") is None
    assert opened.page.locator("#lab-region canvas").count() == 0
    assert opened.page.text_content("#lab-result") == ""
    wait(opened)
    assert opened.run("nncore.lab.result().classes.length") == 500


def test_an_edit_starts_a_lab_that_was_not_seen(opened):
    opened.run("document.querySelector('[data-edit=prune] button').click()")
    opened.page.locator("#lab-result[aria-busy=false]").wait_for(timeout=20_000)
    assert edits(opened) == ["smallest 50 % of all weights set to 0"]


@pytest.mark.parametrize("field", ["lab-unit", "lab-layer"])
def test_enter_in_the_choice_of_the_unit_edits_nothing(opened, field):
    see(opened)
    opened.page.locator(f"#{field}").press("Enter")
    opened.wait_for_frame()
    assert edits(opened) == []


def test_the_reason_why_an_output_cannot_be_switched_off_is_visible(opened):
    see(opened)
    reason = opened.page.locator("#lab-no-unit-off")
    assert not reason.is_visible()
    opened.page.select_option("#lab-layer", "2")
    assert reason.is_visible()
    assert reason.text_content().startswith("No layer reads an output")


def test_one_image_is_one_image(show):
    """The first class has one image, whose output falls."""
    model = random_model(Architecture(hidden=()), (4, 3), "ab")
    model.network.parameters[:] = 0
    model.network.biases[0][:] = (1, 0)
    labels = np.array([0, 1, 1])
    pixels = np.zeros((3, 4, 3), np.uint8)
    browser = show(results(model, pixels, labels))
    browser.page.fill("[data-edit=shiftBias] [name=amount]", "-3")
    press(browser, "shiftBias")
    assert "1 image became wrong, 2 right. Mean confidence 88.08 %, unedited 73.11 %." in wait(
        browser
    )
    assert browser.page.text_content("#lab-wrong-count").startswith("1 of 3 images: ")


def test_temperature_is_explained_where_it_exists(show):
    has = "document.querySelector('[data-explanation=explain-lab-temperature]') !== null"
    assert show(small_results()).run(has)
    architecture = Architecture(hidden=(5,), output="identity", loss="half_squared_error")
    model = random_model(architecture, (4, 3), "abc")
    browser = show(results(model, np.zeros((3, 4, 3), np.uint8), np.arange(3)))
    assert not browser.run(has)
    assert "temperature" not in browser.page.text_content("#explain-lab-network")


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_result_covers_no_control_that_gets_the_focus(show, width):
    """The focus goes up, so that the browser scrolls controls to the top of the window."""
    browser = show(small_results(), width=width, height=500)
    press(browser, "noise")
    wait(browser)
    browser.page.locator("#lab-save").focus()
    covered = []
    for _ in range(30):
        browser.page.keyboard.press("Shift+Tab")
        where = browser.run(
            "(() => { const e = document.activeElement; if (!e.closest('.lab')) return null;"
            "const result = document.querySelector('.lab-result').getBoundingClientRect();"
            "const box = e.getBoundingClientRect();"
            "return [e.outerHTML.slice(0, 80), result.bottom - box.top, box.bottom] })()"
        )
        if where is None:
            break
        covered += [where] if where[1] > 0.5 or where[2] < 0 else []
    assert covered == []


# A fault happens once: the function throws, and is whole again.
FAULTS = {
    "edit": ("Float32Array.prototype", "slice"),
    "classification": ("window", "Int32Array"),
    "save": ("window", "Blob"),
}
FAULT = "This page failed to do this. The list has the edits of the network."


def break_once(browser, name):
    owner, key = FAULTS[name]
    browser.run(
        f"(() => {{ const original = {owner}.{key};"
        f"{owner}.{key} = function broken() {{ {owner}.{key} = original;"
        "throw new RangeError('Array buffer allocation failed') } })()"
    )


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_ends_one_action_alone(opened, name):
    before = wait(opened)
    break_once(opened, name)
    opened.page.click("#lab-save") if name == "save" else press(opened, "noise")
    line = opened.page.locator("#lab-refusal")
    line.wait_for()
    assert line.text_content() == FAULT
    assert opened.page.text_content("#speech") == FAULT
    opened.page.locator("#lab-result[aria-busy=false]").wait_for()
    assert len(edits(opened)) == (name == "classification")
    assert "Array buffer allocation failed" in "".join(opened.messages)
    press(opened, "temperature")
    opened.page.locator("#lab-result", has_text="became wrong").wait_for()
    assert line.is_hidden()
    assert len(edits(opened)) == 1 + (name == "classification")
    opened.page.click("#lab-reset")
    opened.page.locator("#lab-result", has_text=", unedited. ").wait_for()
    assert wait(opened) == before
    with opened.page.expect_download():
        opened.page.click("#lab-save")


def test_after_a_fault_the_result_is_that_of_the_edits_before_it(opened):
    """The fault comes while the network of the first edit is classified."""
    wait(opened)
    opened.hold_timers()
    press(opened, "temperature")
    opened.page.locator("#lab-result[aria-busy=true]").wait_for()
    assert len(edits(opened)) == 1
    break_once(opened, "edit")
    press(opened, "temperature")
    opened.page.locator("#lab-refusal").wait_for()
    opened.release_timers()
    assert "became wrong" in wait(opened)
    assert len(edits(opened)) == 1


def test_a_fault_at_first_is_not_kept(show):
    """The predictions of the unedited network are computed again."""
    browser = show(small_results())
    break_once(browser, "classification")
    see(browser)
    browser.page.locator("#lab-refusal").wait_for()
    press(browser, "noise")
    assert "unedited" in wait(browser)
