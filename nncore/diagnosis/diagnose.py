"""The order of the checks; each check works on a setup without the faults found before."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from nncore.config.training import RegularizationSettings, TrainingSettings
from nncore.data.dataset import Data
from nncore.diagnosis.findings import Check, Finding, Suspect
from nncore.diagnosis.gradient_check import check_gradients
from nncore.diagnosis.hidden_units import UNIT_SAMPLES, check_units
from nncore.diagnosis.initial_weights import LayerStart, check_initial_weights, layers_at_start
from nncore.diagnosis.inputs import check_inputs, check_targets
from nncore.diagnosis.label_check import check_labels
from nncore.diagnosis.learning_rate import check_learning_rate, diverging_rate
from nncore.diagnosis.one_batch import OneBatch, overfit_one_batch
from nncore.diagnosis.range_test import RangeTest, range_test
from nncore.diagnosis.result import Diagnosis
from nncore.diagnosis.setup import Setup
from nncore.diagnosis.short_training import step_count
from nncore.diagnosis.trial import LONGER_FACTOR, Trial, halves, run_trial
from nncore.errors import require_callable, require_count, require_type
from nncore.network.network import Network
from nncore.parallel import one_blas_thread

# The names of findings, in the order of the checks.
NAMES = (
    "inputs",
    "targets",
    "initial weights",
    "vanishing gradients",
    "gradients",
    "learning rate",
    "batch and momentum",
    "one batch",
    "labels",
    "regularization",
    "hidden units",
    "training",
)
# The names that `on_check` receives if the data allow all checks.
CHECKS = (
    "inputs",
    "targets",
    "initial weights",
    "gradients",
    "range test",
    "learning rate",
    "one batch",
    "labels",
    "hidden units",
)


def diagnose(
    network: Network,
    settings: TrainingSettings,
    train: Data,
    *,
    workers: int = 1,
    on_check: Callable[[str], object] | None = None,
) -> Diagnosis:
    """Return the findings that explain why a training does not learn, from a few hundred steps.

    The network is not changed: copies of it start from the weights that `fit` would draw. At most
    4,000 samples are used, without augmentation. A fault is mended for the checks after it, so that
    a second one shows too. All random numbers come from the seed of the settings.

    Parameters
    ----------
    network, settings, train, workers : as for `nncore.training.fit.fit`
    on_check : called with the name of each check before it begins

    Raises
    ------
    DataError
        Data are empty or don't fit the network.
    SettingsError
        An argument has another type or is out of its range.
    """
    require_type("network", network, Network)
    require_count("workers", 1, workers)
    require_callable("on_check", on_check)
    setup = Setup.of_training(network, settings, train, workers=workers)
    examination = _Examination(setup, on_check or (lambda _: None))
    # Each check reports numbers that are not finite.
    with np.errstate(all="ignore"), one_blas_thread():
        examination.run()
    return Diagnosis(
        subject=_describe(setup, len(train.inputs)),
        findings=examination.findings,
        checks=examination.checks,
        layers=examination.layers,
        range_test=examination.range_test,
        lr=settings.lr,
        suspects=examination.suspects,
        labels=setup.labels,
    )


class _Examination:
    """The results of the checks so far, and a setup without the faults that they have found."""

    def __init__(self, setup: Setup, on_check: Callable[[str], object]) -> None:
        self.findings: list[Finding] = []
        self.checks: list[Check] = []
        self.layers: list[LayerStart] = []
        self.suspects: list[Suspect] = []
        self.range_test: RangeTest | None = None
        self._settings = setup.settings
        self._setup = setup
        self._begin = on_check

    def run(self) -> None:
        """Run all checks, or those that the data allow."""
        for name, check in (("inputs", check_inputs), ("targets", check_targets)):
            self._begin(name)
            result, setup = check(self._setup)
            self._add(result)
            if setup is None:
                return
            self._setup = setup
        self._begin("initial weights")
        self.layers = layers_at_start(self._setup)
        result, self._setup = check_initial_weights(self._setup)
        self._add(result)
        self._begin("gradients")
        self._add(check_gradients(self._setup))
        self._begin("range test")
        self.range_test = range_test(self._setup)
        self._begin("learning rate")
        data, others = halves(self._setup)
        result, self._setup, trial = check_learning_rate(self._setup, self.range_test, data)
        self._add(result)
        self._begin("one batch")
        batch = overfit_one_batch(self._setup)
        self._begin("labels")
        if not trial.learnt:
            trial = self._retry(data, batch)
        if trial.learnt and others is not None:
            self._check_labels((data, others), trial, self.range_test)
        self._check_batch(batch, trial)
        if trial.learnt:
            self._begin("hidden units")
            self._add(check_units(trial.network, self._setup.sample(UNIT_SAMPLES), trial.steps))
        elif not self.findings:
            self._add(_not_learnt(trial))

    def _add(self, result: Finding | Check) -> None:
        """Add a result; it replaces an earlier check of its name that found nothing."""
        self.checks = [check for check in self.checks if check.name != result.name]
        if isinstance(result, Finding):
            self.findings.append(result)
        else:
            self.checks.append(result)

    def _check_labels(self, halves: tuple[Data, Data], first: Trial, test: RangeTest) -> None:
        """Check the labels by a second trial, on the other half of the samples.

        It may diverge where the first one, which has learnt its half, did not.
        """
        second = run_trial(self._setup, halves[1], steps=first.steps)
        if not second.diverged:
            result, self.suspects = check_labels(self._setup, halves, first, second)
            self._add(result)
            return
        self._add(Check("labels", "not checked, because a second training diverged"))
        # Settings that an earlier finding has replaced are not those of the user.
        if self._setup.settings == self._settings:
            self._add(diverging_rate(second, test.suggestion))

    def _retry(self, data: Data, batch: OneBatch) -> Trial:
        """Train for longer, or without regularization, to see why the training is at chance."""
        setup = self._setup
        trial = run_trial(setup, data, steps=LONGER_FACTOR * step_count(setup))
        plain = replace(setup.settings, regularization=RegularizationSettings())
        is_plain = plain.regularization == setup.settings.regularization
        if trial.learnt or not batch.learnt:
            return trial
        if not is_plain and setup.settings.optimizer.name != "adamw":
            freed = replace(setup, settings=plain)
            without = run_trial(freed, data)
            if without.learnt:
                self._setup = freed
                self._add(
                    Finding(
                        "regularization",
                        f"after {trial.steps:,} steps the network is at chance, and after "
                        f"{without.steps:,} without `regularization` it is not",
                        "penalties, dropout or bounds are too strong",
                        "lower the values of `regularization`",
                    )
                )
                return without
        return trial

    def _check_batch(self, batch: OneBatch, trial: Trial) -> None:
        course = f"loss {batch.start:.3g} to {batch.end:.2g} in {batch.steps:,} steps"
        if batch.learnt:
            self._add(Check("one batch", f"{batch.samples} samples learnt by heart: {course}"))
        elif trial.learnt:
            # A small network, or samples that contradict each other.
            self._add(Check("one batch", f"{batch.samples} samples not learnt by heart: {course}"))
        elif not self.findings:
            self._add(
                Finding(
                    "one batch",
                    f"the network does not learn {batch.samples} samples by heart: {course}",
                    "it is too small, its activations can't express the targets, or equal samples "
                    "have different targets",
                    "take more units in `hidden`, and look at the samples",
                )
            )


def _not_learnt(trial: Trial) -> Finding:
    return Finding(
        "training",
        f"after {trial.steps:,} steps the loss is {trial.end:.3g}, from {trial.start:.3g}: no "
        "better than chance",
        "the network learns a batch, and not what its samples have in common",
        "train for longer, with more samples, or with another network",
    )


def _describe(setup: Setup, samples: int) -> str:
    """Return the network, the training and the data in one line."""
    architecture, settings = setup.architecture, setup.settings
    sizes = setup.data.inputs.shape[1], *architecture.hidden, setup.data.targets.shape[1]
    names = dict.fromkeys(layer.activation for layer in architecture.layers(2, 2))
    used = f", {len(setup.rows):,} of them used" if len(setup.rows) < samples else ""
    return (
        f"{'-'.join(map(str, sizes))}, {', '.join(names)}, {architecture.loss}; "
        f"{settings.optimizer.name}, lr {settings.lr:g}, batches of {settings.batch_size:,}; "
        f"{samples:,} {'sample' if samples == 1 else 'samples'}{used}"
    )
