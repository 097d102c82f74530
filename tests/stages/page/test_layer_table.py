"""The mathematics of a layer as a table, against NumPy's numbers."""

import numpy as np
import pytest
from page_results import random_model, results

from nncore.analysis.activations import activations
from nncore.config.architecture import Architecture
from nncore.data.preprocessing import Normalization

NORMALIZATION = Normalization(33.318421, 78.567489)
PRINTED = {"rel": 2e-3, "abs": 6e-4}


@pytest.fixture
def model():
    architecture = Architecture(hidden=(30, 7), activation=("relu", "tanh"))
    return random_model(architecture, (5, 4), "abc", NORMALIZATION)


@pytest.fixture
def image(model):
    return np.random.default_rng(3).integers(0, 256, (1, *model.image_shape), dtype=np.uint8)


@pytest.fixture
def opened(show, model, image):
    browser = show(results(model, image, np.array([0])))
    assert browser.messages == []
    return browser


def number(text):
    return float(text.replace("\N{MINUS SIGN}", "-"))


def table(browser):
    """Return the texts of the heads of the columns, and those of each row with its head."""
    heads, rows = browser.run(
        """(() => {
          const table = document.querySelector("#layer-table table");
          const texts = (cells) => Array.from(cells, (cell) => cell.textContent);
          return [texts(table.tHead.rows[0].cells),
            Array.from(table.tBodies[0].rows, (row) => texts(row.cells))];
        })()"""
    )
    return heads[1:], {row[0]: [number(cell) for cell in row[1:]] for row in rows}


def choose(browser, layer, unit):
    browser.run(f"nncore.inspection.choose({layer}, {unit})")


@pytest.mark.parametrize("layer", [1, 2, 3])
def test_the_cells_are_the_products_and_the_steps_of_the_network(opened, model, image, layer):
    choose(opened, layer, 1)
    heads, rows = table(opened)
    sample = model.normalization.table()[image.reshape(1, -1)]
    values = activations(model.network, sample)
    below, weights = values[layer - 1][0], model.network.weights[layer - 1]
    bias = model.network.biases[layer - 1]
    z = below @ weights + bias
    names = list(model.class_names) if layer == 3 else [f"unit {k}" for k in range(len(bias))]
    units = [names.index(head) for head in heads]
    assert len(units) == min(10, len(bias))
    assert names[1] in heads
    products = list(rows.items())[: min(10, len(below))]
    for head, cells in products:
        value = number(head.split(": ")[1])
        place = head.split(": ")[0]
        row, column = (
            map(int, place.replace("row ", "").split(", column ")) if layer == 1 else (0, 0)
        )
        unit = 4 * row + column if layer == 1 else int(place.removeprefix("unit "))
        assert value == pytest.approx(below[unit], **PRINTED)
        assert cells == pytest.approx(below[unit] * weights[unit, units], **PRINTED)
    others = next((cells for head, cells in rows.items() if head.startswith("the other")), 0)
    sums = np.sum([cells for _, cells in products], axis=0) + others
    assert sums + rows["+ bias"] == pytest.approx(rows["= z"], abs=1e-2)
    assert rows["= z"] == pytest.approx(z[units], **PRINTED)
    last = list(rows.values())[-1]
    expected = activations(model.network, sample)[-1][0] if layer == 3 else values[layer][0]
    if layer == 3:
        expected = np.exp(z - z.max()) / np.exp(z - z.max()).sum()
    assert last == pytest.approx(expected[units], **PRINTED)


def test_the_rows_of_softmax_are_its_steps(opened):
    choose(opened, 3, 0)
    _, rows = table(opened)
    z = np.array(rows["= z"])
    assert rows["e to this"] == pytest.approx(np.exp(z - z.max()), rel=5e-3, abs=1e-3)
    assert sum(list(rows.values())[-1]) == pytest.approx(1, abs=2e-3)


@pytest.mark.parametrize("element", ["layer-table", "softmax-table", "unit-table"])
def test_an_output_of_softmax_below_1_is_not_printed_as_1(show, model, image, element):
    """Of z 0, 12 and 0: 0.99998771."""
    model.network.weights[-1][:] = 0
    model.network.biases[-1][:] = (0, 12, 0)
    browser = show(results(model, image, np.array([0])))
    choose(browser, 3, 1)
    text = browser.run(f"document.getElementById('{element}').textContent")
    assert ">\N{NO-BREAK SPACE}0.9999" in text


def lit(browser):
    return browser.run(
        'Array.from(document.querySelectorAll("#layer-table .lit"), (cell) => cell.textContent)'
    )


