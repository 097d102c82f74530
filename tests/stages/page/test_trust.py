"""The part of the page on confidence and damage: its numbers, and that nothing is cut off."""

import json
import re

import numpy as np
import pytest
from page_results import small_results

from nncore.analysis.robustness import DAMAGES
from stages.page.charts import HEIGHT, WIDTH, Axis, chart
from stages.page.images.document import page
from stages.page.trust import confidence_section, damage_section
from stages.shared.report_inputs import Predictions


def answers(count=400):
    rng = np.random.default_rng(3)
    confidence = rng.uniform(0.3, 1, count)
    right = rng.random(count) < confidence
    actual = np.where(rng.random(count) < 0.5, "a", "b")
    predicted = np.where(right, actual, np.where(actual == "a", "b", "a"))
    return actual.tolist(), predicted.tolist(), confidence


def rows_of(section, caption):
    (body,) = re.findall(
        rf"<caption>{caption}</caption>.*?<tbody>(.*?)</tbody>", section, re.DOTALL
    )
    return [
        re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in body.split("</tr>") if row.strip()
    ]


def number(text):
    return float(text.removesuffix("%"))


def test_a_threshold_keeps_the_error_that_it_names():
    actual, predicted, confidence = answers()
    wrong = np.array(actual) != np.array(predicted)
    found = rows_of(confidence_section(actual, predicted, confidence), "Thresholds of confidence")
    assert found
    for error, threshold, covered in found:
        answered = confidence >= number(threshold) / 100
        assert np.mean(wrong[answered]) <= number(error) / 100
        assert np.mean(answered) == pytest.approx(number(covered) / 100, abs=0.01)


def test_calibration_counts_all_images():
    actual, predicted, confidence = answers()
    found = rows_of(confidence_section(actual, predicted, confidence), "Calibration")
    assert sum(int(row[1]) for row in found) == len(actual)
    for _, _, mean, accuracy in found:
        assert number(mean) == pytest.approx(number(accuracy), abs=15)


def test_a_point_of_the_calibration_has_the_area_of_its_number_of_images():
    """Of 1,000 images, 640 are in one bin, 360 in another; a point of 1 image can still be seen."""
    confidence = np.repeat([0.95, 0.75, 0.35], [640, 360, 1])
    section = confidence_section(["a"] * 1001, ["a"] * 1001, confidence)
    drawn = section.split("</svg>")[0]
    least, middle, largest = (float(r) for r in re.findall(r'<circle[^>]* r="([\d.]+)"', drawn))
    assert middle**2 / largest**2 == pytest.approx(360 / 640, rel=0.01)
    assert 2 < least < middle
    assert "the largest for 640" in section


def test_each_strength_of_a_damage_has_a_label_on_its_axis():
    curves = {name: [0.5] * len(damage.strengths) for name, damage in DAMAGES.items()}
    charts = damage_section(curves, 1000).split("</svg>")
    for drawn, damage in zip(charts, DAMAGES.values(), strict=False):
        labels = re.findall(r'class="middle">([\d.]+)</text>', drawn)
        assert [float(label) for label in labels] == list(damage.strengths)


@pytest.mark.parametrize("right", [0.0, 1.0])
def test_a_network_that_is_always_or_never_right(right):
    actual, confidence = ["a"] * 5, np.full(5, 0.7)
    predicted = ["a" if right else "b"] * 5
    section = confidence_section(actual, predicted, confidence)
    assert "nan" not in section.casefold()
    assert section.count("<svg") == 2


def test_damage_has_a_chart_and_rows_for_each_way():
    curves = {name: np.linspace(0.9, 0.2, len(d.strengths)) for name, d in DAMAGES.items()}
    section = damage_section(curves, 1000)
    assert section.count("<svg") == len(DAMAGES)
    assert len(rows_of(section, "Damaged images")) == sum(
        len(d.strengths) for d in DAMAGES.values()
    )


def test_a_chart_stays_within_its_frame():
    drawn = chart(
        Axis("x" * 20, 0, 0.3),
        Axis("y", -5, 100),
        [(0, -5), (0.3, 100)],
        label="<&>",
        titles=["<a>", "b"],
    )
    assert "<a>" not in drawn
    for name, limit in (("x", WIDTH), ("cx", WIDTH), ("y", HEIGHT), ("cy", HEIGHT)):
        values = [float(value) for value in re.findall(rf'\s{name}="(-?[\d.]+)"', drawn)]
        assert all(0 <= value <= limit for value in values)


def test_the_page_has_the_part_and_no_damage_without_curves():
    text = page(small_results())
    assert '<h2 id="trust">' in text
    assert "Damaged images" not in text
    curves = {"noise": [0.9] * len(DAMAGES["noise"].strengths)}
    assert "Damaged images" in page(small_results(damage=curves, damaged_images=12))


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_window(show, width):
    curves = {name: [0.5] * len(d.strengths) for name, d in DAMAGES.items()}
    browser = show(small_results(damage=curves, damaged_images=12), width=width)
    assert browser.run("document.documentElement.scrollWidth") <= width


def errors_from(threshold, actual, predicted, confidence):
    """Return the percentage of answers, and of mistakes among these, counted one by one."""
    answered = [
        a != p for a, p, c in zip(actual, predicted, confidence, strict=True) if c >= threshold
    ]
    return 100 * len(answered) / len(actual), 100 * sum(answered) / max(len(answered), 1)


def test_the_slider_has_the_coverage_and_the_error_of_each_threshold():
    actual, predicted, confidence = answers(1000)
    confidence = confidence.round(3)
    (content,) = re.findall(
        r'id="coverage">(.*?)</script>', confidence_section(actual, predicted, confidence)
    )
    data = json.loads(content)
    assert len(data["thresholds"]) <= 201
    assert data["thresholds"][0] == 0
    for threshold, covered, error in zip(
        *map(data.get, ("thresholds", "coverage", "error")), strict=True
    ):
        assert (covered, error) == pytest.approx(
            errors_from(threshold / 100 - 1e-9, actual, predicted, confidence), abs=1e-4
        )


def test_keys_move_the_threshold_along_the_curve(show):
    actual, predicted, confidence = answers(150)
    predictions = Predictions(actual, predicted, confidence, np.arange(150))
    browser = show(small_results(("a", "b"), images=150, predictions=predictions))
    reading = "document.getElementById('threshold-reading').textContent"
    assert browser.run(reading).startswith(
        "No threshold: the network answers 100.00\N{NO-BREAK SPACE}% of the"
    )
    browser.page.locator("#threshold").focus()
    right = "Number(document.querySelector('#coverage-chart .chosen').getAttribute('cx'))"
    positions = [browser.run(right)]
    for _ in range(40):
        browser.page.keyboard.press("ArrowRight")
        positions.append(browser.run(right))
    assert (np.diff(positions) < 0).sum() >= 39
    shown = [float(value) for value in re.findall(r"([\d.]+)\s%", browser.run(reading))]
    threshold = np.sort(confidence)[39]
    expected = 100 * threshold, *errors_from(threshold, actual, predicted, confidence)
    assert shown == pytest.approx(expected, abs=0.006)
    value = browser.run("document.getElementById('threshold').getAttribute('aria-valuetext')")
    assert value == browser.run(reading)
    assert browser.messages == []
