"""The report's pictures: arrays in, figure out. matplotlib is imported in this folder alone."""

from stages.pictures.confusion import confusion_matrix
from stages.pictures.curves import learning_curves, weight_movement
from stages.pictures.galleries import MOST_MISTAKES, MOST_UNITS, first_layer, mistakes
from stages.pictures.style import save

__all__ = [
    "MOST_MISTAKES",
    "MOST_UNITS",
    "confusion_matrix",
    "first_layer",
    "learning_curves",
    "mistakes",
    "save",
    "weight_movement",
]
