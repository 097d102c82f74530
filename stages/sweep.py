"""Sweep: train many settings of the network in params.yaml, and rank them."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer

from stages.shared.command import run
from stages.shared.numerics import numerics_note
from stages.shared.prepared import DESCRIPTION_FILE, read_description, read_split
from stages.sweeps.origin import origin
from stages.sweeps.plan import read_plan
from stages.sweeps.progress import trial_bar
from stages.sweeps.run import RunTrials, SweepError, count_trials, run_sweep
from stages.sweeps.table import (
    Candidate,
    ranked,
    summary,
    varying_keys,
    write_settings,
    write_trials,
)


def sweep(
    *,
    params: Annotated[
        Path, typer.Option(metavar="FILE", help="Parameters, with a section sweep.")
    ] = Path("params.yaml"),
    processed: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Folder that preprocess wrote.")
    ] = Path("data/processed"),
    output: Annotated[
        Path,
        typer.Option(
            metavar="FOLDER",
            help="Folder for trials.csv, settings.json and parallel.png.",
        ),
    ] = Path("sweep"),
    checkpoints: Annotated[
        Path,
        typer.Option(metavar="FOLDER", help="Folder of finished trials, which a new run reuses."),
    ] = Path(".checkpoints/trials"),
) -> None:
    """Train settings with several seeds, and rank the settings on the validation images.

    The trials run in one process for each core, in NNCORE_DASK_WORKERS processes, or on the Dask
    scheduler at the address NNCORE_DASK.
    """
    plan = read_plan(params)
    if line := numerics_note(plan.base.numerics):
        print(line, end="\n\n")
    sweep_origin = origin(plan.base.numerics, processed)
    objective = plan.settings.objective
    if not len(read_split(processed, "validation").inputs):
        raise SweepError(
            f"preprocess.validation.held_out must be above 0 for a sweep by {objective}, "
            f"got no validation images in {processed}"
        )
    description = read_description(processed / DESCRIPTION_FILE)
    if description.class_names is None and objective == "validation_accuracy":
        raise SweepError(
            f"{params}: sweep.objective must be validation_loss for numbers to predict, which have "
            f"no accuracy, got {objective}"
        )
    with trial_bar(count_trials(plan)) as show, _cluster() as run_trials:
        candidates = run_sweep(
            plan, processed, sweep_origin, folder=checkpoints, run=run_trials, show=show
        )
    candidates = ranked(candidates, objective)
    write_trials(output / "trials.csv", candidates)
    write_settings(output / "settings.json", candidates, objective)
    _draw(output / "parallel.png", candidates, objective)
    print(f"\n{summary(candidates, objective)}")


def _cluster() -> AbstractContextManager[RunTrials]:
    try:
        from stages.sweeps.cluster import cluster  # noqa: PLC0415  an extra
    except ModuleNotFoundError as error:
        raise SweepError(
            f"a sweep needs the extra dask, got: {error}; run: python -m pip install '.[dask]'"
        ) from error
    return cluster()


def _draw(path: Path, candidates: list[Candidate], objective: str) -> None:
    # The local workers import this module and draw nothing.
    from stages.plots.parallel_coordinates import parallel  # noqa: PLC0415
    from stages.plots.style import save  # noqa: PLC0415

    names = varying_keys(candidates)
    rows = [[candidate.values[name] for name in names] for candidate in candidates]
    save(parallel(names, rows, [c.mean(objective) for c in candidates], objective), path)


if __name__ == "__main__":
    run(sweep)
