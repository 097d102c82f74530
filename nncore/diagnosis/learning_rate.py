"""The check whether the learning rate suits the network, the optimizer and the batch."""

from dataclasses import replace

from nncore.config.training import TrainingSettings
from nncore.data.dataset import Data
from nncore.diagnosis.findings import Check, Finding
from nncore.diagnosis.range_test import RangeTest
from nncore.diagnosis.setup import Setup
from nncore.diagnosis.trial import Trial, run_trial, with_rate

# A rate within this factor of the suggestion is compared with no other, if it learns.
NEAR_FACTOR = 3.0
# Fractions of the gain of a training with the suggested rate, below which a rate is a finding.
TOO_HIGH_GAIN, TOO_LOW_GAIN = 0.5, 0.1
# A training must reduce the loss by this fraction for others to be compared with it.
LEAST_GAIN = 0.05
# A batch of so few samples, or a momentum that adds up so many steps, is noisy.
SMALL_BATCH, LONG_MOMENTUM = 4, 0.95
USUAL_BATCH, USUAL_MOMENTUM = 32, 0.9
# Of a rate that diverges; a suggestion above this part of it would diverge as well.
CLEARLY_LOWER = 0.8


def check_learning_rate(
    setup: Setup, test: RangeTest, data: Data
) -> tuple[Finding | Check, Setup, Trial]:
    """Return a finding or a check without one, a setup without the fault, and its trial.

    Parameters
    ----------
    data : the samples to train on
    """
    lr, suggestion = setup.settings.lr, test.suggestion
    trial = run_trial(setup, data)
    reading = "in the range test the loss falls at no rate"
    if suggestion is not None:
        reading = (
            f"in the range test the loss falls most steeply at {suggestion:g} and is lowest at "
            f"{test.lowest:g}"
        )
    is_near = suggestion is not None and suggestion / NEAR_FACTOR <= lr <= NEAR_FACTOR * suggestion
    if trial.learnt and (suggestion is None or is_near):
        return Check("learning rate", f"{lr:g}; {reading}"), setup, trial
    suited = with_rate(setup, suggestion or lr / 10)
    better = run_trial(suited, data)
    if not trial.learnt and (calm := _calm(setup.settings)) != setup.settings:
        calm_setup = replace(setup, settings=calm)
        calmer = run_trial(calm_setup, data)
        if calmer.learnt:
            lower = suited.settings.lr if better.learnt else None
            return _noise(setup.settings, calm, trial, lower), calm_setup, calmer
    can_learn = better.gain > LEAST_GAIN * better.start
    fault = None
    if lr > suited.settings.lr and (
        trial.diverged or (can_learn and trial.gain < TOO_HIGH_GAIN * better.gain)
    ):
        fault = "the steps are too long"
    elif lr < suited.settings.lr and can_learn and trial.gain < TOO_LOW_GAIN * better.gain:
        fault = "the steps are too short to arrive anywhere"
    if not fault:
        return Check("learning rate", f"{lr:g}; {reading}"), setup, trial
    seen = f"with `lr` {lr:g} {_course(trial)}; {reading}"
    remedy = f"set `lr` to about {suited.settings.lr:g}"
    return Finding("learning rate", seen, fault, remedy), suited, better


def diverging_rate(trial: Trial, suggestion: float | None) -> Finding:
    """Return the finding of a rate with which a second trial diverged and the first one did not.

    Parameters
    ----------
    trial : the second trial
    suggestion : the rate that the range test suggests
    """
    is_lower = suggestion is not None and suggestion < CLEARLY_LOWER * trial.lr
    lower = suggestion if is_lower else trial.lr / 10
    return Finding(
        "learning rate",
        f"with `lr` {trial.lr:g} one half of the samples is learnt, and with the other half "
        f"{_course(trial)}",
        "the steps are too long: whether a training diverges depends on its samples",
        f"set `lr` to about {lower:g}",
    )


def _course(trial: Trial) -> str:
    if trial.diverged:
        return f"the loss grows without bound by step {trial.diverged:,}"
    return f"the loss goes from {trial.start:.3g} to {trial.end:.3g} in {trial.steps:,} steps"


def _calm(settings: TrainingSettings) -> TrainingSettings:
    """Return settings with a usual batch and momentum in place of noisy ones."""
    optimizer, batch = settings.optimizer, settings.batch_size
    if optimizer.name in {"momentum", "nesterov"} and optimizer.momentum >= LONG_MOMENTUM:
        optimizer = replace(optimizer, momentum=USUAL_MOMENTUM)
    if batch <= SMALL_BATCH:
        batch = USUAL_BATCH
    return replace(settings, optimizer=optimizer, batch_size=batch)


def _noise(
    settings: TrainingSettings, calm: TrainingSettings, trial: Trial, lower: float | None
) -> Finding:
    """Return the finding of a rate that suits a usual batch and momentum.

    Parameters
    ----------
    lower : a rate that suits the present batch and momentum; None if there is none
    """
    faults, remedies = [], []
    if calm.batch_size != settings.batch_size:
        faults.append(f"batches of {settings.batch_size}")
        remedies.append(f"`batch_size` to {calm.batch_size} or more")
    if calm.optimizer != settings.optimizer:
        faults.append(f"a momentum of {settings.optimizer.momentum:g}")
        remedies.append(f"`optimizer.momentum` to {calm.optimizer.momentum:g}")
    return Finding(
        "batch and momentum",
        f"with {' and '.join(faults)} {_course(trial)}; lr / (1 - momentum) / batch is "
        f"{_per_sample(settings):.2g}, and {_per_sample(calm):.2g} with a batch of "
        f"{calm.batch_size} and a momentum of {_momentum(calm):g}",
        "each step follows the noise of few samples, and momentum adds such steps up",
        f"set {' and '.join(remedies)}" + (f", or `lr` to about {lower:g}" if lower else ""),
    )


def _per_sample(settings: TrainingSettings) -> float:
    """Return lr / (1 - momentum) / batch: the total factor on the gradient of one sample."""
    return settings.lr / (1 - _momentum(settings)) / settings.batch_size


def _momentum(settings: TrainingSettings) -> float:
    optimizer = settings.optimizer
    return optimizer.momentum if optimizer.name in {"momentum", "nesterov"} else 0.0
