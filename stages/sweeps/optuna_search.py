"""Settings that Optuna suggests in batches, from the results of the earlier batches."""

import json
from collections.abc import Callable

import optuna
from optuna.trial import Trial, TrialState
from pydantic import JsonValue

from stages.sweeps.samplers import round_to_range
from stages.sweeps.settings import Assignment, Domain, Range, SearchSettings

# Takes a batch of settings and returns their objectives, None for a diverged one.
Evaluate = Callable[[list[Assignment]], list[float | None]]


def search(
    space: dict[str, Domain], settings: SearchSettings, evaluate: Evaluate, *, maximise: bool
) -> None:
    """Evaluate batches of settings, each of which depends on the results of the earlier batches.

    The sampler is a seeded tree-structured Parzen estimator. It prunes no trial, because pruning
    compares a trial with others, whose progress depends on the workers.

    References
    ----------
    Bergstra, Bardenet, Bengio, Kégl, Algorithms for hyper-parameter optimization, NeurIPS 2011.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        direction="maximize" if maximise else "minimize",
        sampler=optuna.samplers.TPESampler(seed=settings.seed),
        pruner=optuna.pruners.NopPruner(),
    )
    remaining = settings.trials
    while remaining:
        trials = [study.ask() for _ in range(min(settings.batch, remaining))]
        remaining -= len(trials)
        objectives = evaluate(
            [
                {key: _suggest(trial, key, domain) for key, domain in space.items()}
                for trial in trials
            ]
        )
        for trial, value in zip(trials, objectives, strict=True):
            study.tell(trial, value, state=TrialState.FAIL if value is None else None)


def _suggest(trial: Trial, key: str, domain: Domain) -> JsonValue:
    if not isinstance(domain, Range):
        # A category of Optuna can't be a list, so categories are JSON.
        value: JsonValue = json.loads(
            trial.suggest_categorical(key, [json.dumps(value) for value in domain])
        )
        return value
    low, high = domain.low, domain.high
    if isinstance(low, int) and isinstance(high, int):
        return int(trial.suggest_int(key, low, high, log=domain.log))
    return round_to_range(float(trial.suggest_float(key, low, high, log=domain.log)), domain)
