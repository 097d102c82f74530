"""Picture files and reports that are opened, or dropped anywhere on a page."""

import io
import re

import numpy as np
import pytest
from page_results import mnist_sample, photo_results, small_results
from PIL import Image

from nncore.cli.digits import normalize_digit, to_uint8
from nncore.cli.images import read_image_file
from stages.page.images import parameters
from stages.page.images.document import page
from stages.shared.fingerprint import ROOT

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def file_of(picture, form="PNG", **options):
    """Return a picture, an array or Pillow's, as a file."""
    file = io.BytesIO()
    if not isinstance(picture, Image.Image):
        picture = Image.fromarray(picture)
    picture.save(file, form, **options)
    return file.getvalue()


def random_picture(*shape, seed=1):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def choose(browser, *files):
    """Open files, a name and a content each, one right after the other."""
    for name, content in files:
        browser.page.set_input_files(
            "#picture-file", {"name": name, "mimeType": "image/png", "buffer": content}
        )


def drop(browser, *files, target="body"):
    """Drop files, a name and a content each, one right after the other."""
    browser.page.evaluate(
        """([files, target]) => {
          for (const [name, bytes] of files) {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([new Uint8Array(bytes)], name));
            const options = { dataTransfer, bubbles: true, cancelable: true };
            for (const type of ["dragover", "drop"]) {
              const event = new DragEvent(type, options);
              document.querySelector(target).dispatchEvent(event);
              window.areTaken = (window.areTaken ?? true) && event.defaultPrevented;
            }
          }
        }""",
        [[[name, list(content)] for name, content in files], target],
    )


def wait_for_image(browser, name):
    browser.page.locator("#inspected", has_text=f"{name}. Prediction").wait_for()


def refused(browser):
    """Wait until a picture is refused, and return the line."""
    line = browser.page.locator("#picture-refusal")
    line.wait_for()
    return line.text_content()


def shown_pixels(browser, shape):
    return np.array(browser.run("Array.from(nncore.inspection.pixels())")).reshape(shape)


def open_picture(show, tmp_path, content, shape=(12, 9, 3)):
    """Open a picture on a page of photos; return the browser, and the pixels that Python reads."""
    (tmp_path / "x.png").write_bytes(content)
    ((expected,), _) = read_image_file(tmp_path / "x.png", shape, fit="resize")
    browser = show(photo_results(shape))
    choose(browser, ("x.png", content))
    wait_for_image(browser, "x.png")
    return browser, expected


PICTURES = {
    "larger, colour": random_picture(50, 31, 3),
    "larger, grey": random_picture(29, 64),
    "smaller": random_picture(3, 5, 3),
    "wide": random_picture(2, 300, 3),
    "tall": random_picture(300, 2, 3),
    "one column wider": random_picture(40, 23, 3),
    "one row higher": random_picture(41, 23, 3),
    "higher, as wide": random_picture(40, 9, 3),
    "one pixel": random_picture(1, 1, 3),
    "same size": random_picture(12, 9, 3),
    "palette": Image.fromarray(random_picture(40, 40, 3)).quantize(16),
}


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("shape", [(12, 9, 3), (12, 9)], ids=["rgb", "grey"])
def test_an_opened_picture_has_the_pixels_of_nncore_predict(show, tmp_path, shape, name):
    content = file_of(PICTURES[name])
    browser, expected = open_picture(show, tmp_path, content, shape)
    assert np.array_equal(shown_pixels(browser, shape), expected)
    assert browser.messages == []


