"""The results of checks, findings or none; and the names of settings in their texts."""

import re
from dataclasses import fields
from typing import NamedTuple

from nncore.config.architecture import Architecture
from nncore.config.training import TrainingSettings

# The section of params.yaml that has a setting.
SECTIONS = {field.name: "model" for field in fields(Architecture)} | {
    field.name: "train" for field in fields(TrainingSettings)
}
_SETTING = re.compile(r"`((\w+)[^`]*)`")


class Finding(NamedTuple):
    """A likely cause of bad learning. In its texts, names of settings are in backquotes.

    Attributes
    ----------
    name : subject, such as `learning rate`; one of `NAMES` in `nncore.diagnosis.diagnose`
    seen : the measurement
    meaning : its likely meaning
    remedy : the change to make
    """

    name: str
    seen: str
    meaning: str
    remedy: str

    def __str__(self) -> str:
        return plain_names(f"{self.name}: {self.seen}; {self.meaning}; {self.remedy}")


class Check(NamedTuple):
    """A check without a finding, and its measurement in a few words."""

    name: str
    seen: str


class Suspect(NamedTuple):
    """A sample whose label is improbable for a network that was trained on other samples.

    Attributes
    ----------
    sample : its number in the training data, from 0
    label, predicted : numbers of classes; None in a regression
    loss : loss of this sample
    """

    sample: int
    label: int | None
    predicted: int | None
    loss: float


def plain_names(text: str) -> str:
    """Return a text with the names of settings as in the library."""
    return _SETTING.sub(r"\1", text)


def params_names(text: str) -> str:
    """Return a text with the names of settings as in params.yaml, such as train.lr."""
    return _SETTING.sub(lambda match: f"{SECTIONS[match[2]]}.{match[1]}", text)
