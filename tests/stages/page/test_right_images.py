"""What a cell of the confusion matrix opens: mistakes, and the least sure of the right ones."""

import re
from collections import Counter

import numpy as np
import pytest
from page_results import random_model, results, small_results

from nncore.config.architecture import Architecture
from stages.page.confusion import confusion
from stages.page.images import galleries
from stages.page.images.document import page
from stages.page.images.galleries import choose_right
from stages.shared.report_inputs import Predictions


def answers(confidence, actual="aaaaabb", predicted="aaabaab"):
    count = len(actual)
    return Predictions(
        list(actual), list(predicted), np.array(confidence[:count]), np.arange(count)
    )


def test_the_least_confident_right_ones_of_each_class_are_chosen(monkeypatch):
    """Rows 0, 1, 2 and 4 are a and right, row 6 is b and right."""
    monkeypatch.setattr(galleries, "MAX_RIGHT_PER_CLASS", 2)
    model = random_model(Architecture(hidden=()), (4, 3), ("a", "b"))
    predictions = answers([0.9, 0.6, 0.99, 0.1, 0.7, 0.2, 0.5])
    assert choose_right(predictions, model).tolist() == [1, 4, 6]


@pytest.mark.parametrize(("limit", "expected"), [(3, 1), (1, 0)])
def test_many_classes_or_large_images_have_fewer(monkeypatch, limit, expected):
    monkeypatch.setattr(galleries, "MAX_PIXELS", 12 * limit)
    model = random_model(Architecture(hidden=()), (4, 3), ("a", "b"))
    rows = choose_right(answers([0.9, 0.6, 0.99, 0.1, 0.7, 0.2, 0.5]), model)
    assert len(rows) == 2 * expected


def items(browser):
    """Return actual and predicted class of each item that is visible, and the list that has it."""
    return browser.run(
        "Array.from(document.querySelectorAll('#mistakes > li, #right-images > li'))"
        ".filter((e) => e.checkVisibility())"
        ".map((e) => [e.dataset.actual, e.dataset.predicted, e.parentElement.id])"
    )


def cells(browser):
    return browser.page.locator(".confusion button")


@pytest.fixture
def many():
    """Return results of 300 images of three classes, of which a third is right."""
    return small_results(images=300)


def test_every_count_opens_the_images_of_its_cell(show, many):
    browser = show(many)
    actual, predicted = many.predictions.actual, many.predictions.predicted
    pairs = {(a, p) for a, p in zip(actual, predicted, strict=True)}
    assert cells(browser).count() == len(pairs)
    for k in range(len(pairs)):
        cells(browser).nth(k).click()
        label = cells(browser).nth(k).get_attribute("aria-label")
        result = items(browser)
        assert len({tuple(item) for item in result}) == 1
        (a, p, identity), count = result[0], len(result)
        total = sum(
            (many.model.class_names[int(a)], many.model.class_names[int(p)]) == pair
            for pair in zip(actual, predicted, strict=True)
        )
        assert f"{total} time" in label
        summary = browser.run("document.getElementById('mistakes-summary').textContent")
        if a == p:
            assert identity == "right-images"
            assert count == min(total, galleries.MAX_RIGHT_PER_CLASS)
        if count < total:
            assert summary == f"{label}; {count} of them here."
        else:
            assert summary == f"{label}."
    assert browser.messages == []


def test_the_button_of_all_mistakes_shows_mistakes_alone(show, many):
    browser = show(many)
    cells(browser).first.click()
    browser.page.locator("#all-mistakes").click()
    assert {(a == p, identity) for a, p, identity in items(browser)} == {(False, "mistakes")}


def test_a_second_click_closes_the_cell(show, many):
    browser = show(many)
    before = items(browser)
    cells(browser).first.click()
    assert items(browser) != before
    cells(browser).first.click()
    assert items(browser) == before


def test_right_images_are_hidden_at_first_and_without_scripts(show, many):
    assert {identity for *_, identity in items(show(many))} == {"mistakes"}
    pairs = zip(many.predictions.actual, many.predictions.predicted, strict=True)
    right = Counter(a for a, p in pairs if a == p)
    expected = sum(min(count, galleries.MAX_RIGHT_PER_CLASS) for count in right.values())
    assert page(many).count(" hidden><canvas") == expected > 0


def test_a_print_has_the_counts_and_the_images(show, many):
    browser = show(many)
    browser.page.emulate_media(media="print")
    hidden = browser.run(
        "Array.from(document.querySelectorAll('.confusion button, #training-examples canvas'))"
        ".filter((e) => !e.checkVisibility()).length"
    )
    browser.page.emulate_media(media="screen")
    assert hidden == 0


def test_without_images_a_right_cell_opens_nothing():
    text = page(small_results(images=300, embed_images=False))
    assert "right-images" not in text.split("<script>")[0]
    assert not re.search(r'class="correct" data-', text)
    assert re.search(r'class="heat\d" data-', text)


def test_a_pair_of_many_classes_opens_its_mistakes(show):
    names = [f"class {number}" for number in range(45)]
    model = random_model(Architecture(hidden=(5,)), (4, 3), names)
    rng = np.random.default_rng(8)
    pixels = rng.integers(0, 256, (200, 4, 3), dtype=np.uint8)
    browser = show(results(model, pixels, np.arange(200) % 45))
    button = browser.page.locator("td button").first
    button.click()
    result = items(browser)
    assert len(result) == int(button.text_content())
    assert {tuple(item[:2]) for item in result} == {tuple(result[0][:2])}


def test_the_label_of_a_right_cell_escapes_a_name():
    text = confusion(["<a>"], ["<a>"], ("<a>", "b"), opens_right=True)
    assert 'data-label="&lt;a&gt; recognised, 1 time"' in text
