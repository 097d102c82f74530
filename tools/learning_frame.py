"""A frame of the animation that `tools.learning` draws."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from nncore.training.history import EpochRecord

WIDTH, HEIGHT, RADIUS = 880, 416, 12
# Lines and letters are drawn this much larger, and then made smaller.
SCALE = 3
# Test images: a column for each class. Units: two rows.
ROWS, COLUMNS, UNITS = 3, 10, 16
PAPER, INK, PALE, RULE = (255, 255, 255), (31, 35, 40), (101, 109, 118), (225, 228, 232)
# The colours of Okabe and Ito, which colour-blind people can distinguish.
BLUE, VERMILION, GREEN = (0, 114, 178), (213, 94, 0), (0, 158, 115)
LEVELS = 12

LEFT, TOP = 28, 24
CHART_WIDTH, CHART_HEIGHT, CHART_TOPS = 300, 110, (96, 262)
RIGHT = 396
TILE, TILE_STEP, TILES_TOP = 56, 58, 92
DIGIT, DIGIT_ROW, DIGITS_TOP = 34, 55, 242
MAX_LOSS = 2.5


class Epoch(NamedTuple):
    """What a frame shows.

    Attributes
    ----------
    number : number of the epoch
    title : the network in words
    training : name of the training images
    history : records of all epochs; those after `number` are not drawn
    accuracy : on all test images
    weights : (UNITS, rows, columns) of the first layer, within about ±1
    images : (ROWS, COLUMNS, rows, columns) test images from 0 to 1
    predicted, actual : (ROWS, COLUMNS) their classes
    """

    number: int
    title: str
    training: str
    history: Sequence[EpochRecord]
    accuracy: float
    weights: NDArray[np.floating]
    images: NDArray[np.floating]
    predicted: NDArray[np.int64]
    actual: NDArray[np.int64]


def draw_frame(epoch: Epoch) -> Image.Image:
    """Return the frame, an opaque card with round corners."""
    large = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), PAPER)
    pen = Pen(ImageDraw.Draw(large))
    _draw_heading(pen, epoch)
    _draw_chart(
        *(pen, CHART_TOPS[0], "loss", epoch, MAX_LOSS),
        values=lambda record: (record.train_loss, record.validation_loss),
        ticks={0: "0", 1: "1", 2: "2"},
    )
    bottom = CHART_TOPS[1] + CHART_HEIGHT + 8
    pen.text((LEFT + 40, bottom), "0", 11, PALE)
    last = f"{len(epoch.history) - 1} epochs"
    pen.text((LEFT + 40 + CHART_WIDTH, bottom), last, 11, PALE, anchor="ra")
    _draw_chart(
        *(pen, CHART_TOPS[1], "accuracy", epoch, 1.0),
        values=lambda record: (record.train_accuracy, record.validation_accuracy),
        ticks={0: "0 %", 0.5: "50 %", 1: "100 %"},
    )
    pen.text((RIGHT, TILES_TOP - 24), "weights of 16 units of the first layer", 13, PALE)
    pen.text((RIGHT, DIGITS_TOP - 24), "test images, and what the network takes them for", 13, PALE)
    for row, column in np.ndindex(ROWS, COLUMNS):
        _draw_label(pen, epoch, row, column)
    card = large.resize((WIDTH, HEIGHT), Image.Resampling.BOX)
    for unit, weights in enumerate(epoch.weights):
        place = RIGHT + unit % 8 * TILE_STEP, TILES_TOP + unit // 8 * TILE_STEP
        card.paste(_weight_tile(weights), place)
    for row, column in np.ndindex(ROWS, COLUMNS):
        x, y = _digit_place(row, column)
        card.paste(_digit_tile(epoch.images[row, column].tobytes(), epoch.images.shape[2:]), (x, y))
    card.putalpha(_corners())
    return card


class Pen:
    """Draws in the units of the frame on a larger picture."""

    def __init__(self, draw: ImageDraw.ImageDraw) -> None:
        self._draw = draw

    def text(
        self,
        place: tuple[float, float],
        text: str,
        size: int,
        colour: tuple[int, int, int],
        anchor: str = "la",
    ) -> None:
        """Write a line of text."""
        position = (round(place[0] * SCALE), round(place[1] * SCALE))
        self._draw.text(position, text, fill=colour, font=_font(size), anchor=anchor)

    def line(
        self, points: Sequence[tuple[float, float]], colour: tuple[int, int, int], width: float
    ) -> None:
        """Draw a line through points."""
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        self._draw.line(scaled, fill=colour, width=round(width * SCALE), joint="curve")

    def dot(self, x: float, y: float, radius: float, colour: tuple[int, int, int]) -> None:
        """Draw a filled circle."""
        box = [(x - radius) * SCALE, (y - radius) * SCALE, (x + radius) * SCALE]
        self._draw.ellipse([*box, (y + radius) * SCALE], fill=colour)

    def frame(self, x: float, y: float, side: float, colour: tuple[int, int, int]) -> None:
        """Draw a filled square with round corners, which a smaller picture makes a frame."""
        box = [x * SCALE, y * SCALE, (x + side) * SCALE - 1, (y + side) * SCALE - 1]
        self._draw.rounded_rectangle(box, radius=3 * SCALE, fill=colour)


def _draw_heading(pen: Pen, epoch: Epoch) -> None:
    last = len(epoch.history) - 1
    pen.text((LEFT, TOP), f"A {epoch.title} network learns digits", 19, INK)
    right = RIGHT + 8 * TILE_STEP - (TILE_STEP - TILE)
    pen.text((RIGHT, TOP), f"epoch {epoch.number} of {last}", 19, INK)
    text = f"{epoch.accuracy:.1%} of the test images right".replace("%", " %")
    pen.text((right, TOP), text, 19, GREEN, anchor="ra")


def _draw_chart(
    pen: Pen,
    top: float,
    name: str,
    epoch: Epoch,
    highest: float,
    *,
    values: Callable[[EpochRecord], tuple[float | None, float | None]],
    ticks: dict[float, str],
) -> None:
    left, bottom = LEFT + 40, top + CHART_HEIGHT
    last = max(len(epoch.history) - 1, 1)

    def place(number: float, value: float) -> tuple[float, float]:
        x = left + CHART_WIDTH * number / last
        return x, bottom - CHART_HEIGHT * min(value, highest) / highest

    pen.text((LEFT, top - 28), name, 13, PALE)
    for value, label in ticks.items():
        y = place(0, value)[1]
        pen.line([(left, y), (left + CHART_WIDTH, y)], RULE, 1)
        pen.text((left - 8, y), label, 11, PALE, anchor="rm")
    shown = epoch.history[: epoch.number + 1]
    names = (epoch.training, "validation")
    # From the right to the left.
    legend_x = float(left + CHART_WIDTH)
    for index, colour in ((1, VERMILION), (0, BLUE)):
        points = [
            place(record.epoch, number)
            for record in shown
            if (number := values(record)[index]) is not None
        ]
        if len(points) > 1:
            pen.line(points, colour, 2)
        if points:
            pen.dot(*points[-1], 3, colour)
        pen.text((legend_x, top - 20), names[index], 12, PALE, anchor="rm")
        legend_x -= _font(12).getlength(names[index]) / SCALE + 9
        pen.dot(legend_x, top - 20, 4, colour)
        legend_x -= 20


def _draw_label(pen: Pen, epoch: Epoch, row: int, column: int) -> None:
    """Write the predicted class under an image, and frame both in the colour of right or wrong."""
    predicted = int(epoch.predicted[row, column])
    colour = GREEN if predicted == epoch.actual[row, column] else VERMILION
    x, y = _digit_place(row, column)
    pen.frame(x - 2, y - 2, DIGIT + 4, colour)
    pen.text((x + DIGIT / 2, y + DIGIT + 10), str(predicted), 13, colour, anchor="mm")


def _digit_place(row: int, column: int) -> tuple[int, int]:
    extent = 8 * TILE_STEP - (TILE_STEP - TILE) - DIGIT - 4
    return RIGHT + 2 + round(column * extent / (COLUMNS - 1)), DIGITS_TOP + row * DIGIT_ROW


def _weight_tile(weights: NDArray[np.floating]) -> Image.Image:
    """Return weights as a picture: positive ones blue, negative ones vermilion, 0 white."""
    # Of few levels, so that the file stays small.
    level = np.clip(np.rint(weights * LEVELS), -LEVELS, LEVELS)[..., np.newaxis] / LEVELS
    full = np.where(level > 0, BLUE, VERMILION)
    pixels = np.rint(255 + (full - 255) * np.abs(level)).astype(np.uint8)
    return Image.fromarray(pixels).resize((TILE, TILE), Image.Resampling.NEAREST)


@cache
def _digit_tile(values: bytes, shape: tuple[int, ...]) -> Image.Image:
    image = np.frombuffer(values, np.float32).reshape(shape)
    pixels = np.rint(255 - 255 * image).astype(np.uint8)
    return Image.fromarray(pixels).resize((DIGIT, DIGIT), Image.Resampling.LANCZOS).convert("RGB")


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    # Pillow's own, the same on every system.
    font = ImageFont.load_default(size * SCALE)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise SystemExit("expected a Pillow with FreeType, got one without")
    return font


@cache
def _corners() -> Image.Image:
    mask = Image.new("L", (WIDTH * SCALE, HEIGHT * SCALE), 0)
    box = [0, 0, WIDTH * SCALE - 1, HEIGHT * SCALE - 1]
    ImageDraw.Draw(mask).rounded_rectangle(box, radius=RADIUS * SCALE, fill=255)
    return mask.resize((WIDTH, HEIGHT), Image.Resampling.BOX)
