"""What a diagnosis returns: findings, checks without one, and samples worth a look."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

from nncore.config.architecture import Architecture
from nncore.config.training import TrainingSettings
from nncore.diagnosis.range_test import RangeTest

# The sections of params.yaml in which a setting stands.
SECTIONS = {field.name: "model" for field in fields(Architecture)} | {
    field.name: "train" for field in fields(TrainingSettings)
}
_SETTING = re.compile(r"`((\w+)[^`]*)`")


class Finding(NamedTuple):
    """A likely cause of bad learning. Names of settings are in backquotes.

    Attributes
    ----------
    name : what is ill, such as `learning rate`; one of `NAMES` in `nncore.diagnosis.diagnose`
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
    """A check, and what it measured in a few words."""

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


@dataclass(frozen=True)
class Diagnosis:
    """The result of `diagnose`.

    Attributes
    ----------
    subject : the network, the training and the data in one line
    findings : likely causes of bad learning, in the order of the checks; empty if none was found
    checks : the checks that found nothing ill
    range_test : losses at growing learning rates; None if the data allow none
    lr : the learning rate of the settings
    suspects : samples with the highest losses, the highest first
    """

    subject: str
    findings: Sequence[Finding]
    checks: Sequence[Check]
    range_test: RangeTest | None
    lr: float
    suspects: Sequence[Suspect]

    @property
    def healthy(self) -> bool:
        """Whether there is no finding."""
        return not self.findings


def plain_names(text: str) -> str:
    """Return a text with the names of settings as the library has them."""
    return _SETTING.sub(r"\1", text)


def params_names(text: str) -> str:
    """Return a text with the names of settings as params.yaml has them, such as train.lr."""
    return _SETTING.sub(lambda match: f"{SECTIONS[match[2]]}.{match[1]}", text)
