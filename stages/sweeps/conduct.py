"""A sweep from its plan to its results: what is tried, what was trained before, what is left."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from nncore.errors import NncoreError
from stages.sweeps.draws import grid, random
from stages.sweeps.finished import load_result, save_result
from stages.sweeps.origin import trial_key
from stages.sweeps.plan import Plan, trial_params
from stages.sweeps.settings import Assignment
from stages.sweeps.table import Setting
from stages.sweeps.trial import Order, Result

# Trains orders, by name, and yields their results as they come.
Run = Callable[[Mapping[str, Order]], Iterator[tuple[str, Result]]]
# Called with each result, and whether it was there before.
Show = Callable[[Result, bool], None]


class SweepError(NncoreError):
    """A package that is not there."""


def conduct(
    plan: Plan, processed: Path, origin: dict[str, str], *, folder: Path, run: Run, show: Show
) -> list[Setting]:
    """Return every setting with its results, in the order in which they are first tried.

    Parameters
    ----------
    processed : the folder of the data, as a worker finds it
    folder : of the finished trials
    """
    settings: dict[tuple[str, ...], Setting] = {}
    results: dict[str, Result] = {}
    names = list(dict.fromkeys([*plan.space, *(key for each in plan.listed for key in each)]))

    def evaluate(batch: Iterable[Assignment]) -> list[float | None]:
        """Try settings; return the mean objective of each, None where it diverged."""
        tried: list[tuple[Assignment, dict[int, str]]] = []
        orders: dict[str, Order] = {}
        for assignment in batch:
            configs = {seed: trial_params(plan, assignment, seed) for seed in _seeds(plan)}
            keys = {seed: trial_key(origin, config) for seed, config in configs.items()}
            for key, config in zip(keys.values(), configs.values(), strict=True):
                if key not in results:
                    orders[key] = Order(params=config, processed=str(processed), origin=origin)
            whole = next(iter(configs.values())).model_dump(mode="json")
            tried.append(({name: _value(whole, name) for name in names}, keys))
        results.update(_results(orders, folder, run, show))
        objectives = []
        for values, keys in tried:
            found = {seed: results[key] for seed, key in keys.items()}
            # What is tried twice is one setting.
            setting = settings.setdefault(
                tuple(keys.values()), Setting(len(settings) + 1, values, found)
            )
            objectives.append(setting.mean(plan.settings.objective))
        return objectives

    search = plan.settings.search
    match plan.settings.method:
        case "grid":
            evaluate(grid(plan.space))
        case "list":
            evaluate(plan.listed)
        case "random":
            evaluate(random(plan.space, search))
        case "optuna":
            _optuna(plan, evaluate)
    return list(settings.values())


def count(plan: Plan) -> int:
    """Return how many trials there are at most."""
    match plan.settings.method:
        case "grid":
            settings = len(grid(plan.space))
        case "list":
            settings = len(plan.listed)
        case _:
            settings = plan.settings.search.trials
    return settings * len(_seeds(plan))


def _optuna(plan: Plan, evaluate: Callable[[list[Assignment]], list[float | None]]) -> None:
    try:
        from stages.sweeps.search import search  # noqa: PLC0415  an extra
    except ModuleNotFoundError as error:
        raise SweepError(
            f"sweep.method optuna needs the extra optuna, got: {error}; pip install '.[optuna]'"
        ) from error
    maximise = plan.settings.objective.endswith("accuracy")
    search(plan.space, plan.settings.search, evaluate, maximise=maximise)


def _results(
    orders: Mapping[str, Order], folder: Path, run: Run, show: Show
) -> Iterator[tuple[str, Result]]:
    """Yield the results of trials that were finished before, and train the others."""
    waiting = {}
    for key, order in orders.items():
        if result := load_result(folder, key):
            show(result, True)
            yield key, result
        else:
            waiting[key] = order
    for key, result in run(waiting):
        save_result(folder, key, result)
        show(result, False)
        yield key, result


def _seeds(plan: Plan) -> tuple[int, ...]:
    return plan.settings.seeds or (plan.base.train.seed,)


def _value(tree: Any, name: str) -> JsonValue:  # noqa: ANN401  nested mappings
    """Return what stands at a dotted key."""
    for key in name.split("."):
        tree = tree[key]
    value: JsonValue = tree
    return value