def test_a_turned_picture_is_upright_as_in_python(show, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    content = file_of(random_picture(40, 24, 3), exif=exif)
    browser, expected = open_picture(show, tmp_path, content)
    assert np.array_equal(shown_pixels(browser, (12, 9, 3)), expected)


def test_a_transparent_picture_is_on_white_as_in_python(show, tmp_path):
    """A canvas multiplies colours by alpha, which rounds them: one level of 255 is allowed."""
    content = file_of(random_picture(40, 24, 4))
    browser, expected = open_picture(show, tmp_path, content)
    difference = shown_pixels(browser, (12, 9, 3)) - expected.astype(int)
    assert np.abs(difference).max() <= 1


def test_a_picture_is_higher_than_a_band_that_is_read_at_once(show, tmp_path):
    content = file_of(random_picture(700, 20, 3))
    browser, expected = open_picture(show, tmp_path, content)
    assert np.array_equal(shown_pixels(browser, (12, 9, 3)), expected)


def test_an_opened_picture_of_a_digit_has_the_pixels_of_nncore_predict(opened):
    picture = 255 - np.kron(mnist_sample(ROOT)[0][1], np.ones((5, 5), np.uint8))
    choose(opened, ("x.png", file_of(picture)))
    wait_for_image(opened, "x.png")
    expected = to_uint8(normalize_digit(picture / 255, (28, 28)))
    assert np.array_equal(opened.run("Array.from(nncore.pad.input())"), expected.ravel())


def test_a_large_picture_of_a_digit_is_made_smaller_by_area_means(opened):
    """Means of three rows and columns: of 3,600, there remain 1,200."""
    digit = 255 - np.kron(mnist_sample(ROOT)[0][1], np.ones((100, 100), np.uint8))
    picture = np.pad(digit, 400, mode="edge")
    choose(opened, ("x.png", file_of(picture)))
    wait_for_image(opened, "x.png")
    means = picture.reshape(1200, 3, 1200, 3).mean(axis=(1, 3))
    expected = to_uint8(normalize_digit(means / 255, (28, 28)))
    assert np.array_equal(opened.run("Array.from(nncore.pad.input())"), expected.ravel())


@pytest.mark.parametrize("embed_images", [True, False])
def test_a_picture_is_dropped_on_a_page_without_a_pad(show, embed_images):
    browser = show(photo_results(embed_images=embed_images))
    drop(browser, ("x.png", file_of(PICTURES["wide"])), target="footer")
    wait_for_image(browser, "x.png")
    assert browser.page.is_visible("#inspection-views")
    assert browser.run("document.activeElement.id") == "inspect"
    assert browser.run("window.areTaken")
    assert browser.messages == []


def test_a_picture_that_is_dropped_on_a_page_with_a_pad_leads_to_it(opened):
    digit = 255 - np.kron(mnist_sample(ROOT)[0][1], np.ones((5, 5), np.uint8))
    drop(opened, ("x.png", file_of(digit)), target="footer")
    wait_for_image(opened, "x.png")
    assert opened.run("document.activeElement.id") == "try"


@pytest.mark.parametrize("name", ["other.html", "other.HTM", "other.txt", "other"])
def test_a_report_that_is_dropped_is_compared_whatever_its_name(show, name):
    browser = show(small_results())
    drop(browser, (name, page(small_results()).encode()))
    browser.page.locator("#compare-images", has_text="They differ on 0.").wait_for()
    assert browser.page.text_content("#compare-status").startswith(f"{name} beside this report.")
    assert browser.page.text_content("#prediction") == "The pad is empty."
    assert browser.page.is_hidden("#picture-refusal")
    assert browser.run("document.activeElement.id") == "compare"


def test_a_file_that_is_no_picture_is_refused(opened):
    drop(opened, ("x.png", b"no picture"))
    assert refused(opened) == (
        "x.png: expected a picture that this browser reads; got another file."
    )
    assert opened.page.text_content("#compare-status") == ""
    assert opened.page.is_hidden("#compare-refusal")


def test_a_picture_without_a_digit_is_refused(opened):
    choose(opened, ("x.png", file_of(np.full((40, 40), 200, np.uint8))))
    assert refused(opened) == (
        "x.png: expected a digit darker or lighter than its background; got none."
    )


def test_a_refused_file_keeps_the_drawing(opened):
    opened.page.locator("#pad").focus()
    for key in ("Space", "ArrowDown", "ArrowDown", "Space"):
        opened.page.keyboard.press(key)
    before = opened.run("[Array.from(nncore.pad.drawing.ink), nncore.pad.input() !== null]")
    prediction = opened.page.text_content("#prediction")
    drop(opened, ("x.png", b"no picture"))
    refused(opened)
    assert max(before[0]) == 255
    assert opened.run("[Array.from(nncore.pad.drawing.ink), nncore.pad.input() !== null]") == before
    assert opened.page.text_content("#prediction") == prediction


def test_the_next_picture_ends_a_refusal(show):
    browser = show(photo_results())
    choose(browser, ("x.png", b"no picture"))
    refused(browser)
    choose(browser, ("y.png", file_of(PICTURES["wide"])))
    wait_for_image(browser, "y.png")
    assert browser.page.is_hidden("#picture-refusal")


def test_the_latest_of_two_pictures_is_shown(show):
    """The older one is decoded after the newer one is shown."""
    browser = show(photo_results())
    browser.run(
        """(() => {
          const create = window.createImageBitmap;
          window.older = new Promise((done) => { window.finishOlder = done });
          window.bitmaps = [];
          window.createImageBitmap = async (file, settings) => {
            if (file.name === "older.png") await window.older;
            window.bitmaps.push(await create(file, settings));
            return window.bitmaps.at(-1);
          };
        })()"""
    )
    older, newer = (file_of(PICTURES[name]) for name in ("tall", "wide"))
    choose(browser, ("older.png", older), ("newer.png", newer))
    wait_for_image(browser, "newer.png")
    browser.run("window.finishOlder()")
    # A closed bitmap has no size: its pixels have been read.
    browser.page.wait_for_function(
        "() => window.bitmaps.length === 2 && window.bitmaps.every(({ width }) => width === 0)"
    )
    browser.wait_for_frame()
    assert browser.page.text_content("#inspected").startswith("newer.png. ")


def test_a_file_of_too_many_bytes_is_refused_unread(opened, tmp_path):
    path = tmp_path / "huge.png"
    with path.open("wb") as file:
        file.truncate(64_000_001)
    opened.page.set_input_files("#picture-file", path)
    assert refused(opened) == ("huge.png: expected a picture of at most 64 MB; got another file.")


def test_a_picture_of_too_many_pixels_is_refused(show):
    browser = show(photo_results())
    content = file_of(Image.new("1", (8193, 4096)))
    choose(browser, ("x.png", content))
    assert refused(browser) == (
        "x.png: expected at most 33,554,432 pixels; got 4,096 \N{MULTIPLICATION SIGN} 8,193."
    )


def test_the_name_of_a_picture_is_isolated_and_cut(show):
    browser = show(photo_results())
    name = "\N{RIGHT-TO-LEFT OVERRIDE}<b>" + "x" * 150 + ".png"
    choose(browser, (name, file_of(PICTURES["wide"])))
    cut = "<b>" + "x" * 57 + ELLIPSIS
    wait_for_image(browser, cut)
    assert browser.page.locator("#inspected bdi").text_content() == cut
    choose(browser, (name, b"no picture"))
    assert refused(browser).startswith(f"{cut}: expected a picture")
    assert browser.page.locator("#picture-refusal bdi").text_content() == cut


@pytest.mark.parametrize("colour", [True, False])
def test_a_page_without_parameters_says_why_it_takes_no_pictures(show, monkeypatch, colour):
    monkeypatch.setattr(parameters, "MAX_PARAMETER_BYTES", 0)
    browser = show(photo_results() if colour else small_results())
    section = "inspect" if colour else "try"
    text = browser.page.text_content(f"section[aria-labelledby={section}]")
    assert re.search(r"The network's [0-9,]+ parameters would make this page larger than", text)
    assert "takes no pictures." in text
    assert browser.page.locator("#picture-file").count() == 0
    drop(browser, ("x.png", file_of(PICTURES["wide"])))
    # A file's first bytes are read before it is refused.
    browser.page.locator("#compare-refusal:not([hidden])").wait_for()
    assert browser.page.text_content("#compare-refusal") == (
        "x.png: a page without the network takes no pictures. Drop the report.html of another run."
    )
    assert browser.run("window.areTaken")
    assert browser.messages == []


def test_a_drop_without_files_is_left_to_the_browser(opened):
    is_taken = opened.run(
        """(() => {
          const dataTransfer = new DataTransfer();
          dataTransfer.setData("text/plain", "a text");
          const event = new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true });
          document.body.dispatchEvent(event);
          return event.defaultPrevented;
        })()"""
    )
    assert not is_taken


def test_a_fault_of_this_page_is_no_refusal_of_the_picture(show):
    browser = show(photo_results())
    browser.run(
        "void (window.createImageBitmap = async () => ({ width: 1, height: 1, close() {} }))"
    )
    choose(browser, ("x.png", file_of(PICTURES["wide"])))
    assert refused(browser) == "x.png: this page failed to read it."
    assert "drawImage" in "".join(browser.messages)


def test_the_memory_of_a_picture_is_released(show):
    browser = show(photo_results())
    browser.run(
        """(() => {
          const create = window.createImageBitmap;
          window.bitmaps = [];
          window.createImageBitmap = async (...settings) => {
            window.bitmaps.push(await create(...settings));
            return window.bitmaps.at(-1);
          };
        })()"""
    )
    choose(browser, ("x.png", file_of(PICTURES["wide"])))
    wait_for_image(browser, "x.png")
    # A closed bitmap has no size.
    assert browser.run("window.bitmaps.map(({ width, height }) => [width, height])") == [[0, 0]]


def test_a_picture_whose_decoder_finds_too_many_pixels_is_refused_and_released(show):
    """The header of an unknown kind is not read."""
    browser = show(photo_results())
    browser.run(
        "void (window.createImageBitmap = async () => ("
        "{ width: 8193, height: 4096, close() { window.isClosed = true } }))"
    )
    choose(browser, ("x.png", b"an unknown kind of picture" * 9))
    assert refused(browser) == (
        "x.png: expected at most 33,554,432 pixels; got 4,096 \N{MULTIPLICATION SIGN} 8,193."
    )
    assert browser.run("window.isClosed")
