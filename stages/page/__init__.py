"""The report page: one HTML file that holds all it needs and loads nothing."""

from stages.page.document import Results, page
from stages.page.overview import METRICS, TRAINING

__all__ = ["METRICS", "TRAINING", "Results", "page"]
