"""What the page of a model of images shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nncore.data.dataset import Images
from nncore.model import Model
from stages.page.images.activation_map import ActivationMap
from stages.page.images.samples import TrainingImages
from stages.shared.data_report_inputs import Examples
from stages.shared.report_inputs import Columns, Predictions


@dataclass(frozen=True)
class Results:
    """The content of the page.

    Attributes
    ----------
    dataset : name of the data set
    parameters : params.yaml as nested mappings
    model, digest : the model, and the MD5 of its file
    images : the test images, (n, inputs) floats, or uint8 that read as floats
    embed_images : whether the page has pictures of test images
    damage : accuracies on damaged images, by names of `nncore.analysis.robustness.DAMAGES`
    damaged_images : number of these images
    activation_map : where each layer puts test images, or None for no map
    refusal : why there are neither these accuracies nor a map; empty if there are
    history, predictions : the content of history.csv and predictions.csv
    train, test : numbers of train.json and test.json by dotted names
    data : content of data.json
    training_examples : training images to show, or None for none
    training_images : training images of which the page embeds some, or None for none
    """

    dataset: str
    parameters: Mapping[str, object]
    model: Model
    digest: str
    images: Images
    history: Columns
    predictions: Predictions
    train: Mapping[str, float]
    test: Mapping[str, float]
    data: Mapping[str, Any]
    training_examples: Examples | None = None
    training_images: TrainingImages | None = None
    embed_images: bool = True
    damage: Mapping[str, Sequence[float]] = field(default_factory=dict)
    damaged_images: int = 0
    activation_map: ActivationMap | None = None
    refusal: str = ""