def reading(browser):
    return browser.run('document.getElementById("layer-reading").textContent')


def test_a_cell_under_the_pointer_lights_what_is_connected_with_it(opened, model):
    choose(opened, 2, 3)
    heads, rows = table(opened)
    assert lit(opened) == []
    opened.page.hover("#layer-table tbody tr:nth-child(2) td:nth-of-type(3)")
    names = list(rows)
    got = lit(opened)
    assert got[:2] == [heads[2], names[1]]
    steps = [name for name in names if not name.startswith("unit")]
    assert len(got) == 3 + len(steps)
    weight = model.network.weights[1][int(names[1].split(":")[0][5:]), int(heads[2][5:])]
    text = reading(opened)
    assert number(text.split("weight ")[1].split(" = ")[0]) == pytest.approx(weight, **PRINTED)
    assert number(text.split(" = ")[1]) == pytest.approx(rows[names[1]][2], **PRINTED)
    opened.page.mouse.move(0, 0)
    assert lit(opened) == []
    assert reading(opened) == ""


def test_arrow_keys_go_from_cell_to_cell(opened):
    choose(opened, 2, 3)
    _, rows = table(opened)
    opened.page.focus("#layer-table td[tabindex='0']")
    opened.page.keyboard.press("ArrowRight")
    opened.page.keyboard.press("ArrowDown")
    assert reading(opened).startswith(f"{list(rows)[1].split(':')[0]} to {table(opened)[0][1]}: ")
    for _ in rows:
        opened.page.keyboard.press("ArrowDown")
    assert reading(opened).startswith(f"{table(opened)[0][1]}: tanh of ")
    assert opened.run("document.querySelectorAll(\"#layer-table td[tabindex='0']\").length") == 1


def test_the_head_of_a_column_opens_the_unit(opened):
    choose(opened, 1, 0)
    heads, _ = table(opened)
    opened.page.click("#layer-table thead th:nth-of-type(2) button")
    assert opened.run('document.getElementById("unit-number").value') == heads[1][5:]
    assert opened.run('document.querySelector("#layer-table .chosen").textContent') == heads[1]


def test_the_caption_says_which_units_are_there(opened, model, image):
    sample = model.normalization.table()[image.reshape(1, -1)]
    order = np.argsort(-np.abs(activations(model.network, sample)[1][0]), kind="stable")
    caption = 'document.querySelector("#layer-table caption").textContent'
    choose(opened, 1, order[0])
    assert opened.run(caption).endswith(", for the 10 most active of 30 units")
    assert [int(head[5:]) for head in table(opened)[0]] == sorted(order[:10].tolist())
    choose(opened, 1, order[-1])
    assert opened.run(caption).endswith(f", for unit {order[-1]} and the 9 most active of 30 units")
    assert [int(head[5:]) for head in table(opened)[0]] == sorted([*order[:9].tolist(), order[-1]])


def stops(browser, table="layer-table"):
    """Return the texts of the stops of the Tab key in a table."""
    return browser.run(
        f"Array.from(document.querySelectorAll('#{table} table *'))"
        ".filter((e) => e.tabIndex === 0).map((e) => e.textContent)"
    )


def test_the_table_is_one_stop_whose_arrow_keys_reach_the_heads(opened):
    choose(opened, 2, 3)
    heads, _ = table(opened)
    assert len(stops(opened)) == 1
    opened.page.focus("#layer-table td[tabindex='0']")
    opened.page.keyboard.press("ArrowRight")
    opened.page.keyboard.press("ArrowUp")
    assert opened.run("document.activeElement.tagName") == "BUTTON"
    assert stops(opened) == [heads[1]]
    assert (lit(opened), reading(opened)) == ([], "")
    opened.page.keyboard.press("ArrowRight")
    opened.page.keyboard.press("Enter")
    assert opened.run('document.getElementById("unit-number").value') == heads[2][5:]
    # The head that opened the unit is a new one.
    assert opened.run("document.activeElement.textContent") == heads[2]
    assert stops(opened) == [heads[2]]
    opened.page.keyboard.press("ArrowDown")
    assert reading(opened).startswith(
        f"{next(iter(table(opened)[1])).split(':')[0]} to {heads[2]}: "
    )


def test_a_click_moves_the_stop_of_the_table_of_a_unit(opened):
    choose(opened, 2, 3)
    opened.page.click("#unit-table tbody tr:nth-child(4)")
    (stop,) = stops(opened, "unit-table")
    assert stop == opened.page.text_content("#unit-table tbody tr:nth-child(4)")
