"""The result of a diagnosis."""

from collections.abc import Sequence
from dataclasses import dataclass

from nncore.arrays import Labels
from nncore.diagnosis.findings import Check, Finding, Suspect
from nncore.diagnosis.initial_weights import LayerStart
from nncore.diagnosis.range_test import RangeTest

# The exit code of a program whose diagnosis has findings; no other result has this code.
FINDINGS_EXIT_CODE = 3


@dataclass(frozen=True)
class Diagnosis:
    """The result of `diagnose`.

    Attributes
    ----------
    subject : the network, the training and the data in one line
    findings : likely causes of bad learning, in the order of the checks; empty if none was found
    checks : the checks without a finding
    layers : signals of each layer before the first step; empty if the data allow no training
    range_test : losses at growing learning rates; None if the data allow no training
    lr : learning rate of the settings
    suspects : samples with the highest losses, the highest first
    labels : labels of the classes, in the order of the outputs; None if they have only numbers
    """

    subject: str
    findings: Sequence[Finding]
    checks: Sequence[Check]
    layers: Sequence[LayerStart]
    range_test: RangeTest | None
    lr: float
    suspects: Sequence[Suspect]
    labels: Labels | None

    @property
    def healthy(self) -> bool:
        """Whether there is no finding."""
        return not self.findings
