"""The part of the page on confidence and damage: its numbers, and that nothing is cut off."""

import json
import re
from decimal import Decimal

import numpy as np
import pytest
from page_results import small_results

from nncore.analysis.confidence import coverage
from nncore.analysis.robustness import DAMAGES
from stages.page.charts import HEIGHT, WIDTH, Axis, chart
from stages.page.coverage import confidence_levels, threshold_text
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
    body = body.replace("\N{NO-BREAK SPACE}", " ")
    return [
        re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in body.split("</tr>") if row.strip()
    ]


def fraction(text):
    """Return the float that a program makes of a percentage, whose digits it moves."""
    return float(Decimal(text.removesuffix(" %")) / 100)


def crowded(count=300):
    """Return answers whose confidences differ in their last digits, just below 1 and elsewhere."""
    actual, predicted, _ = answers(count)
    rng = np.random.default_rng(4)
    ends = rng.integers(1, 60, count)
    confidence = np.where(rng.random(count) < 0.5, 1 - ends * 2.0**-53, 0.7 + ends * 2.0**-53)
    return actual, predicted, confidence


@pytest.mark.parametrize("decimals", [2, 6, None, "crowded"])
def test_a_threshold_keeps_the_error_that_it_names(decimals):
    """The printed digits, read by a program, leave exactly the answers and mistakes of the row."""
    actual, predicted, confidence = crowded() if decimals == "crowded" else answers()
    if decimals not in {None, "crowded"}:
        confidence = confidence.round(decimals)
    wrong = np.array(actual) != np.array(predicted)
    rows = rows_of(confidence_section(actual, predicted, confidence), "Thresholds of confidence")
    assert rows
    for error, threshold, answered, mistakes in rows:
        taken = confidence >= fraction(threshold)
        count, covered = answered.split(", ")
        assert (int(count), int(mistakes)) == (taken.sum(), wrong[taken].sum())
        assert wrong[taken].mean() <= fraction(error)
        assert covered == f"{100 * taken.mean():.2f} %"
        lower = confidence[~taken].max(initial=0)
        also = confidence >= lower
        assert wrong[also].mean() > fraction(error) or lower == 0


def test_a_threshold_has_as_few_digits_as_separate_its_answers_from_the_others():
    curve = coverage(
        np.array([0.2, 0.52, 0.521234, 0.9999999, 1]), np.array([False, False, True, False, True])
    )
    texts = [threshold_text(curve, k).replace("\N{NO-BREAK SPACE}", " ") for k in range(6)]
    assert texts == ["0 %", "20 %", "52 %", "52.1 %", "99 %", "100 %"]


def test_less_than_everything_is_not_printed_as_everything():
    confidence = np.full(50_000, 0.9999999)
    confidence[0] = 0.4
    actual = ["a"] * 50_000
    section = confidence_section(["b", *actual[1:]], actual, confidence)
    *_, (error, threshold, answered, mistakes) = rows_of(section, "Thresholds of confidence")
    assert (error, threshold, mistakes) == ("0.00 %", "99 %", "0")
    assert answered == "49,999, > 99.99 %"


def test_calibration_has_the_samples_the_mean_confidence_and_the_accuracy_of_each_bin():
    """Of 0.8, 0.75 and 0.75 the mean is 23/30, and two are right; 0.25 is wrong."""
    confidence = np.array([0.75, 0.25, 0.8, 0.75])
    section = confidence_section(["a"] * 4, ["a", "b", "a", "b"], confidence)
    assert rows_of(section, "Calibration") == [
        ["20.00 % to 26.67 %", "1", "25.00 %", "0.00 %"],
        ["73.33 % to 80.00 %", "3", "76.67 %", "66.67 %"],
    ]


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
def test_a_network_that_is_always_or_never_right_has_both_charts(right):
    actual, confidence = ["a"] * 5, np.full(5, 0.7)
    predicted = ["a" if right else "b"] * 5
    section = confidence_section(actual, predicted, confidence)
    assert "nan" not in section.casefold()
    assert section.count("<svg") == 2


def test_a_damage_that_nearly_all_images_bear_is_not_printed_as_all():
    (name, *_) = DAMAGES
    section = damage_section({name: [1.0, *[0.99996] * (len(DAMAGES[name].strengths) - 1)]}, 30_000)
    first, second, *_ = (text for _, text in rows_of(section, "Damaged images"))
    assert (first, second) == ("100.00 %", "> 99.99 %")


@pytest.mark.parametrize("numerics", ["exact", "fast"])
def test_a_page_names_the_bits_of_the_run_if_it_has_them(numerics):
    curves = {"noise": [0.9] * len(DAMAGES["noise"].strengths)}
    text = page(small_results(parameters={"numerics": numerics}, damage=curves, damaged_images=12))
    for name in ("lab", "inspect", "trust"):
        (section,) = re.findall(
            rf'<section[^>]* aria-labelledby="{name}">.*?</section>', text, re.DOTALL
        )
        exact = "The arithmetic is the program's, to the last bit." in section
        fast = "numerics: fast</code>, so that its numbers may have other last bits" in section
        assert (exact, fast) == (numerics == "exact", numerics == "fast")


def test_each_damage_has_a_chart_and_rows():
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


