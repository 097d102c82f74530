"""The order of the checks, each of which looks past the faults that were found before it."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from nncore.config.training import RegularizationSettings, TrainingSettings
from nncore.data.dataset import Data
from nncore.diagnosis.findings import Check, Diagnosis, Finding, Suspect
from nncore.diagnosis.gradient_check import gradient_errors
from nncore.diagnosis.initial_weights import check_initial_weights
from nncore.diagnosis.inputs import check_inputs, check_targets
from nncore.diagnosis.label_check import (
    depends_on_inputs,
    find_suspects,
    noise_fraction,
    predict_held_out,
)
from nncore.diagnosis.learning_rate import check_learning_rate
from nncore.diagnosis.one_batch import OneBatch, overfit_one_batch
from nncore.diagnosis.range_test import RangeTest, range_test
from nncore.diagnosis.setup import Setup
from nncore.diagnosis.short_training import step_count
from nncore.diagnosis.trial import Trial, halves, run_trial
from nncore.diagnosis.units import stuck_units, worst
from nncore.errors import require_callable, require_count, require_type
from nncore.network.network import Network
from nncore.parallel import one_blas_thread

# What a finding may be named after, in the order of the checks.
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
MAX_NOISE = 0.05
# Of the units of a layer, after a short training.
MAX_STUCK = 0.8
# A training that has not left chance goes on for so many times as long.
LONGER = 4


def diagnose(
    network: Network,
    settings: TrainingSettings,
    train: Data,
    *,
    workers: int = 1,
    on_check: Callable[[str], object] | None = None,
) -> Diagnosis:
    """Return what keeps a training from learning, as far as a few hundred steps show it.

    The network is not changed: copies of it start from the weights that `fit` would draw. At most
    4,000 samples are used, without augmentation. A fault that was found is mended for the checks
    that follow, so that a second one shows too. All numbers come from the seed of the settings.

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
    # Each check reports what is not finite.
    with np.errstate(all="ignore"), one_blas_thread():
        examination.run()
    return Diagnosis(
        subject=_describe(setup, len(train.inputs)),
        findings=examination.findings,
        checks=examination.checks,
        range_test=examination.range_test,
        lr=settings.lr,
        suspects=examination.suspects,
    )


class _Examination:
    """The results of the checks so far, and a setup without the faults that they have found."""

    def __init__(self, setup: Setup, on_check: Callable[[str], object]) -> None:
        self.findings: list[Finding] = []
        self.checks: list[Check] = []
        self.suspects: list[Suspect] = []
        self.range_test: RangeTest | None = None
        self._setup = setup
        self._begin = on_check

    def run(self) -> None:
        """Make all checks, or those that the data allow."""
        for name, check in (("inputs", check_inputs), ("targets", check_targets)):
            self._begin(name)
            result, setup = check(self._setup)
            self._add(result)
            if setup is None:
                return
            self._setup = setup
        self._begin("initial weights")
        result, self._setup = check_initial_weights(self._setup)
        self._add(result)
        self._begin("gradients")
        self._check_gradients()
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
            trial = self._go_on(data, batch)
        if trial.learnt and others is not None:
            self._check_labels((data, others), trial)
        self._check_batch(batch, trial)
        self._begin("hidden units")
        self._check_units(trial)

    def _add(self, result: Finding | Check) -> None:
        if isinstance(result, Finding):
            self.findings.append(result)
        else:
            self.checks.append(result)

    def _check_gradients(self) -> None:
        errors = gradient_errors(self._setup)
        if errors is None:
            self._add(Check("gradients", "not checked, because the loss is not finite"))
        elif errors:
            first = errors[0]
            layers = ", ".join(str(error.layer) for error in errors)
            self._add(
                Finding(
                    "gradients",
                    f"in float64 the gradient of layer {layers} is not the derivative of the loss: "
                    f"{first.gradient:.4g} in place of {first.numeric:.4g} along a direction",
                    "the backward pass has a fault",
                    "look at the derivatives of this layer's activation and of the loss",
                )
            )
        else:
            count = len(self._setup.architecture.hidden) + 1
            self._add(
                Check("gradients", f"those of {count} layers agree with numeric ones in float64")
            )

    def _go_on(self, data: Data, batch: OneBatch) -> Trial:
        """Train for longer, or without regularization, to see why the training is at chance."""
        setup = self._setup
        trial = run_trial(setup, data, longer=LONGER)
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

    def _check_labels(self, parts: tuple[Data, Data], trial: Trial) -> None:
        """Look at the samples through networks that have not seen their labels."""
        setup = self._setup
        # For as long as the first one.
        second = run_trial(setup, parts[1], longer=trial.steps // step_count(setup))
        if second.diverged:
            return
        held_out = predict_held_out(setup, parts, trial, second)
        if not depends_on_inputs(setup, held_out):
            self._add(
                Finding(
                    "labels",
                    "networks learn the samples that they are trained on, and are at chance with "
                    f"the others, in {len(held_out.losses):,} samples",
                    "the targets don't depend on the inputs: they are those of other samples, as "
                    "after a shuffle of one of the two",
                    "look at how samples and targets are brought together",
                )
            )
            return
        self.suspects = find_suspects(setup, held_out)
        noise = noise_fraction(held_out) if setup.is_one_hot else None
        if noise is None:
            self._add(Check("labels", "held-out samples are predicted better than by chance"))
        elif noise > MAX_NOISE:
            self._add(
                Finding(
                    "labels",
                    f"about {noise:.0%} of the labels contradict what networks predict with "
                    "confidence from the other samples",
                    "these labels are wrong",
                    "look at the samples below, and correct or remove such ones",
                )
            )
        else:
            self._add(Check("labels", f"about {noise:.1%} look wrong"))

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

    def _check_units(self, trial: Trial) -> None:
        if not trial.learnt:
            if not self.findings:
                self._add(
                    Finding(
                        "training",
                        f"after {trial.steps:,} steps the loss is {trial.end:.3g}, from "
                        f"{trial.start:.3g}: no better than chance",
                        "the network learns a batch, and not what its samples have in common",
                        "train for longer, with more samples, or with another network",
                    )
                )
            return
        layer = worst(stuck_units(trial.network, self._setup.sample(1000)))
        if layer is None:
            return
        when = f"after {trial.steps:,} steps"
        seen = f"{layer.count:,} of {layer.total:,} units of hidden layer {layer.layer} are"
        seen += f" {layer.state}"
        if layer.fraction <= MAX_STUCK:
            text = f"{seen} {when}" if layer.count else f"none is {layer.state} {when}"
            self._add(Check("hidden units", text))
            return
        self._add(
            Finding(
                "hidden units",
                f"{seen} for every sample {when}",
                "these units don't learn any more",
                f"lower `lr`, or set `activation` to {'leaky_relu' if layer.state == 'dead' else 'relu'}",
            )
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
        f"{samples:,} samples{used}"
    )
