"""Settings that Optuna suggests, each batch of them after the results of those before."""

import json
from collections.abc import Callable

import optuna
from optuna.trial import Trial, TrialState
from pydantic import JsonValue

from stages.sweeps.draws import tidy
from stages.sweeps.settings import Assignment, Domain, Range, SearchSettings

# From a batch of settings to the objective of each; None of what diverged.
Evaluate = Callable[[list[Assignment]], list[float | None]]


def search(
    space: dict[str, Domain], settings: SearchSettings, evaluate: Evaluate, *, maximise: bool
) -> None:
    """Let a batch of settings be evaluated, and the next one depend on what came of it.

    A tree-structured Parzen estimator, seeded. No trial is pruned: what others have reached by then
    would depend on the workers.

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
    left = settings.trials
    while left:
        trials = [study.ask() for _ in range(min(settings.batch, left))]
        left -= len(trials)
        objectives = evaluate(
            [
                {key: _suggested(trial, key, domain) for key, domain in space.items()}
                for trial in trials
            ]
        )
        for trial, value in zip(trials, objectives, strict=True):
            study.tell(trial, value, state=TrialState.FAIL if value is None else None)


def _suggested(trial: Trial, key: str, domain: Domain) -> JsonValue:
    if not isinstance(domain, Range):
        # As JSON, since a category of Optuna's can't be a list.
        value: JsonValue = json.loads(
            trial.suggest_categorical(key, [json.dumps(value) for value in domain])
        )
        return value
    low, high = domain.low, domain.high
    if isinstance(low, int) and isinstance(high, int):
        return int(trial.suggest_int(key, low, high, log=domain.log))
    return tidy(float(trial.suggest_float(key, low, high, log=domain.log)), domain)
