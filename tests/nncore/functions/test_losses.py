"""Losses at values worked by hand, and at logits where a naive formula breaks."""

import math

import numpy as np
import pytest
from arithmetics import ARITHMETICS

from nncore.functions import exact, plain
from nncore.functions.activations import activation
from nncore.functions.losses import LOSSES

LN2, LN3, LN5 = np.log([2.0, 3.0, 5.0])
OUTPUT = {"cross_entropy": "softmax", "binary_cross_entropy": "sigmoid"}
EACH = pytest.mark.parametrize("name", sorted(LOSSES))


def outputs_of(name, logits, arithmetic):
    outputs = np.empty_like(logits)
    made = activation(OUTPUT.get(name, "identity"), arithmetic)
    made.forward(logits, outputs, np.empty_like(logits))
    return outputs


def per_sample(name, logits, targets, dtype=np.float64, arithmetic=plain):
    logits, targets = np.array(logits, dtype), np.array(targets, dtype)
    outputs = outputs_of(name, logits, arithmetic)
    return LOSSES[name].per_sample(logits, outputs, targets, arithmetic)


@pytest.mark.parametrize(
    ("name", "logits", "targets", "loss"),
    [
        # Softmax is 1/8, 2/8 and 5/8, so the loss is -ln(5/8)
        ("cross_entropy", [0, LN2, LN5], [0, 0, 1], math.log(8 / 5)),
        # -½ ln(1/8) - ½ ln(2/8) = ½ ln 32
        ("cross_entropy", [0, LN2, LN5], [0.5, 0.5, 0], math.log(32) / 2),
        # Sigmoid is 3/4 and 1/2, so the loss is -ln(3/4) - ln(1 - 1/2)
        ("binary_cross_entropy", [LN3, 0], [1, 0], math.log(8 / 3)),
        # Soft: -½ ln(3/4) - ½ ln(1/4) = ½ ln(16/3), and ln 2 for whatever target at 1/2
        ("binary_cross_entropy", [LN3, 0], [0.5, 0.3], math.log(16 / 3) / 2 + math.log(2)),
        # ½ (3² + 1² + 2²)
        ("half_squared_error", [3, 0, 0], [0, 1, 2], 7),
        # (3² + 1² + 2²) / 3
        ("mean_squared_error", [3, 0, 0], [0, 1, 2], 14 / 3),
        # A third of 3 + 1 + 2
        ("mean_absolute_error", [3, 0, 0], [0, 1, 2], 2),
        # 3 - ½, then the corner ½ 1², then ½ (½)²
        ("huber", [3, 0, 0], [0, 1, 0.5], (2.5 + 0.5 + 0.125) / 3),
    ],
)
@ARITHMETICS
def test_loss_of_one_image_is_the_known_value(  # noqa: PLR0917
    name, logits, targets, loss, dtype, arithmetic
):
    found = per_sample(name, [logits], [targets], dtype, arithmetic)
    assert found == pytest.approx([loss], rel=1e-6)


@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_cross_entropy_of_equal_logits_is_the_logarithm_of_the_number_of_classes(classes):
    loss = per_sample("cross_entropy", np.zeros((1, classes)), np.eye(classes)[:1])
    assert loss == pytest.approx([math.log(classes)], rel=1e-12)


@EACH
def test_loss_has_one_value_for_each_image(name):
    logits = np.arange(12.0).reshape(4, 3)
    together = per_sample(name, logits, np.eye(3)[[0, 1, 2, 0]])
    alone = [
        per_sample(name, logits[i : i + 1], np.eye(3)[[i % 3]]).item() for i in range(len(logits))
    ]
    assert together == pytest.approx(alone, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "targets", "loss"),
    [
        ("cross_entropy", [1, 0], 0),
        ("cross_entropy", [0, 1], 2e4),
        ("cross_entropy", [0.5, 0.5], 1e4),
        ("binary_cross_entropy", [1, 0], 0),
        ("binary_cross_entropy", [0, 1], 2e4),
        ("binary_cross_entropy", [0, 0], 1e4),
    ],
)
@ARITHMETICS
def test_cross_entropies_are_exact_at_logits_of_plus_and_minus_ten_thousand(
    name, targets, loss, dtype, arithmetic
):
    found = per_sample(name, [[1e4, -1e4]], [targets], dtype, arithmetic)
    assert found.tolist() == [loss]


