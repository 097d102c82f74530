"""The results of checks, findings or none; and the names of settings in their texts."""

import re
from dataclasses import fields
from typing import NamedTuple

from nncore.config.architecture import Architecture
from nncore.config.training import TrainingSettings

# The sections of params.yaml in which a setting stands.
SECTIONS = {field.name: "model" for field in fields(Architecture)} | {
    field.name: "train" for field in fields(TrainingSettings)
}
_SETTING = re.compile(r"`((\w+)[^`]*)`")


class Finding(NamedTuple):
    """A likely cause of bad learning. Names of settings are in backquotes.

    Attributes
    ----------
    name : subject, such as `learning rate`; one of `NAMES` in `nncore.diagnosis.diagnose`
    seen : what was measured
    meaning : what it likely means
    remedy : what to change
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
    """A sample whose label a network that was trained on other samples finds unlikely.

    Attributes
    ----------
    sample : its number in the training data, from 0
    label, predicted : numbers of classes; None in a regression
    loss : of this sample
    """

    sample: int
    label: int | None
    predicted: int | None
    loss: float


def plain_names(text: str) -> str:
    """Return a text with the names of settings as the library has them."""
    return _SETTING.sub(r"\1", text)


def params_names(text: str) -> str:
    """Return a text with the names of settings as params.yaml has them, such as train.lr."""
    return _SETTING.sub(lambda match: f"{SECTIONS[match[2]]}.{match[1]}", text)
