"""The page explains itself: everything has a button, and the button an explanation that opens."""

import re
from dataclasses import replace

import pytest
from explained import tree, unexplained
from page_results import data_report, small_results

from nncore.analysis.robustness import DAMAGES
from stages.page.explanations.explain import EXPLANATIONS, explain, with_explanations
from stages.page.images.document import page
from stages.reporting.activation_map import activation_map
from stages.shared.fingerprint import ROOT

CURVES = {name: [0.5] * len(damage.strengths) for name, damage in DAMAGES.items()}


def full_results(**others):
    """Return results of a page with all of its parts."""
    results = small_results(images=60, damage=CURVES, damaged_images=60, **others)
    layers = activation_map(results.model, results.images, results.predictions)
    return replace(results, activation_map=layers)


def with_equal_files():
    report = data_report(("a", "b", "c"))
    groups = {"within": {"train": [["x.png", "y.png"]]}}
    others = ("validation_in_train", "test_in_train", "test_in_validation", "contradicting_labels")
    report["duplicates"]["files"] = groups | {name: [] for name in others}
    return report


@pytest.mark.parametrize("sort", ["digits", "pictures", "files", "many classes", "no images"])
def test_every_heading_metric_chart_table_and_control_is_explained(sort):
    others = {
        "digits": {},
        "pictures": {"shape": (4, 3, 3)},
        "files": {"data": with_equal_files()},
        "many classes": {"names": [f"class {number}" for number in range(45)]},
        "no images": {"embed_images": False},
    }
    assert unexplained(page(full_results(**others[sort]))) == []


@pytest.mark.parametrize("part", ["metrics", "curve-loss", "noise", "threshold", "map-layer"])
def test_a_missing_button_is_noticed(part):
    text = page(full_results())
    key = "accuracy" if part == "metrics" else part
    without = re.sub(
        rf'<button type="button" class="explain"[^>]*"explain-{key}">\?</button>', "", text
    )
    assert unexplained(without)


@pytest.mark.parametrize("key", EXPLANATIONS)
def test_an_explanation_is_one_or_two_sentences(key):
    _, text, _ = EXPLANATIONS[key]
    assert 1 <= len(re.findall(r"\.(?= [A-Z0-9]|$)", text)) <= 2
    assert len(text) < 260
    assert text.endswith(".")


