"""What the page of a model of images shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nncore.data.dataset import Images
from stages.page.images.activation_map import ActivationMap
from stages.page.images.samples import TrainingImages
from stages.page.run_results import RunResults
from stages.shared.data_report_inputs import Examples
from stages.shared.report_inputs import Predictions


@dataclass(frozen=True, kw_only=True)
class Results(RunResults):
    """The content of the page.

    Attributes
    ----------
    images : the test images, (n, inputs) floats, or uint8 that read as floats
    predictions : the content of predictions.csv
    embed_images : whether the page has pictures of test images
    damage : accuracies on damaged images, by names of `nncore.analysis.robustness.DAMAGES`
    damaged_images : number of these images
    activation_map : where each layer puts test images, or None for no map
    refusal : why there are neither these accuracies nor a map; empty if there are
    training_examples : training images to show, or None for none
    training_images : training images of which the page embeds some, or None for none
    """

    images: Images
    predictions: Predictions
    training_examples: Examples | None = None
    training_images: TrainingImages | None = None
    embed_images: bool = True
    damage: Mapping[str, Sequence[float]] = field(default_factory=dict)
    damaged_images: int = 0
    activation_map: ActivationMap | None = None
    refusal: str = ""
