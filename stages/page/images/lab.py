"""The lab: the reader edits a copy of the network in the page."""

import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path
from string import Template

from nncore.model import Model
from nncore.model_file import save
from nncore.network.network import Network
from stages.page.assets import read_template
from stages.page.explanations.explain import explain
from stages.page.images.samples import ImageSample
from stages.page.markup import json_element
from stages.page.numerics import arithmetic_sentence

# Only these outputs are probabilities of logits that a temperature divides.
_OUTPUTS_WITH_TEMPERATURE = ("softmax", "sigmoid")
_TEMPERATURE = (
    '<form data-edit="temperature"><label>Temperature; it divides the logits '
    '<input type="number" name="temperature" value="2" min="0.01" step="any" required></label> '
    f"<button>Divide them</button> {explain('lab-temperature')}</form>"
)


def lab(model: Model, test_images: ImageSample, *, fast: bool = False) -> str:
    """Return the section, which its scripts fill, and the element that they save models with.

    Parameters
    ----------
    fast : whether the run did not compute in exact arithmetic
    """
    (rows, columns, *_), _ = model.pixels()
    counts = test_images.class_counts(len(model.class_names)).tolist()
    least, most = min(counts), max(counts)
    has_temperature = model.network.architecture.output in _OUTPUTS_WITH_TEMPERATURE
    section = Template(read_template("lab")).substitute(
        count=f"{test_images.computed:,} test image{'' if test_images.computed == 1 else 's'}",
        per_class=f"{least:,}" if least == most else f"{least:,} to {most:,}",
        total=f"{test_images.total:,}",
        arithmetic=arithmetic_sentence(fast=fast),
        last_row=rows - 1,
        last_column=columns - 1,
        middle_column=(columns - 1) // 2,
        temperature=_TEMPERATURE if has_temperature else "",
    )
    return section + specification_element(model)


def specification_element(model: Model) -> str:
    """Return the JSON values of the model's file, with an empty list of edits, as an element.

    The provenance of the model has the list. The text is that of a file which nncore writes, so
    that the page has no second writer of the format.
    """
    provenance = dict(model.provenance)
    edits = provenance.pop("edits", [])
    network = model.network
    # Of float32 and zeros: the text has the sizes of the parameters alone.
    network = Network(network.architecture, inputs=network.inputs, outputs=network.outputs)
    edited = replace(model, network=network, provenance={**provenance, "edits": []})
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "model.npz")
        save(file, edited)
        with zipfile.ZipFile(file) as archive:
            text = archive.read("specification.json").decode()
    return json_element("specification", {"edits": edits, "text": text})
