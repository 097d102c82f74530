"""The walk-through of one batch: its numbers are nncore's, and the derivatives are right."""

import math
import re

import numpy as np
import pytest

from docs import one_batch
from docs.one_batch_arrays import small_batch, small_network, walk
from docs.one_batch_tables import ARRAYS
from stages.shared.fingerprint import ROOT

PAGE = one_batch.PAGE.read_text(encoding="utf-8")
LEARNT = ("W1", "b1", "W2", "b2")
# Half of the last decimal shown, and what float32 adds.
SHOWN = 5.1e-5


def block(name):
    (text,) = re.findall(rf"^```text {name}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return text


def numbers(name, inside=None):
    """Return the first array of that name on the page, or in one of its blocks."""
    symbol, code, _ = ARRAYS[name]
    start = f"{symbol}   {code}   "
    _, _, after = (block(inside) if inside else PAGE).partition(start)
    shape, *rows = after.split("\n\n")[0].split("\n```")[0].splitlines()
    table = [[float(cell) for cell in re.findall(r"-?\d\.\d{4}", row)] for row in rows[1:]]
    return np.array(table).reshape([int(size) for size in re.findall(r"\d+", shape.split(")")[0])])


def mean_loss(w1, b1, w2, b2):
    """Return C in float64, reckoned with Python's own numbers from what the page shows."""
    total = 0.0
    for image, target in zip(numbers("a0"), numbers("y"), strict=True):
        hidden = [max(0.0, math.fsum([*(image * w), b])) for w, b in zip(w1.T, b1, strict=True)]
        logits = [math.fsum([*(hidden * w), b]) for w, b in zip(w2.T, b2, strict=True)]
        likely = math.exp(logits[target.argmax()]) / sum(map(math.exp, logits))
        total -= math.log(likely)
    return total / len(numbers("a0"))


def slopes(name):
    """Return the derivatives of `mean_loss` by every entry of a learnt array."""
    values = {key: numbers(key, "parameters") for key in LEARNT}
    result = np.empty(values[name].shape)
    for place in np.ndindex(result.shape):
        ends = []
        for nudge in (1e-6, -1e-6):
            moved = values[name].copy()
            moved[place] += nudge
            ends.append(mean_loss(**{k.lower(): v for k, v in (values | {name: moved}).items()}))
        result[place] = (ends[0] - ends[1]) / 2e-6
    return result


def test_the_page_is_what_nncore_computes():
    assert one_batch.render(PAGE) == PAGE


def test_every_block_is_on_the_page():
    assert re.findall(r"^```text (\w+)$", PAGE, re.MULTILINE) == list(one_batch.blocks())


def test_a_changed_number_is_put_right():
    assert "0.7600" in block("z1")
    assert one_batch.render(PAGE.replace("0.7600", "0.7700")) == PAGE


def test_a_block_of_an_unknown_name_is_refused():
    with pytest.raises(KeyError, match="nothing"):
        one_batch.render(f"{PAGE}\n```text nothing\n```\n")


@pytest.mark.parametrize("name", LEARNT)
def test_the_gradient_shown_is_the_slope_of_the_loss(name):
    assert np.abs(numbers(f"d{name}") - slopes(name)).max() < SHOWN


def test_a_wrong_gradient_would_be_seen():
    assert np.abs(numbers("dW1") * 1.01 - slopes("W1")).max() > SHOWN


def test_the_loss_shown_is_that_of_the_parameters_shown():
    loss = mean_loss(*(numbers(name, "parameters") for name in LEARNT))
    shown = float(re.search(r"C = (\d\.\d{4})", block("loss"))[1])
    assert shown == pytest.approx(loss, abs=SHOWN)


def test_a_step_goes_against_the_gradient_by_the_learning_rate():
    for name in LEARNT:
        moved = numbers(name, "parameters") - one_batch.LR * numbers(f"d{name}")
        assert np.abs(numbers(name, "step") - moved).max() < 2 * SHOWN


def test_after_the_step_the_loss_is_that_of_its_parameters_and_smaller():
    after = mean_loss(*(numbers(name, "step") for name in LEARNT))
    before_shown, after_shown = re.findall(r"(\d\.\d{4})$", block("step"), re.MULTILINE)[-2:]
    assert float(after_shown) == pytest.approx(after, abs=1e-4)
    assert float(after_shown) < float(before_shown)


def test_the_shapes_of_784_30_10_are_those_of_a_batch_of_32():
    (gradient,) = (row for row in block("shapes").splitlines() if "gradient" in row)
    assert re.findall(r"\d+", gradient) == ["23", str(785 * 30 + 31 * 10)]
    for name in ("z1", "a1", "da1", "delta1"):
        (row,) = (row for row in block("shapes").splitlines() if row.split()[0] == ARRAYS[name][0])
        assert row.endswith("(32, 30)")


@pytest.mark.parametrize("line", sorted(set(re.findall(r"^    (\S.*)$", PAGE, re.MULTILINE))))
def test_a_line_of_code_on_the_page_is_nncores(line):
    code = "\n".join(
        (ROOT / f"nncore/{name}.py").read_text(encoding="utf-8")
        for name in ("network/propagation", "functions/losses", "training/optimizers")
    )
    assert re.search(rf"^ +{re.escape(line)}$", code, re.MULTILINE)


def test_no_number_is_so_near_to_a_half_that_other_arithmetic_could_round_it_otherwise():
    for name, values in walk(small_network(), *small_batch()).items():
        units = np.abs(values.astype(np.float64)) * 1e4 % 1
        assert np.abs(units - 0.5).min() > 0.01, name


def test_the_program_writes_the_page(monkeypatch, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("Before\n\n```text loss\n```\n\nafter.\n", encoding="utf-8")
    monkeypatch.setattr(one_batch, "PAGE", page)
    one_batch.main()
    written = page.read_text(encoding="utf-8")
    assert written == f"Before\n\n```text loss\n{block('loss')}```\n\nafter.\n"
