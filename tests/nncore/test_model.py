"""A model from raw pixels to named classes, and outputs read as probabilities."""

import re

import numpy as np
import pytest

from nncore.config.architecture import Architecture
from nncore.data.dataset import Data
from nncore.data.preprocessing import Normalization
from nncore.model import Model
from nncore.network.inference import ROWS_PER_BLOCK, forward_all
from nncore.network.network import Network
from nncore.network.prediction import Prediction
from nncore.training.evaluation import count_correct, evaluate


def make(normalization=None, **overrides):
    """Return a model of 2 x 3 pixels that compares the first pixel with the last."""
    network = Network(Architecture(hidden=()), inputs=6, outputs=2)
    network.weights[0][[0, 5], [0, 1]] = np.log(9)
    settings = {"labels": ("first", "last"), "image_shape": (2, 3)} | overrides
    return Model(network, normalization=normalization or Normalization(), **settings)


def images_of(*corners):
    """Return images that are dark but for their first and last pixel."""
    images = np.zeros((len(corners), 2, 3), np.uint8)
    images[:, 0, 0], images[:, 1, 2] = zip(*corners, strict=True)
    return images


def test_raw_pixels_are_scaled_and_judged():
    """A pixel of 255 is 1 and adds ln 9, so that the odds are 9 to 1."""
    prediction = make().classify(images_of((255, 0), (0, 255), (255, 255)))
    expected = np.array([[0.9, 0.1], [0.1, 0.9], [0.5, 0.5]])
    assert prediction.probabilities == pytest.approx(expected, rel=1e-6)
    assert prediction.classes.tolist() == [0, 1, 0]
    assert prediction.confidence == pytest.approx([0.9, 0.9, 0.5], rel=1e-6)


def test_a_models_normalization_is_used():
    """With a mean of 100 and a standard deviation of 50, 150 is 1 and 50 is -1: odds of 81."""
    prediction = make(Normalization(100.0, 50.0)).classify(images_of((150, 50)))
    assert prediction.probabilities == pytest.approx(np.array([[81 / 82, 1 / 82]]), rel=1e-6)


def test_flat_images_are_the_same_images():
    images = images_of((200, 30), (7, 90))
    flat, square = make().classify(images.reshape(2, 6)), make().classify(images)
    assert flat.probabilities.tobytes() == square.probabilities.tobytes()


def test_the_colours_of_a_pixel_follow_each_other():
    """The first input is the red of the first pixel, the last the blue of the last one."""
    images = np.zeros((2, 1, 2, 3), np.uint8)
    images[0, 0, 0, 0], images[1, 0, 1, 2] = 255, 255
    model = make(image_shape=(1, 2, 3))
    assert model.predict(images).tolist() == ["first", "last"]
    assert model.pixels()[0] == (1, 2, 3)
    with pytest.raises(
        ValueError, match=re.escape("X must have shape (n, 1, 2, 3), got (2, 3, 2)")
    ):
        model.predict(images.reshape(2, 3, 2))


def test_no_images_give_an_empty_prediction():
    prediction = make().classify(np.zeros((0, 2, 3), np.uint8))
    assert [array.shape for array in prediction] == [(0,), (0,), (0, 2)]


