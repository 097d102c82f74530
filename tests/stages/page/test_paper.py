"""The page on paper, and in a browser without scripts."""

import pytest
from lab_page import press
from page_results import results_with_training, training_images

from stages.page.images.document import page

VISIBLE = "(e) => e.checkVisibility({ visibilityProperty: true })"


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    file = tmp_path_factory.mktemp("paper") / "report.html"
    file.write_text(page(results_with_training(*training_images())), encoding="utf-8")
    return file


@pytest.fixture
def paper(browser, page_file):
    """Return the browser with the page as it is printed, of a screen that is dark."""
    browser.open(page_file, dark=True)
    browser.page.emulate_media(media="print")
    yield browser
    browser.page.emulate_media(media="screen")


def shown(browser, selector):
    return browser.run(
        f"Array.from(document.querySelectorAll('{selector}')).filter({VISIBLE})"
        ".map((e) => e.textContent.trim())"
    )


def test_paper_has_no_control(paper):
    # The radio buttons of the classes are transparent: their labels are the content.
    inputs = "input:not(#attribution-classes input)"
    assert shown(paper, f"nav, {inputs}, select, .explain, .file-button, form") == []
    others = "button:not(td button, th button, .gallery button)"
    assert shown(paper, others) == []
    # Counts of the matrix remain.
    assert shown(paper, ".confusion button")


def test_paper_has_no_section_without_content(paper):
    """Nothing is drawn, edited or compared."""
    headings = shown(paper, "h2")
    assert {"Try it", "Lab", "Compare", "Explanations"}.isdisjoint(headings)
    assert {"Data", "Confusion matrix", "Run"} <= set(headings)


def test_paper_has_a_drawing_and_the_edits_of_the_lab(paper):
    paper.page.emulate_media(media="screen")
    paper.page.evaluate("nncore.pad.loadImage(new Uint8Array(12).fill(200), 'a picture')")
    press(paper, "prune")
    paper.page.locator("#lab-list li").wait_for()
    paper.page.emulate_media(media="print")
    assert {"Try it", "Lab"} <= set(shown(paper, "h2"))
    assert not any("Draw with the mouse" in text for text in shown(paper, "p"))


def test_paper_is_white_with_the_colours_that_mean_something(paper):
    style = "((e) => {{ const s = getComputedStyle(e); return [{}]; }})({})"
    body = "document.documentElement"
    assert paper.run(style.format("s.backgroundColor", body)) == ["rgb(255, 255, 255)"]
    cell = "document.querySelector('.confusion td[class^=heat]')"
    adjust, colour = paper.run(style.format("s.printColorAdjust, s.backgroundColor", cell))
    assert adjust == "exact"
    assert colour.startswith("rgba(213, 94, 0")


def test_a_heading_stays_with_what_follows_and_no_table_is_cut_by_its_frame(paper):
    headings = "Array.from(document.querySelectorAll('h2, h3, .heading'))"
    assert set(paper.run(f"{headings}.map((e) => getComputedStyle(e).breakAfter)")) == {"avoid"}
    frames = "Array.from(document.querySelectorAll('.wide'))"
    assert set(paper.run(f"{frames}.map((e) => getComputedStyle(e).overflowX)")) == {"visible"}
    tables = "Array.from(document.querySelectorAll('table, figure'))"
    assert set(paper.run(f"{tables}.map((e) => getComputedStyle(e).breakInside)")) == {"avoid"}


def test_a_page_without_scripts_has_no_hole(browser, page_file):
    browser.open(page_file, scripts=False)
    assert shown(browser, "canvas, .explain, .explain-sign") == []
    headings = shown(browser, "h2")
    links = shown(browser, "nav a")
    assert headings == [
        *("Data", "Learning curves", "Confusion matrix", "How far to trust it", "Run"),
        "Explanations",
    ]
    assert "Map" not in links
    assert "Weights" not in links
    assert len(links) == len(headings) + 1
    assert any("no images, pad, look inside" in note for note in shown(browser, "header .note"))
    # A heading is followed by something, before the next heading or the end of its section.
    bare = browser.run(
        f"Array.from(document.querySelectorAll('h2, h3')).filter({VISIBLE}).filter((e) => {{"
        "  let next = (e.closest('.heading') ?? e).nextElementSibling;"
        f"  while (next && !({VISIBLE})(next)) next = next.nextElementSibling;"
        "  return !next || next.matches('.heading, h2, h3');"
        "}).map((e) => e.textContent)"
    )
    assert bare == []
