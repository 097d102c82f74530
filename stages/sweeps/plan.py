"""The plan of a sweep, read from params.yaml, and the parameters of its trials."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from stages.shared.data_params import Section
from stages.shared.dotted_keys import flatten, with_value
from stages.shared.params import Params, ParamsError, read_params, validate
from stages.sweeps.settings import Assignment, Domain, Range, SweepSettings


class Plan(NamedTuple):
    """A sweep and the parameters that it varies.

    Attributes
    ----------
    space : the domains of the searched parameters, by dotted key
    assignments : the settings of the method list
    base : the parameters that a trial changes
    raw : `base` as plain values
    path : the file of parameters
    """

    settings: SweepSettings
    space: dict[str, Domain]
    assignments: list[Assignment]
    base: Params
    raw: dict[str, Any]
    path: Path


class _SweepOnly(Section):
    """Parameters with the section sweep alone, so that error messages have the complete key."""

    # The defaults try no setting, which validation would refuse.
    sweep: SweepSettings = SweepSettings.model_construct()


def read_plan(path: Path) -> Plan:
    """Read and validate the sweep and all other parameters in a file.

    Raises
    ------
    ParamsError
        Invalid parameters, or a sweep over a parameter that no training reads.
    """
    raw = read_params(path)
    raw = {} if raw is None else raw
    base = validate(Params, raw, path)
    settings = validate(_SweepOnly, {"sweep": raw.get("sweep", {})}, path).sweep
    section = f"{path}: sweep"
    space = {
        key: _domain(leaf, f"{section}.space.{key}")
        for key, leaf in _trial_parameters(settings.space, f"{section}.space")
    }
    assignments = [
        dict(_trial_parameters(values, f"{section}.settings.{number}"))
        for number, values in enumerate(settings.settings)
    ]
    for key, domain in space.items():
        if isinstance(domain, Range) and settings.method == "grid":
            raise ParamsError(
                f"{section}.space.{key} must be a list of values for a grid, got a range"
            )
    # Trials need no section sweep.
    without_sweep = {key: value for key, value in raw.items() if key != "sweep"}
    return Plan(settings, space, assignments, base, without_sweep, path)


def trial_params(plan: Plan, assignment: Assignment, seed: int) -> Params:
    """Return the parameters of a trial, validated like those of a file."""
    raw: Any = plan.raw
    for key, value in (assignment | {"train.seed": seed}).items():
        raw = with_value(raw, key.split("."), value)
    setting = ", ".join(f"{key}={value}" for key, value in assignment.items())
    return validate(Params, raw, f"{plan.path}, sweep, {setting}")


def _trial_parameters(values: Mapping[str, Any], section: str) -> Iterator[tuple[str, Any]]:
    """Yield parameters by dotted key; refuse keys that a sweep can't vary."""
    for key, leaf in flatten(values, _is_range):
        if not key.startswith(("model.", "train.")):
            fault = "must be a parameter of model or train, because a sweep has one data set"
        elif key == "train.seed":
            fault = "must not be in a sweep; set the seeds in sweep.seeds"
        else:
            yield key, leaf
            continue
        raise ParamsError(f"{section}.{key} {fault}")


def _is_range(value: Mapping[str, Any]) -> bool:
    return not value.keys().isdisjoint(Range.model_fields)


def _domain(leaf: object, key: str) -> Domain:
    if isinstance(leaf, dict) and leaf.keys() >= {"low", "high"}:
        return validate(Range, leaf, key)
    if not isinstance(leaf, list) or not leaf:
        raise ParamsError(
            f"{key} must be a list of values, or a range with low and high, got {leaf!r}"
        )
    return tuple(leaf)