def test_many_images_are_predicted_as_each_alone():
    """More than go through the network at once."""
    images = np.random.default_rng(1).integers(256, size=(ROWS_PER_BLOCK + 3, 2, 3), dtype=np.uint8)
    together = make().classify(images).probabilities
    for index in (0, ROWS_PER_BLOCK - 1, ROWS_PER_BLOCK, ROWS_PER_BLOCK + 2):
        alone = make().classify(images[[index]]).probabilities
        assert together[[index]] == pytest.approx(alone, rel=1e-6)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((1, 2, 3)), "X must be pixels, integers from 0 to 255, got float64"),
        (np.full((1, 2, 3), 256), "X must be from 0 to 255, got 256 to 256"),
        (np.full((1, 2, 3), -1, "i1"), "X must be from 0 to 255, got -1 to -1"),
        (np.zeros((1, 3, 2), "u1"), "X must have shape (n, 2, 3), got (1, 3, 2)"),
        (np.zeros((2, 3), "u1"), "X must have shape (n, 2, 3), got (2, 3)"),
        (np.zeros(6, "u1"), "X must have shape (n, 2, 3), got (6,)"),
        (np.zeros((1, 2, 3, 1), "u1"), "X must have shape (n, 2, 3), got (1, 2, 3, 1)"),
    ],
)
def test_other_images_are_refused(images, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        make().classify(images)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"image_shape": (3, 3)}, "image_shape must be of 6 inputs, got [3, 3]"),
        (
            {"image_shape": (1, 2, 3), "pictures": "digit"},
            "pictures must be as-is with a colour image_shape, got 'digit'",
        ),
        (
            {"image_shape": (3, 1, 2)},
            "image_shape must be rows and columns, and 3 for colour, or None, got [3, 1, 2]",
        ),
        ({"labels": ("a", "b", "c")}, "labels must be 2, one for each class, got 3"),
        ({"labels": ("a", "a")}, "labels must be different from each other, got ['a', 'a']"),
    ],
)
def test_model_at_odds_with_its_network_is_refused(settings, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        make(**settings)


@pytest.mark.parametrize(
    ("outputs", "chosen", "probabilities"),
    [
        # Softmax stays as it is
        ([0.25, 0.75], 1, [0.25, 0.75]),
        # Sigmoids: divided by their sum
        ([0.9, 0.6, 0.0], 0, [0.6, 0.4, 0]),
        # Identity: what lies outside 0 and 1 is clipped first
        ([2.0, -1.0, 0.5], 0, [2 / 3, 0, 1 / 3]),
        # The class is that of the outputs, not of the clipped ones
        ([1.5, 2.0, -3.0], 1, [0.5, 0.5, 0]),
        # Nothing left: all equally likely, and still the largest output
        ([0.0, 0.0], 0, [0.5, 0.5]),
        ([-3.0, -1.0, -2.0, -2.0], 1, [0.25, 0.25, 0.25, 0.25]),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_outputs_are_read_as_probabilities(outputs, chosen, probabilities, dtype):
    prediction = Prediction.from_outputs(np.array([outputs], dtype))
    assert prediction.classes.tolist() == [chosen]
    assert prediction.probabilities[0] == pytest.approx(probabilities, rel=1e-6)
    assert prediction.confidence == pytest.approx([probabilities[chosen]], rel=1e-6)
    assert prediction.probabilities.dtype == dtype


def test_judging_leaves_the_outputs_alone():
    outputs = np.array([[2.0, -1.0]])
    Prediction.from_outputs(outputs)
    assert outputs.tolist() == [[2, -1]]


def test_hits_are_rows_whose_largest_output_is_the_largest_target():
    outputs = np.array([[0.1, 0.9], [0.6, 0.4], [0.2, 0.1]])
    targets = np.array([[0.0, 1.0], [0.0, 1.0], [0.9, 0.1]])
    assert count_correct(outputs, targets) == 2


@pytest.mark.parametrize("n", [1, ROWS_PER_BLOCK, 2 * ROWS_PER_BLOCK + 1])
def test_evaluation_weighs_every_image_alike(n):
    """Where every third is wrong: the loss is -ln 9/10 where it is right, else -ln 1/10."""
    network = make().network
    images = np.zeros((n, 6), np.float32)
    images[:, 0] = 1
    wrong = np.arange(n) % 3 == 2
    loss, accuracy = evaluate(network, Data(images, np.eye(2, dtype=np.float32)[1 * wrong]))
    share = (n // 3) / n
    assert accuracy == pytest.approx(1 - share)
    assert loss == pytest.approx(-(1 - share) * np.log(0.9) - share * np.log(0.1), rel=1e-6)
    assert len(forward_all(network, images)) == n
