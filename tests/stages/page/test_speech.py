"""What a screen reader speaks: one text after each action."""

import io
import re

import pytest
from lab_page import press, wait
from live_regions import LIVE, live_regions
from page_results import photo_results, small_results
from PIL import Image

from stages.page.images.document import page


def watch_speech(browser):
    """Record the texts of live regions that change from now on, as `window.spoken`."""
    browser.run(
        "(() => { window.spoken = [];"
        f"for (const region of document.querySelectorAll('{LIVE}')) {{"
        "if (region.getAttribute('aria-live') === 'off') continue;"
        "new MutationObserver(() => spoken.push([region.id, region.textContent]))"
        ".observe(region, { childList: true, characterData: true, subtree: true }) } })()"
    )


def spoken(browser):
    browser.wait_for_frame()
    return browser.run("spoken")


@pytest.mark.parametrize("make", [small_results, photo_results])
def test_one_region_of_the_page_is_live(show, compare, make):
    browser = show(make())
    assert live_regions(browser) == ["speech"]
    compare(browser, page(make()))
    browser.page.locator(".confusion button").first.click()
    browser.page.set_input_files(
        "#picture-file", {"name": "x.png", "mimeType": "image/png", "buffer": b"no picture"}
    )
    browser.page.locator("#picture-refusal").wait_for()
    assert live_regions(browser) == ["speech"]


def test_nothing_is_spoken_before_an_action(opened, digit_page):
    """A region that is live from the start has the text of the file."""
    wait(opened)
    opened.page.locator("#compare").scroll_into_view_if_needed()
    text = digit_page.read_text(encoding="utf-8")
    assert '<p id="speech" class="visually-hidden" role="status"></p>' in text
    assert opened.page.text_content("#speech") == ""


def test_an_edit_speaks_its_result_alone(opened):
    wait(opened)
    watch_speech(opened)
    press(opened, "noise")
    sentence = wait(opened)
    assert [[name, text.replace("\u00a0", " ")] for name, text in spoken(opened)] == [
        ["speech", sentence]
    ]


def test_a_refused_edit_speaks_its_refusal_alone(opened):
    wait(opened)
    watch_speech(opened)
    opened.page.fill("[data-edit=shiftBias] [name=amount]", "1e39")
    press(opened, "shiftBias")
    wait(opened)
    ((name, text),) = spoken(opened)
    assert name == "speech"
    assert text == opened.page.text_content("#lab-refusal")
    assert text.startswith("Expected finite parameters, got others")


@pytest.mark.parametrize("control", ["#next-image", "#mistakes button", ".examples button"])
def test_a_chosen_image_speaks_its_prediction_alone(opened, control):
    watch_speech(opened)
    opened.page.locator(control).first.click()
    ((name, text),) = spoken(opened)
    assert name == "speech"
    assert re.match(r"Test image \d+: \d\. Prediction: \d \(", text)
    assert text == opened.page.text_content("#inspected")


def test_a_page_without_a_pad_speaks_once_too(show):
    browser = show(photo_results())
    assert browser.page.text_content("#speech") == ""
    watch_speech(browser)
    browser.page.locator("#next-image").click()
    assert spoken(browser) == [["speech", browser.page.text_content("#inspected")]]


def test_clear_speaks_once(opened):
    opened.page.locator("#mistakes button").first.click()
    watch_speech(opened)
    opened.page.locator("#clear").click()
    assert spoken(opened) == [["speech", "The pad is empty."]]


def test_a_comparison_speaks_once_when_its_images_are_computed(show, compare):
    browser = show(small_results())
    watch_speech(browser)
    status = compare(browser, page(small_results()))
    images = browser.page.locator("#compare-images", has_text="They differ on")
    images.wait_for()
    assert status.startswith("other.html beside this report.")
    assert spoken(browser) == [["speech", f"{status} {images.text_content()}"]]


def test_a_refused_report_speaks_its_refusal_alone(opened, compare):
    watch_speech(opened)
    refusal = compare(opened, "no report")
    assert refusal.startswith("other.html: expected a report of nncore")
    assert spoken(opened) == [["speech", refusal]]


def test_a_refused_picture_speaks_its_refusal_alone(opened):
    file = io.BytesIO()
    Image.new("L", (40, 40), 200).save(file, "PNG")
    watch_speech(opened)
    opened.page.set_input_files(
        "#picture-file", {"name": "x.png", "mimeType": "image/png", "buffer": file.getvalue()}
    )
    opened.page.locator("#picture-refusal").wait_for()
    line = "x.png: expected a digit darker or lighter than its background; got none."
    assert spoken(opened) == [["speech", line]]


def test_a_cell_of_the_confusion_matrix_speaks_what_the_gallery_shows(opened):
    cell = opened.page.locator(".confusion td:not(.correct) button").first
    watch_speech(opened)
    texts = []
    for control in (cell, cell, opened.page.locator("#all-mistakes:visible")):
        if control.count():
            control.click()
            texts.append(["speech", opened.page.text_content("#mistakes-summary")])
            assert spoken(opened) == texts
    assert len({text for _, text in texts[:2]}) == 2
