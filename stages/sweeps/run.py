"""Run a sweep: choose candidates, reuse cached results and train the other trials."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from nncore.errors import NncoreError
from stages.shared.dotted_keys import value_at
from stages.shared.files import write_text
from stages.sweeps.origin import trial_key
from stages.sweeps.plan import Plan, trial_params
from stages.sweeps.samplers import grid, random
from stages.sweeps.settings import Assignment
from stages.sweeps.table import Candidate
from stages.sweeps.trial import TrialRequest, TrialResult

# Trains the requests, by name, and yields their results as they finish.
RunTrials = Callable[[Mapping[str, TrialRequest]], Iterator[tuple[str, TrialResult]]]
# Shows a result; the flag is true for a cached one.
ShowResult = Callable[[TrialResult, bool], None]


class SweepError(NncoreError):
    """A sweep lacks an optional package or validation images, or has an objective of classes."""


def run_sweep(
    plan: Plan,
    processed: Path,
    origin: dict[str, str],
    *,
    folder: Path,
    run: RunTrials,
    show: ShowResult,
) -> list[Candidate]:
    """Return all candidates with their results, in the order of their first trials.

    Parameters
    ----------
    processed : folder of the data, the same path on every worker
    folder : folder of the cached results
    """
    candidates: dict[tuple[str, ...], Candidate] = {}
    results: dict[str, TrialResult] = {}
    names = list(
        dict.fromkeys(
            [*plan.space, *(key for assignment in plan.assignments for key in assignment)]
        )
    )

    def evaluate(batch: Iterable[Assignment]) -> list[float | None]:
        """Train assignments; return their mean objectives, None where a trial diverged."""
        batch_keys: list[tuple[Assignment, dict[int, str]]] = []
        requests: dict[str, TrialRequest] = {}
        for assignment in batch:
            configs = {seed: trial_params(plan, assignment, seed) for seed in _seeds(plan)}
            keys = {seed: trial_key(origin, config) for seed, config in configs.items()}
            for key, config in zip(keys.values(), configs.values(), strict=True):
                if key not in results:
                    requests[key] = TrialRequest(
                        params=config, processed=str(processed), origin=origin
                    )
            params = next(iter(configs.values())).model_dump(mode="json")
            batch_keys.append(({name: value_at(params, name) for name in names}, keys))
        results.update(_results(requests, folder, run, show))
        objectives = []
        for values, keys in batch_keys:
            by_seed = {seed: results[key] for seed, key in keys.items()}
            # Two assignments with the same parameters are one candidate.
            candidate = candidates.setdefault(
                tuple(keys.values()), Candidate(len(candidates) + 1, values, by_seed)
            )
            objectives.append(candidate.mean(plan.settings.objective))
        return objectives

    search = plan.settings.search
    match plan.settings.method:
        case "grid":
            evaluate(grid(plan.space))
        case "list":
            evaluate(plan.assignments)
        case "random":
            evaluate(random(plan.space, search))
        case "optuna":
            _optuna(plan, evaluate)
    return list(candidates.values())


def count_trials(plan: Plan) -> int:
    """Return the largest possible number of trials."""
    match plan.settings.method:
        case "grid":
            candidates = len(grid(plan.space))
        case "list":
            candidates = len(plan.assignments)
        case _:
            candidates = plan.settings.search.trials
    return candidates * len(_seeds(plan))


def _optuna(plan: Plan, evaluate: Callable[[list[Assignment]], list[float | None]]) -> None:
    try:
        from stages.sweeps.optuna_search import search  # noqa: PLC0415  an extra
    except ModuleNotFoundError as error:
        raise SweepError(
            f"sweep.method optuna needs the extra optuna, got: {error}; "
            "run: python -m pip install '.[optuna]'"
        ) from error
    maximise = plan.settings.objective.endswith("accuracy")
    search(plan.space, plan.settings.search, evaluate, maximise=maximise)


def _results(
    requests: Mapping[str, TrialRequest], folder: Path, run: RunTrials, show: ShowResult
) -> Iterator[tuple[str, TrialResult]]:
    """Yield the cached results, then train the other trials and yield theirs."""
    pending = {}
    for key, request in requests.items():
        if result := load_cached_result(folder, key):
            show(result, True)
            yield key, result
        else:
            pending[key] = request
    for key, result in run(pending):
        cache_result(folder, key, result)
        show(result, False)
        yield key, result


def _seeds(plan: Plan) -> tuple[int, ...]:
    return plan.settings.seeds or (plan.base.train.seed,)


def load_cached_result(folder: Path, key: str) -> TrialResult | None:
    """Return the cached result of the trial `key`, or None without an intact file."""
    try:
        return TrialResult.model_validate_json((folder / f"{key}.json").read_bytes())
    except (OSError, ValueError):
        return None


def cache_result(folder: Path, key: str, result: TrialResult) -> None:
    """Write a result; its numbers keep every bit."""
    write_text(folder / f"{key}.json", result.model_dump_json(indent=2) + "\n")
