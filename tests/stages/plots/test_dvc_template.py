""".dvc/plots/predictions.json: a confusion matrix, whose cells are ranges of a regression."""

import json
import math

import numpy as np
import pytest
from dvc_render.vega import VegaRenderer

from stages.shared.fingerprint import ROOT

FOLDER = ROOT / ".dvc/plots"

# Two of Vega's transforms, and the functions of its expressions, as its documentation has them.
TRANSFORM = """
([rows, transforms]) => {
  const { floor, log, pow, max, min, LN10 } = Math;
  const isValid = (value) => value != null && value === value;
  const toNumber = Number;
  const scope = { floor, log, pow, max, min, LN10, isValid, toNumber };
  for (const transform of transforms) {
    if (transform.calculate) {
      const names = Object.keys(scope);
      const compute = new Function("datum", ...names, `return ${transform.calculate}`);
      for (const row of rows) row[transform.as] = compute(row, ...Object.values(scope));
    } else {
      for (const { op, field, as } of transform.joinaggregate) {
        const values = rows.map((row) => row[field]).filter(isValid);
        const result = values.length ? scope[op](...values) : null;
        for (const row of rows) row[as] = result;
      }
    }
  }
  return rows.map((row) => [row.actual_cell, row.predicted_cell]);
}
"""


@pytest.fixture(scope="module")
def cells(browser):
    """Return a function from pairs of actual and predicted values to their cells."""
    # The last two count the rows of each cell.
    *transforms, _, _ = json.loads((FOLDER / "predictions.json").read_bytes())["transform"]
    browser.open("about:blank")

    def compute(pairs, **columns):
        # Every value in DVC's page is a text.
        rows = [{"actual": str(a), "predicted": str(p), **columns} for a, p in pairs]
        return browser.page.evaluate(TRANSFORM, [rows, transforms])

    return compute


def test_dvc_fills_every_anchor():
    points = [{"actual": "7", "predicted": "1", "rev": "workspace"}]
    properties = {"template": "predictions", "x": "actual", "y": "predicted"}
    filled = VegaRenderer(points, "p", **properties, template_dir=str(FOLDER)).get_filled_template()
    assert filled["data"]["values"] == points
    assert "DVC_METRIC" not in json.dumps(filled)


def test_classes_are_cells_even_if_they_are_numbers(cells):
    pairs = [["3", "8"], ["10", "3"], ["cat", "3.50"]]
    assert cells(pairs, confidence="0.9") == pairs


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        # A range of 100: steps of 5.
        ([(0, 7), (100, 64.9)], [[0, 5], [100, 60]]),
        # Of 2: steps of 0.1, and no 0.30000000000000004.
        ([(-1, -0.05), (1, 0.35)], [[-1, -0.1], [1, 0.3]]),
        # Of 50,000: steps of 5,000.
        ([(1e5, 123_456), (150_000, 99_999.5)], [[100_000, 120_000], [150_000, 95_000]]),
        ([(5.5, 5.5)], [[5, 5]]),
    ],
)
def test_numbers_are_in_ranges(cells, pairs, expected):
    assert cells(pairs, residual="0") == expected


@pytest.mark.parametrize("scale", [3e-7, 0.04, 1.0, 2500.0, 7e11])
def test_the_ranges_are_few_and_hold_their_numbers(cells, scale):
    pairs = (np.random.default_rng(1).normal((1, 0), (1, 2), (500, 2)) * scale).tolist()
    result = cells(pairs, residual="0")
    for column in (0, 1):
        ends = sorted({cell[column] for cell in result})
        assert 4 <= len(ends) <= 22
        assert all(math.isfinite(end) for end in ends)
        numbers = [pair[column] for pair in pairs]
        for number, cell in zip(numbers, result, strict=True):
            # Its range is the last one that does not begin after it.
            assert cell[column] == max(end for end in ends if end <= number * (1 + 1e-12))