@pytest.mark.parametrize("key", EXPLANATIONS)
def test_a_page_to_read_more_on_has_the_section(key):
    source = EXPLANATIONS[key].source
    if not source.startswith("docs/"):
        assert re.search(r"\((19|20)\d\d\)", source)
        return
    name, section = source.split(", ", 1)
    headings = re.findall(r"^#+ (.*)$", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
    assert section in headings


def test_every_explanation_is_of_a_thing_on_a_page():
    """Names of damage, and of the metrics of validation and training, are assembled."""
    files = [
        path
        for path in (ROOT / "stages" / "page").rglob("*")
        if path.suffix in {".py", ".html"} and "explanations" not in path.name
    ]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    assembled = {*DAMAGES, "validation", "training", "validation-loss", "training-loss"}
    unused = [key for key in EXPLANATIONS if f'"{key}"' not in text and f"'{key}'" not in text]
    assert set(unused) <= assembled


def test_the_list_has_each_explanation_of_the_page_once():
    text = page(full_results())
    nodes = list(tree(text).all())
    buttons = [node.attributes for node in nodes if "explain" in node.classes]
    entries = [
        node.attributes["id"] for node in nodes if node.tag == "dd" and "id" in node.attributes
    ]
    assert len(entries) == len(set(entries)) > 30
    assert {button["data-explanation"] for button in buttons} == set(entries)
    assert all(button["aria-label"].startswith("Explain: ") for button in buttons)


def test_an_unknown_explanation_is_an_error():
    with pytest.raises(KeyError, match="nothing"):
        with_explanations(explain("nothing"))


def test_a_class_name_is_no_button():
    hostile = '<explain key="loss">'
    names = (hostile, "<explanations>", "c")
    text = page(small_results(names))
    assert text.count("explain-loss") == 2
    assert "&lt;explain key=&quot;loss&quot;&gt;" in text


def bubble(browser):
    """Return text and box of the open bubble, or None."""
    return browser.run(
        "(() => { const e = document.getElementById('explanation');"
        "return e.matches(':popover-open') ? [e.textContent, e.getBoundingClientRect().toJSON()]"
        ": null })()"
    )


def text_of(key):
    return f"{EXPLANATIONS[key].text} Read more: {EXPLANATIONS[key].source}."


def button(browser, key):
    result = browser.page.locator(f'.explain[data-explanation="explain-{key}"]').first
    result.evaluate("(e) => e.scrollIntoView({block: 'center'})")
    return result


def intersect(a, b):
    return (
        a["left"] < b["right"]
        and b["left"] < a["right"]
        and a["top"] < b["bottom"]
        and b["top"] < a["bottom"]
    )


SUBJECTS = {
    "accuracy": ".metrics > div",
    "calibration-error": ".metrics > div",
    "curves": ".heading",
    "epoch": "p",
    "curve-rate": ".explained",
    "noise": ".explained",
    "threshold": "p",
    "map-layer": "fieldset",
    "layers": ".explained",
}


@pytest.mark.parametrize("width", [390, 1280])
def test_the_pointer_opens_an_explanation_beside_what_it_explains(show, width):
    browser = show(full_results(), width=width)
    for key, subject in SUBJECTS.items():
        target = button(browser, key)
        target.hover()
        text, box = bubble(browser)
        assert text == text_of(key)
        assert box["left"] >= 0
        assert box["right"] <= width
        around = target.evaluate(f"(e) => e.closest('{subject}').getBoundingClientRect().toJSON()")
        assert not intersect(box, around), key
    assert browser.messages == []


def test_the_pointer_may_enter_the_bubble_and_closes_it_elsewhere(show):
    browser = show(full_results())
    button(browser, "balanced-accuracy").hover()
    _, box = bubble(browser)
    x, y = browser.run(
        "(() => { const b = document.querySelector("
        "'[data-explanation=explain-balanced-accuracy]').getBoundingClientRect();"
        "return [b.x + b.width / 2, b.y + b.height / 2] })()"
    )
    inside = min(max(x, box["left"] + 5), box["right"] - 5)
    edge = box["bottom"] - 3 if box["bottom"] <= y else box["top"] + 3
    browser.page.mouse.move(inside, edge)
    assert bubble(browser)
    browser.page.mouse.move(2, 2)
    assert bubble(browser) is None


def test_escape_closes_an_explanation(show):
    browser = show(full_results())
    button(browser, "loss").hover()
    assert bubble(browser)
    browser.page.keyboard.press("Escape")
    assert bubble(browser) is None


ARROWS = "The keys ← and → open the other explanations of this section."


def test_the_arrow_keys_open_one_explanation_of_a_section_after_the_other(show):
    browser = show(full_results())
    button(browser, "accuracy").focus()
    keys = ("accuracy", "loss", "balanced-accuracy", "macro-f1")
    for key in keys:
        assert bubble(browser)[0] == text_of(key) + ARROWS
        browser.page.keyboard.press("ArrowRight")
    for press, key in (("ArrowLeft", "macro-f1"), ("Home", "accuracy"), ("End", "kept-epoch")):
        browser.page.keyboard.press(press)
        assert bubble(browser)[0] == text_of(key) + ARROWS
    browser.page.keyboard.press("Escape")
    assert bubble(browser) is None


def test_the_arrow_keys_pass_over_what_is_hidden(show):
    """The images that became wrong and right are hidden before an edit."""
    browser = show(full_results())
    button(browser, "lab-buttons").focus()
    browser.page.keyboard.press("ArrowRight")
    assert bubble(browser)[0] == text_of("lab-buttons") + ARROWS


def test_the_tab_key_stops_at_one_explanation_of_a_section(show):
    browser = show(full_results())
    stops, sections = browser.run(
        "[Array.from(document.querySelectorAll('.explain')).filter((e) => e.tabIndex === 0)"
        ".map((e) => e.closest('section').getAttribute('aria-labelledby')),"
        "Array.from(document.querySelectorAll('section:has(.explain)'),"
        "(e) => e.getAttribute('aria-labelledby'))]"
    )
    assert stops == sections
    assert len(stops) > 8
    browser.page.locator("#next-image").focus()
    browser.page.keyboard.press("Tab")
    assert browser.run("document.activeElement.matches('.explain')") is False
    keys = browser.run("document.querySelector('.explain').getAttribute('aria-keyshortcuts')")
    assert keys == "ArrowRight ArrowLeft"


# Whether anything beside a button is on its line.
LONE = """Array.from(document.querySelectorAll('.explain')).filter((sign) => {
  const { top, bottom } = sign.getBoundingClientRect();
  const group = sign.closest('.explained, .heading, .metrics > div, legend, form, figure, p, div');
  const walker = document.createTreeWalker(group, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
  const rects = [];
  for (let node; (node = walker.nextNode());) {
    if (sign.contains(node)) continue;
    if (node.matches?.('svg, canvas, input, button, select, table')) {
      rects.push(node.getBoundingClientRect());
    } else if (node.nodeType === Node.TEXT_NODE && node.data.trim()) {
      const range = document.createRange();
      range.selectNodeContents(node);
      rects.push(...range.getClientRects());
    }
  }
  const middle = (top + bottom) / 2;
  const isBeside = (rect) => rect.width > 1 && rect.top < middle && rect.bottom > middle;
  return sign.checkVisibility() && !rects.some(isBeside);
}).map((sign) => sign.dataset.explanation)"""


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_no_button_is_alone_on_its_line(show, width):
    assert show(full_results(), width=width).run(LONE) == []


def test_a_finger_opens_an_explanation_and_closes_it_elsewhere(show):
    browser = show(full_results(), width=390)
    button(browser, "curve-loss").tap()
    assert bubble(browser)[0] == text_of("curve-loss")
    browser.page.touchscreen.tap(5, 5)
    assert bubble(browser) is None


def test_a_screen_reader_speaks_the_explanation_of_a_button(show):
    browser = show(full_results())
    nodes = browser.devtools("Accessibility.getFullAXTree")["nodes"]
    spoken = {
        node["name"]["value"]: node["description"]["value"]
        for node in nodes
        if not node["ignored"]
        and node["role"]["value"] == "button"
        and node["name"]["value"].startswith("Explain: ")
    }
    assert re.sub(r"\s+", " ", spoken["Explain: Test loss"]) == text_of("loss")
    assert all(spoken.values())


def test_a_print_has_no_buttons_and_no_list(show):
    browser = show(full_results())
    browser.page.emulate_media(media="print")
    visible = browser.run(
        "Array.from(document.querySelectorAll('.explain, #explanations'))"
        ".filter((e) => e.checkVisibility()).length"
    )
    browser.page.emulate_media(media="screen")
    assert visible == 0


def test_without_scripts_the_list_remains(show):
    browser = show(full_results(), scripts=False)
    nodes = browser.devtools("Accessibility.getFullAXTree")["nodes"]
    names = {node.get("name", {}).get("value") for node in nodes if not node["ignored"]}
    assert "All explanations of this page" in names
