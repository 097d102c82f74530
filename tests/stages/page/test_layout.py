"""What the page shows of long names and of many images, on a phone and on a screen."""

import numpy as np
import pytest
from page_results import history, small_results

from stages.shared.data_report_inputs import Examples

WIDTHS = (390, 1280)
LONG_NAMES = ("w" * 200, "my big dog", "my small dog", "Donaudampfschifffahrtsgesellschaft")


def long_results(count=5, names=LONG_NAMES):
    """Return results of classes with long names, with `count` examples of each."""
    examples = Examples(
        np.zeros((count * len(names), 36), np.float32),
        [name for name in names for _ in range(count)],
    )
    return small_results(names, shape=(4, 3, 3), training_examples=examples)


def boxes(browser, selector):
    """Return left, top, right and bottom of each element, (n, 4)."""
    return np.array(
        browser.run(
            f"Array.from(document.querySelectorAll('{selector}'), (e) => e.getBoundingClientRect())"
            ".map((b) => [b.left, b.top, b.right, b.bottom])"
        )
    )


@pytest.mark.parametrize("width", WIDTHS)
def test_the_tables_of_the_data_fit_beside_long_names(show, width):
    browser = show(long_results(), width=width)
    overflows = browser.run(
        "Array.from(document.querySelectorAll('section[aria-labelledby=data] .wide'))"
        ".filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.getAttribute('aria-label'))"
    )
    page = browser.run("document.documentElement.scrollWidth")
    assert (overflows, page) == ([], width)


@pytest.mark.parametrize("width", WIDTHS)
def test_names_of_a_few_words_are_whole_below_their_images(show, width):
    browser = show(long_results(), width=width)
    cut = browser.run(
        "Array.from(document.querySelectorAll('#training-examples bdi, .examples bdi'))"
        ".filter((e) => e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1)"
        ".map((e) => e.textContent)"
    )
    assert set(cut) <= {LONG_NAMES[0], LONG_NAMES[3]}
    assert LONG_NAMES[0] in cut


@pytest.mark.parametrize(("width", "classes"), [(390, 1), (1280, 3)])
def test_the_five_examples_of_a_class_are_in_a_row(show, width, classes):
    """A phone has room for one class beside another, a screen for three."""
    browser = show(long_results(), width=width)
    canvases = boxes(browser, "#training-examples canvas")
    tops = canvases[:, 1].reshape(len(LONG_NAMES), 5)
    assert (tops == tops[:, :1]).all()
    assert len(np.unique(tops[:classes])) == 1
    assert len(np.unique(tops[: classes + 1])) == 2
    assert browser.run("document.querySelectorAll('#training-examples p').length") == 4


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("count", [1, 2, 5])
def test_examples_use_the_width_of_the_page(show, count, width):
    names = [f"class {number}" for number in range(25)]
    browser = show(long_results(count, names), width=width)
    canvases = boxes(browser, "#training-examples canvas")
    (left, _, right, _), *_ = boxes(browser, "#training-examples")
    assert canvases[:, 0].min() == pytest.approx(left, abs=1)
    assert right - 1 <= canvases[:, 2].max() <= right + 1


def test_no_label_of_an_axis_is_cut(show):
    """The drawing clips nothing: a label may reach into the margin, but not beyond the page."""
    browser = show(small_results(history=history(1000)), width=390)
    assert (
        browser.run(
            "Array.from(document.querySelectorAll('.panel'), (e) => getComputedStyle(e).overflow)"
        )
        == ["visible"] * 3
    )
    labels = boxes(browser, ".panel text")
    last = browser.run(
        "Array.from(document.querySelectorAll('.panel text')).map((e) => e.textContent)"
    )
    assert last.count("1000") == 3
    assert labels[:, 0].min() > 0
    assert labels[:, 2].max() < 390


@pytest.mark.parametrize("width", WIDTHS)
def test_no_name_in_a_table_breaks_within_a_word(show, width):
    browser = show(long_results(), width=width)
    names = boxes(browser, "table bdi")
    line = browser.run("parseFloat(getComputedStyle(document.body).lineHeight)")
    assert (names[:, 3] - names[:, 1]).max() <= 1.1 * line
    cut = browser.run(
        "Array.from(document.querySelectorAll('table bdi'))"
        ".filter((e) => e.scrollWidth > e.clientWidth && e.clientWidth && !e.title).length"
    )
    assert cut == 0


@pytest.mark.parametrize("width", WIDTHS)
def test_heads_of_the_confusion_matrix_do_not_touch(show, width):
    browser = show(small_results(("class_0", "class_1", "class_2")), width=width)
    heads = boxes(browser, ".confusion thead bdi")
    assert (heads[1:, 0] - heads[:-1, 2]).min() >= 4


def test_numbers_are_at_the_right_and_texts_at_the_left(show):
    browser = show(small_results())
    align = (
        "Array.from(document.querySelectorAll('section[aria-labelledby=run] table')[{}].rows[1]"
        ".cells, (e) => getComputedStyle(e).textAlign)"
    )
    # Layers: weight, activation, parameters; then keys and values of params.yaml.
    assert browser.run(align.format(0)) == ["left", "right", "left", "right"]
    assert browser.run(align.format(1)) == ["left", "left"]


def test_a_table_that_scrolls_can_be_focused_and_shows_a_shadow(show):
    names = tuple(f"class number {index}" for index in range(12))
    browser = show(small_results(names, images=24), width=390)
    region = browser.page.locator(".wide", has=browser.page.locator(".confusion"))
    assert region.evaluate("(e) => e.scrollWidth > e.clientWidth")
    assert region.get_attribute("tabindex") == "0"
    shades = region.evaluate("(e) => getComputedStyle(e).backgroundAttachment")
    assert shades == "local, local, scroll, scroll"