def counts_from(threshold, actual, predicted, confidence):
    """Return the number of answers, and of mistakes among these, counted one by one."""
    wrong = [
        a != p for a, p, c in zip(actual, predicted, confidence, strict=True) if c >= threshold
    ]
    return len(wrong), sum(wrong)


def test_the_page_counts_the_samples_of_each_confidence():
    """From each level on, and from beside it, the counts are those of all samples."""
    actual, predicted, confidence = answers(1000)
    confidence = confidence.round(3)
    (content,) = re.findall(
        r'id="coverage">(.*?)</script>', confidence_section(actual, predicted, confidence)
    )
    data = json.loads(content)
    levels = np.array(data["levels"])
    assert data["decimals"] == 6
    for level in [0, *levels.tolist(), *(levels + 1).tolist()]:
        expected = counts_from(level / 10**6, actual, predicted, confidence)
        above = levels >= level
        assert (np.sum(data["samples"], where=above), np.sum(data["mistakes"], where=above)) == (
            expected
        )


def test_of_very_many_confidences_the_levels_are_fewer():
    confidence = np.linspace(0.3, 1, 30_000)
    levels = confidence_levels(coverage(confidence, confidence > 0.5))
    assert (levels.decimals, len(levels.levels), levels.samples.sum()) == (4, 7001, 30_000)
    assert levels.samples[levels.levels >= 8765].sum() == (confidence >= 0.8765).sum()
    assert levels.mistakes.sum() == (confidence <= 0.5).sum()


@pytest.fixture
def threshold(show):
    """Return a browser whose page has 150 answers, and a function that counts them."""
    actual, predicted, confidence = answers(150)
    predictions = Predictions(actual, predicted, confidence, np.arange(150))
    browser = show(small_results(("a", "b"), images=150, predictions=predictions))
    return browser, lambda value: counts_from(value, actual, predicted, confidence)


def reading(browser):
    text = browser.page.text_content("#threshold-reading")
    return text.replace("\N{NO-BREAK SPACE}", " ")


def expected_reading(percentage, count):
    answered, wrong = count(percentage / 100)
    return (
        f"From {percentage} %: the network answers {answered} of 150 images, "
        f"{100 * answered / 150:.2f} %. Of {answered} answers, {wrong} are wrong: "
        f"{100 * wrong / answered:.2f} %."
    )


def test_the_slider_has_steps_of_equal_confidence(threshold):
    browser, count = threshold
    assert reading(browser).startswith("No threshold: the network answers 150 of 150 images, 100.")
    slider = browser.page.locator("#threshold")
    slider.evaluate("(e) => { e.value = 59.9; e.dispatchEvent(new Event('input')) }")
    slider.press("ArrowRight")
    assert reading(browser) == expected_reading(60, count)
    assert browser.page.input_value("#threshold-number") == "60"
    assert slider.get_attribute("aria-valuetext").replace("\xa0", " ") == reading(browser)


@pytest.mark.parametrize("percentage", [50, 71.3, 65.4321])
def test_a_threshold_can_be_typed(threshold, percentage):
    browser, count = threshold
    browser.page.fill("#threshold-number", str(percentage))
    assert reading(browser) == expected_reading(percentage, count)
    assert float(browser.page.input_value("#threshold")) == pytest.approx(percentage, abs=0.05)
    browser.page.locator("#threshold-number").press("Tab")
    assert browser.page.text_content("#speech").replace("\xa0", " ") == reading(browser)
    mark = "Array.from('xy', (c) => document.querySelector('#coverage-chart .chosen')"
    x, y = map(float, browser.run(f"{mark}.getAttribute(`c${{c}}`))"))
    answered, _ = count(percentage / 100)
    line = browser.run("document.querySelector('#coverage-chart polyline').getAttribute('points')")
    points = np.array([point.split(",") for point in line.split()], float)
    assert x == pytest.approx(46 + 298 * answered / 150, abs=0.01)
    assert y == pytest.approx(points[np.abs(points[:, 0] - x).argmin(), 1], abs=0.06)


@pytest.mark.parametrize("value", ["101", "-1", "50.00001", ""])
def test_a_threshold_that_is_none_is_refused(threshold, value):
    browser, _ = threshold
    browser.page.fill("#threshold-number", value)
    assert reading(browser) == (
        f"Expected a confidence from 0 to 100 with at most 4 decimals, got {value or 'no number'}."
    )


def test_no_mistake_among_few_answers_is_no_error_of_zero(show):
    """59 right answers are the most that an error of 5 % leaves likelier than 1 in 20."""
    actual, confidence = ["a"] * 60, np.full(60, 0.999999)
    confidence[0] = 0.6
    predictions = Predictions(actual, ["b", *actual[1:]], confidence, np.arange(60))
    browser = show(small_results(("a", "b"), images=60, predictions=predictions))
    browser.page.fill("#threshold-number", "90")
    text = "59 of 60 images, 98.33 %. None of these answers is wrong; 59 answers can't rule out a"
    assert f"{text} true error of 4.95 %." in reading(browser)
    browser.page.fill("#threshold-number", "100")
    assert reading(browser) == (
        "From 100 %, to which predictions.csv rounds the highest confidences: the network answers "
        "none of the 60 images."
    )
    assert browser.messages == []
