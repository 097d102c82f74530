"""A sweep as it is read from params.yaml, and the parameters of each of its trials."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import JsonValue

from stages.params import Params, ParamsError, Section, checked, read_params
from stages.sweeps.settings import Assignment, Domain, Range, SweepSettings


class Plan(NamedTuple):
    """What a file of parameters says about a sweep.

    Attributes
    ----------
    space : a domain for each parameter that is searched, by its dotted key
    listed : the settings of the method list
    base : the parameters that each trial starts from, and `raw` the same as plain values
    """

    settings: SweepSettings
    space: dict[str, Domain]
    listed: list[Assignment]
    base: Params
    raw: dict[str, Any]
    path: Path


class _File(Section):
    """A file of which only the sweep is looked at, so that a fault has its whole key."""

    # One that tries nothing is not valid, so it is not validated.
    sweep: SweepSettings = SweepSettings.model_construct()


def read_plan(path: Path) -> Plan:
    """Read and check the sweep in a file of parameters, and the file.

    Raises
    ------
    ParamsError
        Parameters that can't be used, or a sweep over what no training reads.
    """
    raw = read_params(path)
    raw = {} if raw is None else raw
    base = checked(Params, raw, path)
    settings = checked(_File, {"sweep": raw.get("sweep", {})}, path).sweep
    place = f"{path}: sweep"
    space = {
        key: _domain(leaf, f"{place}.space.{key}")
        for key, leaf in _leaves(settings.space, f"{place}.space")
    }
    listed = [
        dict(_leaves(values, f"{place}.settings.{number}"))
        for number, values in enumerate(settings.settings)
    ]
    for key, domain in space.items():
        if isinstance(domain, Range) and settings.method == "grid":
            raise ParamsError(
                f"{place}.space.{key} must be a list of values for a grid, got a range"
            )
    # A trial's parameters need not hold the whole sweep.
    alone = {key: value for key, value in raw.items() if key != "sweep"}
    return Plan(settings, space, listed, base, alone, path)


def trial_params(plan: Plan, assignment: Assignment, seed: int) -> Params:
    """Return the parameters of a trial; refuse them as those of a file are refused."""
    raw: Any = plan.raw
    for key, value in (assignment | {"train.seed": seed}).items():
        raw = _replaced(raw, key.split("."), value)
    shown = ", ".join(f"{key}={value}" for key, value in assignment.items())
    return checked(Params, raw, f"{plan.path}, sweep, {shown}")


def _leaves(tree: Mapping[str, Any], place: str) -> Iterator[tuple[str, Any]]:
    """Yield the parameters of nested mappings by their dotted keys."""
    for key, leaf in _flat(tree):
        if not key.startswith(("model.", "train.")):
            fault = "must be a parameter of model or train: a sweep has one set of data"
        elif key == "train.seed":
            fault = "must not be there: sweep.seeds names the seeds"
        else:
            yield key, leaf
            continue
        raise ParamsError(f"{place}.{key} {fault}")


def _flat(tree: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, dict) and not value.keys() & Range.model_fields.keys():
            yield from _flat(value, f"{above}{key}.")
        else:
            yield above + key, value


def _domain(leaf: object, place: str) -> Domain:
    if isinstance(leaf, dict) and leaf.keys() >= {"low", "high"}:
        return checked(Range, leaf, place)
    if not isinstance(leaf, list) or not leaf:
        raise ParamsError(
            f"{place} must be a list of values, or a range with low and high, got {leaf!r}"
        )
    return tuple(leaf)


def _replaced(tree: object, path: list[str], value: JsonValue) -> Any:  # noqa: ANN401
    """Return nested mappings with another value at `path`; the given ones stay as they are."""
    if not path:
        return value
    inner = tree if isinstance(tree, dict) else {}
    return inner | {path[0]: _replaced(inner.get(path[0]), path[1:], value)}