@pytest.mark.parametrize("name", sorted(OUTPUT))
@ARITHMETICS
def test_gradients_of_the_cross_entropies_are_exact_at_extreme_logits(name, dtype, arithmetic):
    """A certain and wrong answer: outputs (1, 0), targets (0, 1)."""
    outputs = outputs_of(name, np.array([[1e4, -1e4]], dtype), arithmetic)
    gradient = np.empty_like(outputs)
    LOSSES[name].backward(outputs, np.array([[0, 1]], dtype), 1.0, gradient)
    assert gradient.tolist() == [[1, -1]]


@pytest.mark.parametrize(
    ("name", "gradient"),
    [
        # (a - y) / 2 rows
        ("cross_entropy", [[-0.25, 0.25, 0], [0.5, 1, -1.5]]),
        ("binary_cross_entropy", [[-0.25, 0.25, 0], [0.5, 1, -1.5]]),
        ("half_squared_error", [[-0.25, 0.25, 0], [0.5, 1, -1.5]]),
        # 2 (a - y) / (2 rows of 3 classes)
        ("mean_squared_error", [[-1 / 6, 1 / 6, 0], [1 / 3, 2 / 3, -1]]),
        # The sign of a - y, or a - y between -1 and 1, / (2 rows of 3 outputs)
        ("mean_absolute_error", [[-1 / 6, 1 / 6, 0], [1 / 6, 1 / 6, -1 / 6]]),
        ("huber", [[-1 / 12, 1 / 12, 0], [1 / 6, 1 / 6, -1 / 6]]),
    ],
)
def test_gradient_of_each_image_has_the_scale_that_is_asked_for(name, gradient):
    """Here 1 / 2, of the mean over two images."""
    outputs, targets = np.array([[0.5, 0.5, 0], [1, 2, -3]]), np.array([[1.0, 0, 0], [0, 0, 0]])
    found = np.empty_like(outputs)
    LOSSES[name].backward(outputs, targets, 0.5, found)
    assert found == pytest.approx(np.array(gradient), rel=1e-12)


@EACH
@pytest.mark.parametrize("arithmetic", [exact, plain])
def test_float32_loses_no_more_than_the_digits_of_its_terms(name, arithmetic):
    rng = np.random.default_rng(1)
    logits = 3 * rng.standard_normal((50, 10)).astype(np.float32)
    targets = rng.dirichlet(np.ones(10), 50).astype(np.float32)
    found = per_sample(name, logits, targets, np.float32, arithmetic)
    assert found == pytest.approx(per_sample(name, logits, targets), rel=2e-6)


@EACH
def test_an_exact_loss_is_float64(name):
    logits, targets = np.ones((2, 3), np.float32), np.eye(3, dtype=np.float32)[:2]
    assert per_sample(name, logits, targets, np.float32, exact).dtype == np.float64


@EACH
def test_an_exact_loss_depends_on_no_other_image(name):
    rng = np.random.default_rng(1)
    logits = (1000 ** rng.uniform(-1, 1, (50, 1)) * rng.standard_normal((50, 10))).astype("f4")
    targets = np.eye(10, dtype=np.float32)[rng.integers(0, 10, 50)]
    together = per_sample(name, logits, targets, np.float32, exact)
    rows = [slice(i, i + 1) for i in range(50)]
    alone = [per_sample(name, logits[row], targets[row], np.float32, exact).item() for row in rows]
    assert together.tolist() == alone


@EACH
def test_per_image_leaves_its_arguments_alone(name):
    logits, targets = np.array([[1.0, -2.0]]), np.array([[0.0, 1.0]])
    outputs = np.array([[0.3, 0.7]])
    LOSSES[name].per_sample(logits, outputs, targets, plain)
    assert [logits.tolist(), outputs.tolist(), targets.tolist()] == [
        [[1, -2]],
        [[0.3, 0.7]],
        [[0, 1]],
    ]
